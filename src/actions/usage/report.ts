import { formatCount } from '../../lib/format.ts';
import { formatExactUsd, formatUsd } from '../../lib/format-usd.ts';
import type { Cell, Table } from '../../lib/table.ts';
import { exactUsd, toNumber, type Usd } from '../../lib/usd.ts';
import type { ModelUsage } from '../../openrouter/resources/analytics.ts';
import { describeLimit } from '../../openrouter/resources/keys.ts';
import { formatTime } from '../../openrouter/time.ts';
import { spentFormat } from '../../report/key-table.ts';
import { describeOmitted, type Outputs, toJsonList } from '../../report/outputs.ts';
import type { Summary } from '../../report/summary.ts';
import { describeSpender } from './failures.ts';
import { sinceText } from './period.ts';
import type { UsageRequest, UsageResult } from './read-usage.ts';
import { isAbove } from './thresholds.ts';
import { concernsCost, describeGap } from './usage-gap.ts';

/** The outputs for the result of the step. A long list of models is cut. */
export function usageOutputs(result: UsageResult): Outputs {
  const { key, cost, requests, tokens, models, from, to, gaps, limit } = result;
  return {
    'cost-usd': exactUsd(cost),
    requests: String(requests),
    tokens: String(tokens),
    'by-model': toJsonList(models.map(toEntry), 'models'),
    from: formatTime(from),
    to: formatTime(to),
    complete: String(gaps.length === 0),
    ...(key && {
      'limit-usd': limit ? exactUsd(limit.amount) : '',
      'remaining-usd': limit?.remaining === undefined ? '' : exactUsd(limit.remaining),
    }),
  };
}

function toEntry(usage: ModelUsage): object {
  return {
    model: nameOf(usage),
    requests: Number(usage.request_count),
    tokens_prompt: Number(usage.tokens_prompt),
    tokens_completion: Number(usage.tokens_completion),
    tokens_reasoning: Number(usage.reasoning_tokens),
    // The decimal as a number of JSON: no arithmetic is between the two.
    cost_usd: usage.credits_usage === null ? null : toNumber(usage.credits_usage),
  };
}

function nameOf({ model }: ModelUsage): string {
  return model ?? 'unknown';
}

/** The result in sentences. */
export function usageLines(result: UsageResult): string[] {
  return [
    `${describeSpender(result)} has spent ${atLeast(result)}${formatUsd(result.cost)}${sinceText(result)}.`,
    countsLine(result),
    ...detailLines(result),
  ];
}

/** What else there is to know besides the cost and the counts. */
function detailLines({ byok, from, to, limit, gaps }: UsageResult): string[] {
  return [
    ...(byok > 0n
      ? [`In addition, ${formatUsd(byok)} was charged by providers, for your own provider keys.`]
      : []),
    `From ${formatTime(from)} to ${formatTime(to)}.`,
    ...(limit ? [`${describeLimit(limit)}.`] : []),
    ...gaps.map((gap) => `Incomplete: ${describeGap(gap)}`),
  ];
}

/** What precedes an amount or a count that may be higher. */
function atLeast({ gaps }: UsageResult): string {
  return gaps.some(concernsCost) ? 'at least ' : '';
}

/** Only analytics has the counts: without a row of it, 0 would contradict the cost. */
function countsLine(result: UsageResult): string {
  const { cost, byok, requests, tokens, models } = result;
  const prefix = atLeast(result);
  if (prefix && models.length === 0 && cost + byok > 0n)
    return 'Requests and tokens: not reported yet.';
  return `Requests: ${prefix}${formatCount(requests)}. Tokens: ${prefix}${formatCount(tokens)}.`;
}

/** The summary of a step that read the usage, whether or not it then fails for the cost. */
export function usageSummary(
  result: UsageResult,
  { warnAbove }: Pick<UsageRequest, 'warnAbove'>,
): Summary {
  const { workspace, key, cost, gaps } = result;
  const spender = key ? `API key ${key.name}` : `workspace ${workspace.slug}`;
  const isWarning = isAbove(warnAbove, result);
  return {
    title: `${isWarning ? '⚠️' : '💵'} ${gaps.some(concernsCost) ? 'At least ' : ''}${formatUsd(cost)} spent${sinceText(result)} by the OpenRouter ${spender}`,
    paragraphs: [
      ...(isWarning ? [`⚠️ warn-above-usd is ${formatExactUsd(warnAbove)}.`] : []),
      countsLine(result),
    ],
    table: modelsTable(result),
    // First, because a summary with too many notes lacks the last ones.
    notes: [...describeOmitted(usageOutputs(result)), ...detailLines(result)],
  };
}

/** A table of the models; undefined if there are none. */
function modelsTable({ models, cost, byok }: UsageResult): Table | undefined {
  if (models.length === 0) return undefined;
  const hasByok = byok > 0n;
  const format = spentFormat(models.map(({ credits_usage }) => credits_usage));
  const counts = ['Requests', 'Prompt', 'Completion', 'Reasoning'].map((numbers) => ({ numbers }));
  const ownKeys = hasByok ? [{ numbers: 'Own provider keys' }] : [];
  return {
    header: ['Model', { numbers: 'Cost' }, 'Share', ...ownKeys, ...counts],
    rows: models.map((usage): Cell[] => [
      { code: nameOf(usage) },
      format(usage.credits_usage),
      percentBar(usage.credits_usage, cost),
      ...(hasByok ? [formatUsd(usage.byok_usage)] : []),
      formatCount(usage.request_count),
      formatCount(usage.tokens_prompt),
      formatCount(usage.tokens_completion),
      formatCount(usage.reasoning_tokens),
    ]),
  };
}

const BAR_LENGTH = 10;

/** The share of `part` in `whole` as a bar: `███████░░░ 67 %`. With refunds, it can exceed 100 %. */
function percentBar(part: Usd | null, whole: Usd): string {
  if (part === null || whole <= 0n) return '';
  const fraction = Number(part) / Number(whole);
  const length = Math.round(Math.min(Math.max(fraction, 0), 1) * BAR_LENGTH);
  return `${'█'.repeat(length)}${'░'.repeat(BAR_LENGTH - length)}\u00a0${Math.round(fraction * 100)}\u00a0%`;
}

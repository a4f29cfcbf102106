import { formatCount } from '../../lib/format.ts';
import { columnFormat, formatExactUsd, formatUsd } from '../../lib/format-usd.ts';
import type { Cell, Folded, Table } from '../../lib/table.ts';
import { exactUsd, sumUsd, type Usd } from '../../lib/usd.ts';
import { costOf, type ModelUsage } from '../../openrouter/resources/analytics.ts';
import {
  describeKey,
  describeLimit,
  type Key,
  keyState,
  limitOf,
} from '../../openrouter/resources/keys.ts';
import { formatTime, readTime } from '../../openrouter/time.ts';
import { describeOmitted, type Outputs, toJsonList } from '../../report/outputs.ts';
import type { Summary } from '../../report/summary.ts';
import { COUNTED_LATE, formatSpent, spentFormat } from '../../shared/describe-spent.ts';
import { sinceText, timeNear } from './period.ts';
import {
  describeCost,
  describeThreshold,
  isAbove,
  isLowerBound,
  isNothingCounted,
  type Spender,
  type UsageResult,
} from './result.ts';
import { describeGap } from './usage-gap.ts';

/** The outputs for the result of the step. A long list of models is cut. */
export function usageOutputs(result: UsageResult): Outputs {
  const { spender, cost, requests, tokens, models, from, to, gaps, limit } = result;
  return {
    'cost-usd': exactUsd(cost),
    requests: String(requests),
    tokens: String(tokens),
    'by-model': toJsonList(models.map(toEntry), 'models'),
    from: formatTime(from),
    to: formatTime(to),
    complete: String(gaps.length === 0),
    ...(spender.kind === 'key' && {
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
    cost_usd: usage.credits_usage,
  };
}

function nameOf({ model }: ModelUsage): string {
  return model ?? 'unknown';
}

/** The result in sentences, for the log. */
export function usageLines(result: UsageResult): string[] {
  const spender = describeSpender(result.spender);
  const amount = formatUsd(result.cost, isLowerBound(result) ? 'down' : 'nearest');
  const since = sinceText(result);
  return [
    isNothingCounted(result)
      ? `Nothing is counted for the ${spender}${since}.`
      : `The ${spender} has spent ${atLeast(result)}${amount}${since}.`,
    countsLine(result),
    ...detailLines(result, formatTime),
  ];
}

/** `workspace "preview-42"`, `API key "CI" (sk-or-v1-0e6...1c96)`, or `deleted API key with the hash 0f1e…` */
function describeSpender(spender: Spender): string {
  switch (spender.kind) {
    case 'workspace':
      return `workspace "${spender.workspace.slug}"`;
    case 'key':
      return `API key ${describeKey(spender.key)}`;
    case 'deleted-key':
      return `deleted API key with the hash ${spender.hash}`;
  }
}

/**
 * What else there is to know besides the cost and the counts.
 * @param show what shows a time
 */
function detailLines(
  { byok, from, to, limit, gaps }: UsageResult,
  show: typeof formatTime,
): string[] {
  return [
    ...(byok > 0n
      ? [`In addition, ${formatUsd(byok)} was charged by providers, for your own provider keys.`]
      : []),
    `From ${show(from)} to ${show(to)}. ${COUNTED_LATE}`,
    ...(limit ? [`${describeLimit(limit)}.`] : []),
    ...gaps.map((gap) => `Incomplete: ${describeGap(gap, show)}`),
  ];
}

/** What precedes an amount or a count that may be higher. */
function atLeast(result: UsageResult): string {
  return isLowerBound(result) ? 'at least ' : '';
}

/** Only analytics has the counts: without a row of it, 0 would contradict the cost. */
function countsLine(result: UsageResult): string {
  const { cost, byok, requests, tokens, models } = result;
  if (models.length === 0 && cost + byok > 0n) return 'Requests and tokens: not reported yet.';
  const prefix = atLeast(result);
  return `Requests: ${prefix}${formatCount(requests)}. Tokens: ${prefix}${formatCount(tokens)}.`;
}

/** The summary of a step that succeeded. */
export function usageSummary(
  result: UsageResult,
  { warnAbove }: { warnAbove: Usd | undefined },
): Summary {
  const title = isAbove(warnAbove, result)
    ? `⚠️ ${describeCost(result, warnAbove)}: above ${describeThreshold('warn-above-usd', warnAbove)}`
    : `💵 ${describeCost(result)}`;
  return { title, ...usageDetails(result) };
}

interface UsageDetails extends Pick<Summary, 'table' | 'folded'> {
  notes: readonly string[];
}

/** What a summary shows below its verdict, whether or not the step fails. */
export function usageDetails(result: UsageResult): UsageDetails {
  const { models, spender, to } = result;
  const counts = countsLine(result);
  const hasModels = models.length > 0;
  return {
    table: costsTable(result),
    folded: [
      ...foldedCosts(result),
      ...(hasModels ? [{ title: counts, table: countsTable(result) }] : []),
    ],
    notes: [
      // First, because a summary with too many notes lacks the last ones.
      ...describeOmitted(usageOutputs(result)),
      ...(hasModels ? [] : [counts]),
      ...detailLines(result, timeNear(to)),
      ...keyNotes(spender),
    ],
  };
}

function keyNotes(spender: Spender): string[] {
  switch (spender.kind) {
    case 'workspace':
      return [];
    case 'key':
      return [`The API key is ${describeKey(spender.key)}.`];
    case 'deleted-key':
      return [`The API key was deleted. Its hash is ${spender.hash}.`];
  }
}

/** A difference that is no spending, in nano-dollars: each amount of either source is rounded to one. */
const ROUNDING = 1_000n;

/** A table of what each model has cost; undefined if nothing was spent. */
function costsTable({ models, cost }: UsageResult): Table | undefined {
  const unreported = cost - sumUsd(models.map(costOf));
  const rows = [
    ...models.map((usage) => [{ code: nameOf(usage) }, usage.credits_usage] as const),
    ...(unreported > ROUNDING ? [['not yet reported by model', unreported] as const] : []),
  ];
  if (rows.length === 0) return undefined;
  const format = columnFormat(rows.flatMap(([, amount]) => amount ?? []));
  return {
    header: ['Model', { numbers: 'Cost' }, { numbers: '%' }],
    rows: rows.map(([name, amount]): Cell[] => [
      name,
      amount === null ? 'unknown' : format(amount),
      percentOf(amount, cost),
    ]),
  };
}

/** The share of `part` in `whole`: `67 %`. With refunds, it can exceed 100 %. */
function percentOf(part: Usd | null, whole: Usd): string {
  if (part === null || whole <= 0n) return '';
  const percent = Math.round((Number(part) / Number(whole)) * 100);
  return `${percent === 0 && part > 0n ? '<1' : percent}\u00a0%`;
}

/** In a summary, the rest would hide what follows. */
const MAX_KEYS = 20;

/** The API keys that have spent, or may have, for somebody who has to stop some of them; empty if there are none. */
function foldedCosts(result: UsageResult): Folded[] {
  const { keys } = result;
  if (keys.length === 0) return [];
  const format = spentFormat(keys.map(({ spent }) => spent));
  const rows = keys.slice(0, MAX_KEYS).map(({ key, spent, byok }): Cell[] => [
    // In one column, because GitHub hides the last one of three on a phone.
    [
      { code: key.name },
      '\n',
      { code: key.label },
      `\n${limitOfKey(key)}, ${stateOf(key, result)}`,
      ...(byok?.amount === 0n
        ? []
        : [`\nOwn provider keys: ${byok ? formatSpent(byok) : 'unknown'}`]),
    ],
    format(spent),
  ]);
  const table = { header: ['API key', { numbers: 'Cost' }], rows, more: keys.length - rows.length };
  const areKnown = keys.every(({ spent, byok }) => spent?.amount || byok?.amount);
  return [
    { title: `API keys that have spent${areKnown ? '' : ', or may have'}: ${keys.length}`, table },
  ];
}

function limitOfKey(key: Key): string {
  const limit = limitOf(key);
  if (!limit) return key.limit === null ? 'no limit' : 'limit unknown';
  return `limit ${formatExactUsd(limit.amount)}${limit.reset ? ` ${limit.reset}` : ''}`;
}

function stateOf(key: Key, { serverTime, to }: UsageResult): string {
  const state = keyState(key, serverTime);
  if (state !== 'works') return state;
  const expiry = readTime(key['expires_at']);
  if (expiry) return `works until ${timeNear(to)(expiry)}`;
  return key['expires_at'] === null ? 'never expires' : 'expiry unknown';
}

/** A table of the counts of each model, in one cell: more columns would be hidden on a phone. */
function countsTable({ models, byok }: UsageResult): Table {
  return {
    header: ['Model', 'Requests and tokens'],
    rows: models.map((usage): Cell[] => [
      { code: nameOf(usage) },
      [
        `Requests: ${formatCount(usage.request_count)}`,
        `Prompt tokens: ${formatCount(usage.tokens_prompt)}`,
        `Completion tokens: ${formatCount(usage.tokens_completion)}`,
        `Reasoning tokens: ${formatCount(usage.reasoning_tokens)}`,
        ...(byok > 0n ? [`Own provider keys: ${formatUsd(usage.byok_usage)}`] : []),
      ].join('\n'),
    ]),
  };
}

import { truncateList } from '../../lib/format.ts';
import { formatExactUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import type { Usd } from '../../lib/usd.ts';
import {
  describeKey,
  type Key,
  type KeyLimit,
  type KeyState,
} from '../../openrouter/resources/keys.ts';
import {
  DASHBOARD_URL,
  dashboardUrl,
  type WorkspaceRef,
} from '../../openrouter/resources/workspaces.ts';
import { COUNTED_LATE } from '../../shared/describe-spent.ts';
import { declareFailure, declareWarning } from '../../shared/failure.ts';
import { timeNear } from './period.ts';
import { usageDetails } from './report.ts';
import {
  describeCost,
  describeThreshold,
  nameKey,
  type Spender,
  type UsageResult,
} from './result.ts';
import { concernsCost, describeGap, type UsageGap } from './usage-gap.ts';

export const keyNotFound = declareFailure<{
  hash: string;
  /** Undefined if the author wrote `key-hash` alone, so that a deleted key would do. */
  workspace: WorkspaceRef | undefined;
  /** The warnings of analytics. */
  warnings: readonly string[];
}>('key-not-found', ({ hash, workspace, warnings }) =>
  workspace
    ? {
        title: `The workspace "${workspace.slug}" has no API key with this hash`,
        lines: [
          `key-hash is ${hash}. The key may have been deleted, or belong to another workspace.`,
          'To read what a deleted key has spent, use key-hash without workspace and slug-from.',
        ],
      }
    : {
        title: 'OpenRouter has no API key with this hash, and no known usage of a deleted one',
        lines: [
          `key-hash is ${hash}. Check whether it is the hash of a key of this account.`,
          ...describeWarnings(warnings),
          'A key that was deleted may have spent nothing in this period.',
          `If it was used in the last hour, run this again later: ${COUNTED_LATE}`,
        ],
      },
);

export const usageUnknown = declareFailure<{
  key: Key;
  /** The warnings of analytics. */
  warnings: readonly string[];
}>('usage-unknown', ({ key, warnings }) => ({
  title: `The usage of the API key ${describeKey(key)} in this period is unknown`,
  lines: [
    "OpenRouter's analytics found nothing about the key, and the key has no counter for the period.",
    ...describeWarnings(warnings),
    'With since: created, the total comes from the key itself, if OpenRouter reports it.',
  ],
}));

function describeWarnings(warnings: readonly string[]): string[] {
  return truncateList(warnings.map((text) => describeGap({ kind: 'warning', text })));
}

export const spendingAboveLimit = declareFailure<{ result: UsageResult; limit: Usd }>(
  'spending-above-limit',
  ({ result, limit }) => ({
    title: `${describeCost(result, limit)}: above ${describeThreshold('fail-above-usd', limit)}`,
    lines: adviceOnCost(result, 'fail-above-usd'),
    ...usageDetails(result),
  }),
);

export const spendingAboveWarning = declareWarning<{ result: UsageResult; threshold: Usd }>(
  'spending-above-warning',
  ({ result, threshold }) => ({
    title: `${describeCost(result, threshold)}: above ${describeThreshold('warn-above-usd', threshold)}`,
    lines: adviceOnCost(result, 'warn-above-usd'),
  }),
);

/** How to stop what a threshold does not stop. */
function adviceOnCost({ spender }: UsageResult, input: string): string[] {
  return [howToStop(spender), `If the cost is expected, raise ${input}.`];
}

function howToStop(spender: Spender): string {
  if (spender.kind === 'deleted-key') {
    return `The API key was deleted, so there is nothing to stop. Its hash is ${spender.hash}.`;
  }
  const url = spender.workspace ? dashboardUrl(spender.workspace.slug) : DASHBOARD_URL;
  return spender.kind === 'key'
    ? `To stop it, disable the API key ${describeKey(spender.key)}: ${url}`
    : `To stop it, disable the API keys of the workspace: ${url}`;
}

export const usageIncomplete = declareWarning<{
  result: UsageResult;
  /** The inputs whose amount the cost may be above, by their names in the workflow. */
  undecided: readonly string[];
}>('usage-incomplete', ({ result, undecided }) => ({
  title: `${describeCost(result)}: may be above ${undecided.join(' and ')}`,
  lines: linesOfGaps(result.gaps.filter(concernsCost), result),
}));

export const figuresIncomplete = declareFailure<{ result: UsageResult }>(
  'figures-incomplete',
  ({ result }) => ({
    title: `${describeCost(result)}: figures incomplete (fail-if-incomplete)`,
    // The summary has them under its table.
    rows: linesOfGaps(result.gaps, result),
    lines: ['If these figures are enough, set fail-if-incomplete to false.'],
    ...usageDetails(result),
  }),
);

function linesOfGaps(gaps: readonly UsageGap[], { to }: UsageResult): string[] {
  return truncateList(gaps.map((gap) => describeGap(gap, timeNear(to))));
}

export const keyUnusable = declareFailure<{
  result: UsageResult;
  hash: string;
  state: Exclude<KeyState, 'works'> | 'deleted';
  minimum: Usd;
}>('key-unusable', ({ result, hash, state, minimum }) => {
  const { spender } = result;
  const key = spender.kind === 'key' ? nameKey(spender.key) : 'the OpenRouter API key';
  return {
    title: `${formatExactUsd(minimum)} cannot be spent (fail-below-remaining-usd): ${key} ${UNUSABLE[state]}`,
    lines: [`key-hash is ${hash}. Check whether it is that of an older key.`],
    ...usageDetails(result),
  };
});

const UNUSABLE = { disabled: 'is disabled', expired: 'has expired', deleted: 'was deleted' };

export const remainingTooLow = declareFailure<{
  result: UsageResult;
  key: Key;
  minimum: Usd;
  limit: KeyLimit;
  remaining: Usd;
}>('remaining-too-low', ({ result, key, minimum, limit: { amount, reset }, remaining }) => ({
  title: `${formatUsdNextTo(minimum, remaining, 'down')} left of the ${reset ? `${reset} ` : ''}limit of ${nameKey(key)}: below ${formatExactUsd(minimum)} (fail-below-remaining-usd)`,
  lines: [
    `Raise the limit of the key, which is ${formatExactUsd(amount)}, ${reset ? 'wait until it resets, ' : ''}or lower fail-below-remaining-usd.`,
  ],
  ...usageDetails(result),
}));

export const remainingUnknown = declareFailure<{ result: UsageResult; key: Key; minimum: Usd }>(
  'remaining-unknown',
  ({ result, key, minimum }) => ({
    title: `Unknown whether ${formatExactUsd(minimum)} is left (fail-below-remaining-usd) of the limit of ${nameKey(key)}`,
    lines: ['OpenRouter did not return the limit, or what remains of it.', 'Run this again later.'],
    ...usageDetails(result),
  }),
);

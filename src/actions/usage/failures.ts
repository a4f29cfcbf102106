import { truncateList } from '../../lib/format.ts';
import { formatExactUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import type { Usd } from '../../lib/usd.ts';
import {
  describeKey,
  type Key,
  type KeyLimit,
  type KeyState,
} from '../../openrouter/resources/keys.ts';
import { dashboardUrl, type WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import { declareFailure, declareWarning } from '../../shared/failure.ts';
import { timeNear } from './period.ts';
import { usageDetails } from './report.ts';
import { describeCost, describeThreshold, nameKey, type UsageResult } from './result.ts';
import { concernsCost, describeGap, type UsageGap } from './usage-gap.ts';

export const keyNotFound = declareFailure<{ hash: string; workspace: WorkspaceRef }>(
  'key-not-found',
  ({ hash, workspace }) => ({
    title: `The workspace "${workspace.slug}" has no API key with this hash`,
    lines: [
      `key-hash is ${hash}. The key may have been deleted, or belong to another workspace.`,
      'Without key-hash, the usage of the whole workspace includes that of deleted keys.',
    ],
  }),
);

export const usageUnknown = declareFailure<{
  key: Key;
  /** The warnings of analytics. */
  warnings: readonly string[];
}>('usage-unknown', ({ key, warnings }) => ({
  title: `The usage of the API key ${describeKey(key)} in this period is unknown`,
  lines: [
    "OpenRouter's analytics found nothing about the key, and the key has no counter for the period.",
    ...truncateList(warnings.map((text) => describeGap({ kind: 'warning', text }))),
    'With since: created, the total comes from the key itself, if OpenRouter reports it.',
  ],
}));

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
function adviceOnCost({ workspace, key }: UsageResult, input: string): string[] {
  const url = dashboardUrl(workspace.slug);
  return [
    key
      ? `To stop it, disable the API key ${describeKey(key)}: ${url}`
      : `To stop it, disable the API keys of the workspace: ${url}`,
    `If the cost is expected, raise ${input}.`,
  ];
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
  key: Key;
  state: Exclude<KeyState, 'works'>;
  minimum: Usd;
}>('key-unusable', ({ result, key, state, minimum }) => ({
  title: `${formatExactUsd(minimum)} cannot be spent (fail-below-remaining-usd): ${nameKey(key)} ${state === 'disabled' ? 'is disabled' : 'has expired'}`,
  lines: [`key-hash is ${key.hash}. Check whether it is that of an older key.`],
  ...usageDetails(result),
}));

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

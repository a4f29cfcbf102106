import { truncateList } from '../../lib/format.ts';
import { formatExactUsd } from '../../lib/format-usd.ts';
import type { Usd } from '../../lib/usd.ts';
import { describeKey, type Key, type KeyLimit } from '../../openrouter/resources/keys.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import type { UnusableState } from '../../openrouter/unusable-key.ts';
import { declareFailure, declareWarning } from '../../shared/failure.ts';
import { type Since, sinceText } from './period.ts';
import { describeGap, type UsageGap } from './usage-gap.ts';

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

/** What a workspace, or an API key in it, has cost. */
export interface Cost {
  workspace: WorkspaceRef;
  key: Key | undefined;
  cost: Usd;
  since: Since;
  /** When its period begins, in milliseconds since 1970. */
  from: number;
  /** Why the cost may be higher. */
  gaps: readonly UsageGap[];
}

/** `The workspace "preview-42"`, or `The API key "CI" (sk-or-v1-0e6...1c96)` */
export function describeSpender({ workspace, key }: Pick<Cost, 'workspace' | 'key'>): string {
  return key ? `The API key ${describeKey(key)}` : `The workspace "${workspace.slug}"`;
}

/** `The cost is at least $0.30`, `The cost since 2026-01-14 is $0.30` */
function describeCost({ cost, gaps, ...period }: Cost): string {
  return `The cost${sinceText(period)} is ${gaps.length > 0 ? 'at least ' : ''}${formatExactUsd(cost)}`;
}

export const spendingAboveLimit = declareFailure<Cost & { limit: Usd }>(
  'spending-above-limit',
  ({ limit, ...cost }) => ({
    title: `${describeSpender(cost)} has spent more than ${formatExactUsd(limit)}${sinceText(cost)}`,
    lines: [
      `${describeCost(cost)}, and fail-above-usd is ${formatExactUsd(limit)}.`,
      'This does not stop spending. If the cost is expected, raise fail-above-usd.',
    ],
  }),
);

export const spendingAboveWarning = declareWarning<Cost & { threshold: Usd }>(
  'spending-above-warning',
  ({ threshold, ...cost }) => ({
    title: `${describeSpender(cost)} has spent more than ${formatExactUsd(threshold)}${sinceText(cost)}`,
    lines: [`${describeCost(cost)}, and warn-above-usd is ${formatExactUsd(threshold)}.`],
  }),
);

export const usageIncomplete = declareWarning<
  Cost & {
    /** The inputs whose amount the cost may be above, by their names in the workflow. */
    undecided: readonly string[];
  }
>('usage-incomplete', ({ undecided, ...cost }) => ({
  title: `${describeSpender(cost)} may have spent more than is known`,
  lines: [
    `${describeCost(cost)}. Whether it is above ${undecided.join(' or ')} is unknown.`,
    ...truncateList(cost.gaps.map(describeGap)),
  ],
}));

export const figuresIncomplete = declareFailure<
  Cost & {
    /** Why the cost may be higher, and why other figures are incomplete. */
    allGaps: readonly UsageGap[];
  }
>('figures-incomplete', ({ allGaps, ...cost }) => ({
  title: `${describeSpender(cost)} has incomplete figures`,
  lines: [
    `${describeCost(cost)}, and fail-if-incomplete is true.`,
    ...truncateList(allGaps.map(describeGap)),
    'If these figures are enough, set fail-if-incomplete to false.',
  ],
}));

export const keyUnusable = declareFailure<{ key: Key; state: UnusableState }>(
  'key-unusable',
  ({ key, state }) => ({
    title: `The API key ${describeKey(key)} ${state === 'disabled' ? 'is disabled' : 'has expired'}`,
    lines: [
      'OpenRouter rejects requests with it, so it cannot spend what fail-below-remaining-usd requires.',
      `key-hash is ${key.hash}. Check whether it is that of an older key.`,
    ],
  }),
);

export const remainingTooLow = declareFailure<{
  key: Key;
  minimum: Usd;
  limit: KeyLimit;
  remaining: Usd;
}>('remaining-too-low', ({ key, minimum, limit: { amount, reset }, remaining }) => ({
  title: `Less than ${formatExactUsd(minimum)} remains of the limit of the API key ${describeKey(key)}`,
  lines: [
    `The ${reset ? `${reset} ` : ''}limit is ${formatExactUsd(amount)}, of which ${formatExactUsd(remaining)} remains, and fail-below-remaining-usd is ${formatExactUsd(minimum)}.`,
    `Raise the limit of the key, ${reset ? 'wait until it resets, ' : ''}or lower fail-below-remaining-usd.`,
  ],
}));

export const remainingUnknown = declareFailure<{ key: Key; minimum: Usd }>(
  'remaining-unknown',
  ({ key, minimum }) => ({
    title: `What remains of the limit of the API key ${describeKey(key)} is unknown`,
    lines: [
      `OpenRouter did not return the limit, or what remains of it. So whether ${formatExactUsd(minimum)} remains is unknown.`,
      'Run this again later.',
    ],
  }),
);

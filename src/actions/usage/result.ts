import { formatExactUsd, formatUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import type { Usd } from '../../lib/usd.ts';
import type { ModelUsage } from '../../openrouter/resources/analytics.ts';
import type { Key, KeyLimit } from '../../openrouter/resources/keys.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Spent } from '../../openrouter/settlement.ts';
import { type Since, sinceForPeople } from './period.ts';
import { concernsCost, type UsageGap } from './usage-gap.ts';

/**
 * What an API key has spent in the period, by its own counters: a lower bound if they show only a part of
 * the period, and undefined if they could not be read.
 */
export interface KeyCost {
  key: Key;
  /** What OpenRouter charged. */
  spent: Spent | undefined;
  /** What providers charged for requests with your own provider keys. */
  byok: Spent | undefined;
}

/** Whose usage it is. */
export type Spender =
  | { kind: 'workspace'; workspace: Workspace }
  /** An API key, and its workspace unless the author wrote `key-hash` alone. */
  | { kind: 'key'; key: Key; workspace: Workspace | undefined }
  /** An API key that only analytics still knows. */
  | { kind: 'deleted-key'; hash: string };

/** What a workspace or an API key has used and cost. */
export interface UsageResult {
  spender: Spender;
  /** How the author wrote `from`. */
  since: Since;
  /** The requested period, in milliseconds since 1970. */
  from: number;
  to: number;
  /** OpenRouter's time, which alone decides what has expired; undefined if unknown. */
  serverTime: number | undefined;
  /** What OpenRouter charged. */
  cost: Usd;
  /** What providers charged for requests with your own provider keys. */
  byok: Usd;
  requests: bigint;
  tokens: bigint;
  /** The most expensive first. */
  models: readonly ModelUsage[];
  /** The existing API keys of a workspace that have spent, or may have, the most expensive first. */
  keys: readonly KeyCost[];
  /** Undefined for a workspace, for a key that was deleted or has no limit, and if that could not be read. */
  limit: KeyLimit | undefined;
  /** Why figures may be too low, or are missing; empty if they are complete. */
  gaps: readonly UsageGap[];
}

/** Whether there is a threshold, and the cost is above it. */
export function isAbove(
  threshold: Usd | undefined,
  { cost }: Pick<UsageResult, 'cost'>,
): threshold is Usd {
  return threshold !== undefined && cost > threshold;
}

/** Whether the cost may be higher. */
export function isLowerBound({ gaps }: Pick<UsageResult, 'gaps'>): boolean {
  return gaps.some(concernsCost);
}

/** Whether OpenRouter has counted nothing: then `$0.00` would say too much, because counters are late. */
export function isNothingCounted({ models, cost, byok }: UsageResult): boolean {
  return models.length === 0 && cost === 0n && byok === 0n;
}

/**
 * The cost for a title: `$124.20 spent since 8 Nov by the OpenRouter workspace "staging-web"`
 * @param exceeded the threshold that follows in the title
 */
export function describeCost(result: UsageResult, exceeded?: Usd): string {
  const { cost } = result;
  const isAtLeast = isLowerBound(result);
  const rounding = isAtLeast ? 'down' : 'nearest';
  const amount =
    exceeded === undefined ? formatUsd(cost, rounding) : formatUsdNextTo(exceeded, cost, rounding);
  const spender = nameSpender(result.spender);
  if (isNothingCounted(result)) return `Nothing counted${sinceForPeople(result)} for ${spender}`;
  return `${isAtLeast ? 'At least ' : ''}${amount} spent${sinceForPeople(result)} by ${spender}`;
}

/** `$100.00 (fail-above-usd)` */
export function describeThreshold(input: 'warn-above-usd' | 'fail-above-usd', amount: Usd): string {
  return `${formatExactUsd(amount)} (${input})`;
}

/** `the OpenRouter workspace "staging-web"`, `the OpenRouter API key "CI"`, or `a deleted API key of OpenRouter` */
function nameSpender(spender: Spender): string {
  switch (spender.kind) {
    case 'workspace':
      return `the OpenRouter workspace "${spender.workspace.slug}"`;
    case 'key':
      return nameKey(spender.key);
    case 'deleted-key':
      return 'a deleted API key of OpenRouter';
  }
}

/** `the OpenRouter API key "CI"` */
export function nameKey({ name }: Pick<Key, 'name'>): string {
  return `the OpenRouter API key ${JSON.stringify(name)}`;
}

import { maxUsd, sumUsd, type Usd } from '../../lib/usd.ts';
import { isDisabled, type Key } from '../../openrouter/resources/keys.ts';
import { isWorking, type SeenKey, settlesIn } from '../../openrouter/settlement.ts';
import { createdAt } from '../../openrouter/time.ts';
import { isUnusedKeyName } from '../../shared/key-name.ts';

/** What all API keys of a preview may spend together. */
export interface Cap {
  amount: Usd;
  /** Whether usage with one's own provider keys counts. */
  withByok: boolean;
  /** The requested limit of a new key. */
  limit: Usd;
}

/** Why a key cannot be counted. */
export type CapProblem = 'unread' | 'unlimited' | 'resets' | 'without-byok';

/** What a key counts towards a cap. */
export interface CapUse extends SeenKey {
  /** What it has spent, as far as OpenRouter has counted it. */
  spent: Usd;
  /** What it counts: what it has spent if it has settled, or if no one has had it, and its whole limit until then. */
  counted: Usd;
  problem?: CapProblem | undefined;
}

/** Whether a run has created `key` and not given it out: no one has its secret, so it can never spend. */
export function isUnused(key: Key): boolean {
  return isDisabled(key) && isUnusedKeyName(key.name);
}

/** What `one` counts towards `cap`. */
export function capUseOf(one: SeenKey, cap: Pick<Cap, 'amount' | 'withByok'>): CapUse {
  const { key } = one;
  const counters = [key.usage, cap.withByok ? key.byok_usage : 0n];
  const spent = sumUsd(counters.map((counter) => counter ?? 0n));
  // A negative counter would allow the other keys more.
  if (counters.some((counter) => counter === undefined || counter < 0n)) {
    return { ...one, spent, counted: cap.amount, problem: 'unread' };
  }
  if (settlesIn(one) === 0 || isUnused(key)) return { ...one, spent, counted: spent };
  const { limit } = key;
  const problem = problemOf(key, cap.withByok);
  // Someone can have lowered its limit to 0 to stop it: what it has spent before is not counted yet.
  const isBounded = typeof limit === 'bigint' && (limit > 0n || isWorking(one));
  if (isBounded && !problem) return { ...one, spent, counted: maxUsd(limit, spent) };
  // Nothing bounds what it may have spent.
  const counted = maxUsd(cap.amount, spent);
  return isWorking(one) ? { ...one, spent, counted, problem } : { ...one, spent, counted };
}

function problemOf(key: Key, withByok: boolean): CapProblem | undefined {
  if (key.limit === null) return 'unlimited';
  if (key.limit === undefined) return 'unread';
  if ((key['limit_reset'] ?? null) !== null) return 'resets';
  return withByok && key['include_byok_in_limit'] !== true ? 'without-byok' : undefined;
}

/** Whether a key with the requested limit fits next to `others`. */
export function fits(others: readonly CapUse[], { amount, limit }: Cap): boolean {
  return sumUsd(others.map(({ counted }) => counted)) + limit <= amount;
}

/** Whether what is spent leaves no room for the requested limit: counters only grow. */
export function isSpent(uses: readonly CapUse[], cap: Cap): boolean {
  return !fits(
    uses.map((use) => ({ ...use, counted: use.spent })),
    cap,
  );
}

/**
 * In how many milliseconds the next key settles, if a key with the requested limit can fit once all that have ended
 * have; undefined if it cannot.
 */
export function roomIn(others: readonly CapUse[], cap: Cap): number | undefined {
  const settled = others.map((use) => (isWorking(use) ? use : { ...use, counted: use.spent }));
  if (!fits(settled, cap)) return undefined;
  return Math.min(...others.flatMap((use) => settlesIn(use) || []));
}

/** What a step does about its new key after it has listed the keys. */
export type NextStep =
  /** The list does not have the key. */
  | 'absent'
  /** All keys together are within the cap. */
  | 'give-out'
  /** A later key has to give way. */
  | 'wait'
  /** The key has to give way. */
  | 'give-way';

/**
 * Decides what becomes of the new key `hash`. The order of the keys only decides which of them gives way.
 * @param isPatient whether later keys may still give way
 */
export function decide(
  uses: readonly CapUse[],
  { hash, cap, isPatient }: { hash: string; cap: Cap; isPatient: boolean },
): NextStep {
  const own = uses.find(({ key }) => key.hash === hash);
  if (!own) return 'absent';
  const limit = maxUsd(own.counted, cap.limit);
  const others = uses.filter((other) => other !== own);
  if (fits(others, { ...cap, limit })) return 'give-out';
  const before = others.filter(({ key }) => isBefore(key, own.key));
  return isPatient && fits(before, { ...cap, limit }) ? 'wait' : 'give-way';
}

/** Whether `key` has precedence over `other`. Times may have seconds only, and clocks may differ. */
function isBefore(key: Key, other: Key): boolean {
  const difference = (createdAt(key) ?? 0) - (createdAt(other) ?? 0);
  return difference === 0 ? key.hash < other.hash : difference < 0;
}

import { formatExactUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import { maxUsd, minUsd, roundDown, roundUp, sumUsd, toUsd, type Usd } from '../../lib/usd.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { createdAt } from '../../openrouter/time.ts';
import { unusableState } from '../../openrouter/unusable-key.ts';

/** What all API keys of a preview may spend together. */
export interface Cap {
  amount: Usd;
  /** Whether usage with one's own provider keys counts. */
  withByok: boolean;
  /** The hashes of the keys that the new key replaces if the job succeeds. */
  replaced: readonly string[];
}

/** A cap for a key that is to be created. */
export interface KeyCap extends Cap {
  /** The requested limit of the key, with nine decimals. */
  limit: Usd;
}

/** How a new key is within the cap. */
export interface Allowance {
  cap: KeyCap;
  /** What all keys have spent. */
  spent: Usd;
  /** What the new key may spend. */
  limit: Usd;
}

/** `Spent $4.33 of $5.00. The API key can spend $0.67, less than limit-usd, $1.00.` */
export function describeAllowance({ cap, spent, limit }: Allowance): string {
  const less = limit < cap.limit ? `, less than limit-usd, ${formatExactUsd(cap.limit)}` : '';
  const ofCap = `${formatUsdNextTo(cap.amount, spent)} of ${formatExactUsd(cap.amount)}`;
  return `Spent ${ofCap}. The API key can spend ${formatUsdNextTo(cap.limit, limit, 'down')}${less}.`;
}

/** Whether a reader should notice how much of a cap is spent: nine tenths. */
export function isAlmostSpent(spent: Usd, cap: Usd): boolean {
  return spent * 10n >= cap * 9n;
}

/** Why a key cannot be counted. */
export type CapProblem = 'unread' | 'unlimited' | 'resets' | 'without-byok';

/** What a key has spent, and what it may still spend. */
export interface CapUse {
  key: Key;
  spent: Usd;
  held: Usd;
  problem?: CapProblem | undefined;
}

/**
 * What `key` uses of the cap.
 * @param now in milliseconds since 1970: what expired before that cannot spend any more
 */
export function capUseOf(key: Key, { withByok, replaced }: Cap, now: number): CapUse {
  const counters = [toUsd(key['usage']), withByok ? toUsd(key['byok_usage']) : 0n];
  const spent = sumUsd(counters.map((counter) => counter ?? 0n));
  const none = { key, spent, held: 0n };
  // A negative counter would allow the other keys more.
  if (counters.some((counter) => counter === undefined || counter < 0n)) {
    return { ...none, problem: 'unread' };
  }
  if (unusableState(key, now)) return none;
  const limit = toUsd(key['limit']);
  const problem = problemOf(key, limit, withByok);
  if (limit !== undefined && !problem) return { ...none, held: maxUsd(limit - spent, 0n) };
  // A key that was created without a cap must not block its own replacement.
  const isExempt = replaced.includes(key.hash) && ['unlimited', 'resets'].includes(problem ?? '');
  return isExempt ? none : { ...none, problem };
}

function problemOf(key: Key, limit: Usd | undefined, withByok: boolean): CapProblem | undefined {
  if (limit === undefined) return (key['limit'] ?? null) === null ? 'unlimited' : 'unread';
  if ((key['limit_reset'] ?? null) !== null) return 'resets';
  return withByok && key['include_byok_in_limit'] !== true ? 'without-byok' : undefined;
}

/** What keys have spent, and what they may still spend. */
export function totalsOf(uses: readonly CapUse[]): { spent: Usd; held: Usd } {
  return {
    spent: sumUsd(uses.map(({ spent }) => spent)),
    held: sumUsd(uses.map(({ held }) => held)),
  };
}

/**
 * The largest limit of a new key next to `others`: what they leave of the cap, and `limit` at most.
 *
 * A key that the new key replaces counts with what it has spent. What it may still spend ends with the job, so all
 * keys together may exceed the cap until then, but by no more than one requested limit: with S for what all have
 * spent, H for what all hold, and R for what all but the replaced ones hold, the limit is at most
 * cap − S − max(R, H − requested limit), so S + H + limit ≤ cap + requested limit. A replaced key without a limit, or
 * with one that resets, counts as if it held nothing: there is no bound on what that key spends until it ends.
 */
export function largestLimit(others: readonly CapUse[], cap: KeyCap, limit = cap.limit): Usd {
  const staying = others.filter(({ key }) => !cap.replaced.includes(key.hash));
  const { spent, held } = totalsOf(others);
  // After some failed deployments, the keys to replace may hold more than one requested limit. Only that excess
  // counts: if all of it did, no deployment could succeed any more.
  const used = spent + maxUsd(totalsOf(staying).held, held - cap.limit);
  return minUsd(limit, whatIsLeft(cap, used));
}

function whatIsLeft({ amount }: Cap, used: Usd): Usd {
  return roundDown(maxUsd(amount - used, 0n));
}

/** What a step does about its new key after it has listed the keys. */
export type NextStep =
  /** The list does not have the key. */
  | { kind: 'absent' }
  /** All keys together are within the cap, but for what `largestLimit` allows a replacement. */
  | { kind: 'give-out' }
  /** A later key has to give way. */
  | { kind: 'wait' }
  /** The key has to give way: this is what it may spend. */
  | { kind: 'lower'; limit: Usd };

/**
 * Decides what becomes of the new key `hash`. The order of the keys only decides which of them gives way.
 * @param isPatient whether later keys may still give way
 */
export function decide(
  uses: readonly CapUse[],
  { hash, cap, isPatient }: { hash: string; cap: KeyCap; isPatient: boolean },
): NextStep {
  const own = uses.find(({ key }) => key.hash === hash);
  if (!own) return { kind: 'absent' };
  const limit = own.spent + own.held;
  const others = uses.filter((other) => other !== own);
  if (largestLimit(others, cap, limit) >= limit) return { kind: 'give-out' };
  const before = isPatient ? others.filter(({ key }) => isBefore(key, own.key)) : others;
  const left = largestLimit(before, cap, limit);
  return left < limit ? { kind: 'lower', limit: left } : { kind: 'wait' };
}

/** Whether `key` has precedence over `other`. Times may have seconds only, and clocks may differ. */
function isBefore(key: Key, other: Key): boolean {
  const difference = (createdAt(key) ?? 0) - (createdAt(other) ?? 0);
  return difference === 0 ? key.hash < other.hash : difference < 0;
}

/**
 * The limit that the new key may have from the end of its job on, next to all others: never less than what it has
 * spent. Undefined if it may keep its own.
 * @param known the limit that the key is known to have had: a list can lag behind that
 */
export function finalLimit(
  own: CapUse,
  others: readonly CapUse[],
  { cap, known }: { cap: Cap; known: Usd },
): { limit: Usd; isUsedUp: boolean } | undefined {
  const { spent, held } = totalsOf(others);
  const left = whatIsLeft(cap, spent + held);
  if (own.held === 0n || own.spent + own.held <= left) return undefined;
  return { limit: maxUsd(minUsd(left, known), roundUp(own.spent)), isUsedUp: left <= own.spent };
}

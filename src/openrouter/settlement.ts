/** The one rule about how late OpenRouter counts: nothing else decides whether an amount is exact. */
import type { Clock } from '../lib/clock.ts';
import { formatUsd } from '../lib/format-usd.ts';
import { sumUsd, type Usd } from '../lib/usd.ts';
import { isDisabled, type Key, type KeyList } from './resources/keys.ts';
import { readTime } from './time.ts';

/**
 * How long the counter of an API key may grow after the key could last spend, in milliseconds. People who call
 * OpenRouter have seen 20 seconds to more than two minutes; OpenRouter documents nothing.
 */
export const SETTLE_MS = 180_000;

/** An API key, and what is known of its counter. */
export interface SettlingKey {
  key: Key;
  /**
   * In how many milliseconds the counter is exact: 0 if it is. Until then, it is a lower bound. Undefined while the
   * key can spend.
   */
  settlesIn: number | undefined;
}

/**
 * When OpenRouter's list shows that `key` ended, by OpenRouter's clock: the earlier time of those that are known.
 * Empty if the list does not tell; undefined if the key works.
 * @param now OpenRouter's time, in milliseconds since 1970; undefined if unknown: then nothing has expired
 */
function endsOf(key: Key, now: number | undefined): number[] | undefined {
  const expiry = readTime(key['expires_at']);
  const isExpired = expiry !== undefined && now !== undefined && expiry <= now;
  if (!isDisabled(key) && !isExpired) return undefined;
  const disabledAt = isDisabled(key) ? readTime(key['updated_at']) : undefined;
  return [disabledAt, isExpired ? expiry : undefined].filter((end) => end !== undefined);
}

/**
 * In how many milliseconds `key` settles, as `SettlingKey` has it.
 * @param now OpenRouter's time, in milliseconds since 1970; undefined if unknown
 * @param seenMs for how long this run has seen that the key has ended: it may be all that tells
 */
export function settlesIn(key: Key, now: number | undefined, seenMs = 0): number | undefined {
  const ends = endsOf(key, now);
  if (!ends) return undefined;
  const known = now === undefined ? [] : ends.map((end) => now - end);
  return Math.max(0, SETTLE_MS - Math.max(seenMs, ...known));
}

/** Whether a list tells when each key that does not work has ended. Otherwise, only a run that waits can know. */
export function tellsEnds({ keys, serverTime }: KeyList): boolean {
  return keys.every((key) => {
    const ends = endsOf(key, serverTime);
    return !ends || (serverTime !== undefined && ends.length > 0);
  });
}

/** What is known of keys that were just listed. */
export function toSettling({ keys, serverTime }: KeyList): SettlingKey[] {
  return keys.map((key) => ({ key, settlesIn: settlesIn(key, serverTime) }));
}

/** What a run has seen of the API keys of a workspace. It remembers since when it has seen a key ended. */
export class KeyWatch {
  readonly #clock: Clock;
  readonly #endedSince = new Map<string, number>();
  /** The keys of the last list, as they are known to be since then; undefined before the first. */
  last: readonly SettlingKey[] | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns what is known of the keys in `list`. */
  see({ keys, serverTime }: KeyList): readonly SettlingKey[] {
    const seen = keys.map((key) => this.#seeOne(key, serverTime));
    this.last = seen;
    return seen;
  }

  /** Notes that this run has just disabled a key, which is `disabled` then. */
  seeDisabled(disabled: Key): void {
    const now = this.#seeOne(disabled, undefined);
    this.last = this.last?.map((one) => (one.key.hash === disabled.hash ? now : one));
  }

  #seeOne(key: Key, now: number | undefined): SettlingKey {
    if (!endsOf(key, now)) {
      this.#endedSince.delete(key.hash);
      return { key, settlesIn: undefined };
    }
    const since = this.#endedSince.get(key.hash) ?? this.#clock.now();
    this.#endedSince.set(key.hash, since);
    return { key, settlesIn: settlesIn(key, now, this.#clock.now() - since) };
  }
}

/** What was spent, as far as OpenRouter has counted it, and whether that is all. */
export interface Spent {
  amount: Usd;
  /** Whether each key has settled, and OpenRouter reports its counter. */
  isExact: boolean;
}

/** What a key has spent; undefined if OpenRouter does not report it. */
export function spentOf({ key, settlesIn: ms }: SettlingKey): Spent | undefined {
  const { usage: amount } = key;
  // A counter only grows.
  return amount === undefined || amount < 0n ? undefined : { amount, isExact: ms === 0 };
}

/** What `keys` have spent together. */
export function spentBy(keys: readonly SettlingKey[]): Spent {
  return sumSpent(keys.map(spentOf));
}

/** The sum of `parts`: a lower bound if one of them is, or is unknown. */
export function sumSpent(parts: readonly (Spent | undefined)[]): Spent {
  return {
    amount: sumUsd(parts.map((part) => part?.amount ?? 0n)),
    isExact: parts.every((part) => part?.isExact),
  };
}

/** Whether nothing is counted yet: then `$0.00` would say too much. */
export function isUncounted({ amount, isExact }: Spent): boolean {
  return amount === 0n && !isExact;
}

/** `$0.84`, `at least $0.84`, or `not yet counted` */
export function formatSpent(spent: Spent, format: typeof formatUsd = formatUsd): string {
  if (isUncounted(spent)) return 'not yet counted';
  const { amount, isExact } = spent;
  return isExact ? format(amount) : `at least ${format(amount, 'down')}`;
}

/** `$0.84 spent`, `at least $0.84 spent`, or `spending not yet counted` */
export function describeSpent(spent: Spent): string {
  const amount = formatSpent(spent);
  return isUncounted(spent) ? `spending ${amount}` : `${amount} spent`;
}

/** Why an amount is a lower bound, or not yet counted. */
export const COUNTED_LATE = 'OpenRouter counts what is spent some minutes late.';

/** In how many milliseconds all of `keys` have settled; 0 if they have. Undefined while one can spend. */
export function allSettleIn(keys: readonly SettlingKey[]): number | undefined {
  const waits = keys.map(({ settlesIn: ms }) => ms);
  if (waits.includes(undefined)) return undefined;
  return waits.reduce<number>((longest, ms = 0) => Math.max(longest, ms), 0);
}

/**
 * The two rules about how late OpenRouter counts: after three minutes, an ended key makes room in a cap; after an hour, its
 * counter is exact. Nothing else decides either.
 */
import type { Clock } from '../lib/clock.ts';
import { sumUsd, type Usd } from '../lib/usd.ts';
import { isDisabled, type Key, type KeyList, type KeyState, keyState } from './resources/keys.ts';
import { readTime } from './time.ts';

/**
 * How long an ended key counts in a cap with its whole limit, in milliseconds. People who call OpenRouter have mostly
 * seen counters that are 10 seconds to two minutes late. A job cannot wait for the latest that was ever seen.
 */
export const SETTLE_MS = 180_000;

/**
 * How long the counter of an ended key is a lower bound, in milliseconds. It is the latest that people who call OpenRouter
 * have measured; OpenRouter documents nothing.
 */
export const COUNT_MS = 3_600_000;

/** An API key as a list or a response shows it, and for how long it had ended then. */
export interface SeenKey {
  key: Key;
  state: KeyState;
  /** In milliseconds; 0 while the key works, and if OpenRouter does not report when it ended. */
  endedFor: number;
}

/** Whether a key can spend. */
export function isWorking({ state }: SeenKey): boolean {
  return state === 'works';
}

/** In how many milliseconds a key counts in a cap with what it has spent: 0 if it does. Undefined while it works. */
export function settlesIn(one: SeenKey): number | undefined {
  return isWorking(one) ? undefined : Math.max(0, SETTLE_MS - one.endedFor);
}

/** Whether the counter of a key is exact. */
export function isCounted({ endedFor }: SeenKey): boolean {
  return endedFor >= COUNT_MS;
}

/** When `key` was disabled and when it expires, as far as OpenRouter reports that. */
function endsOf(key: Key): number[] {
  const ends = [isDisabled(key) ? key['updated_at'] : undefined, key['expires_at']];
  return ends.map(readTime).filter((end) => end !== undefined);
}

/**
 * `key`, and for how long it has ended.
 * @param now OpenRouter's time, in milliseconds since 1970; undefined if unknown
 * @param seenMs for how long this run has seen that the key has ended: it may be all that tells
 */
export function toSeen(key: Key, now: number | undefined, seenMs = 0): SeenKey {
  const state = keyState(key, now);
  if (state === 'works') return { key, state, endedFor: 0 };
  const known = now === undefined ? [] : endsOf(key).map((end) => now - end);
  return { key, state, endedFor: Math.max(seenMs, ...known) };
}

/** The keys of a list, and for how long they have ended. */
export function seenIn({ keys, serverTime }: KeyList): SeenKey[] {
  return keys.map((key) => toSeen(key, serverTime));
}

/** The keys of a list that have ended, and of which neither this list nor a later one tells when. */
export function withUnknownEnd({ keys, serverTime }: KeyList): Key[] {
  // Without OpenRouter's time, no later list tells more.
  const isUnknown = (key: Key) => serverTime === undefined || endsOf(key).length === 0;
  return keys.filter((key) => keyState(key, serverTime) !== 'works' && isUnknown(key));
}

/** What a run has seen of the API keys of a workspace. It remembers since when it has seen a key ended. */
export class KeyWatch {
  readonly #clock: Clock;
  readonly #endedSince = new Map<string, number>();
  /** The last list; undefined before the first. */
  list: KeyList | undefined;
  /** Its keys, as they are known to be since then. */
  last: readonly SeenKey[] | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Returns what is known of the keys in `list`. */
  see(list: KeyList): readonly SeenKey[] {
    const seen = list.keys.map((key) => this.#seeOne(key, list.serverTime));
    this.list = list;
    this.last = seen;
    return seen;
  }

  /** Notes that this run has just disabled a key, which is `disabled` then. */
  seeDisabled(disabled: Key): void {
    const now = this.#seeOne(disabled, undefined);
    this.last = this.last?.map((one) => (one.key.hash === disabled.hash ? now : one));
  }

  #seeOne(key: Key, now: number | undefined): SeenKey {
    const seen = toSeen(key, now);
    if (isWorking(seen)) {
      this.#endedSince.delete(key.hash);
      return seen;
    }
    const since = this.#endedSince.get(key.hash) ?? this.#clock.now();
    this.#endedSince.set(key.hash, since);
    return toSeen(key, now, this.#clock.now() - since);
  }
}

/** What was spent, as far as OpenRouter has counted it, and whether that is all. */
export interface Spent {
  amount: Usd;
  /** Whether each key is counted, and OpenRouter reports its counter. */
  isExact: boolean;
}

/** What a key has spent; undefined if OpenRouter does not report it. */
export function spentOf(one: SeenKey): Spent | undefined {
  const { usage: amount } = one.key;
  return amount === undefined || amount < 0n ? undefined : { amount, isExact: isCounted(one) };
}

/** What `keys` have spent together. */
export function spentBy(keys: readonly SeenKey[]): Spent {
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

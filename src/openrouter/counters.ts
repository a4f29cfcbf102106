import { maxUsd, minUsd, type Usd } from '../lib/usd.ts';

/** The counters of a key's whole life. */
const LIFE_COUNTERS = ['usage', 'byok_usage'] as const;

/** All counters of a key. */
const COUNTERS = [
  ...LIFE_COUNTERS,
  'usage_daily',
  'usage_weekly',
  'usage_monthly',
  'byok_usage_daily',
  'byok_usage_weekly',
  'byok_usage_monthly',
] as const;

type Counter = (typeof COUNTERS)[number];

/** An API key as far as it has counters. */
interface Counted extends Partial<Record<Counter | 'limit_remaining', Usd | undefined>> {
  hash: string;
  limit?: Usd | null | undefined;
  limit_reset?: unknown;
}

/**
 * The most that a step has read of each API key. OpenRouter's servers disagree, so a response can show less than an earlier
 * one, although nothing was given back: whatever reads API keys has a step's memory see them.
 */
export class CounterMemory {
  readonly #seen = new Map<string, Counted>();

  /** Returns `key` with the most that was seen of it. */
  see<Key extends Counted>(key: Key): Key {
    const seen = withLarger(key, this.#seen.get(key.hash), LIFE_COUNTERS);
    this.#seen.set(key.hash, seen);
    return seen;
  }
}

/** Returns `key` with the larger counters of two readings in one list. Counters of a day begin anew at midnight only. */
export function withLargerCounters<Key extends Counted>(key: Key, other: Key): Key {
  return withLarger(key, other, COUNTERS);
}

function withLarger<Key extends Counted>(
  key: Key,
  other: Counted | undefined,
  counters: readonly Counter[],
): Key {
  if (!other) return key;
  const larger = counters.map((name) => [name, oneOf(maxUsd, key[name], other[name])]);
  return { ...key, ...Object.fromEntries(larger), limit_remaining: remainderOf(key, other) };
}

/** The smaller remainder of the same limit. That of a limit that resets, or was changed, can grow. */
function remainderOf(key: Counted, other: Counted): Usd | undefined {
  const isSame = key.limit === other.limit && !key.limit_reset && !other.limit_reset;
  return isSame ? oneOf(minUsd, key.limit_remaining, other.limit_remaining) : key.limit_remaining;
}

function oneOf(
  choose: (a: Usd, b: Usd) => Usd,
  a: Usd | undefined,
  b: Usd | undefined,
): Usd | undefined {
  return a === undefined || b === undefined ? (a ?? b) : choose(a, b);
}

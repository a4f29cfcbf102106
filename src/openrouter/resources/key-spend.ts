import { sumUsd, toUsd, type Usd } from '../../lib/usd.ts';
import type { Key } from './keys.ts';

/** The spending limit of an API key. */
export interface KeyLimit {
  amount: Usd;
  /** How often the limit resets: `daily`; undefined for never. */
  reset: string | undefined;
  /** What is left until the limit resets; negative after an overshoot; undefined if unknown. */
  remaining: Usd | undefined;
}

/** The limit of `key`; undefined if it has none, or if that could not be read. */
export function limitOf(key: Key): KeyLimit | undefined {
  const amount = toUsd(key['limit']);
  const reset = key['limit_reset'];
  if (amount === undefined) return undefined;
  return {
    amount,
    reset: typeof reset === 'string' ? reset : undefined,
    remaining: toUsd(key['limit_remaining']),
  };
}

/** Whether the limit of `key`, or what remains of it, could not be read. */
export function isLimitUnread(key: Key): boolean {
  return key['limit'] !== null && limitOf(key)?.remaining === undefined;
}

/** What `keys` have spent in their lives; null if OpenRouter does not report it for all of them. */
export function totalSpent(keys: readonly Key[]): Usd | null {
  const amounts = keys.flatMap((key) => toUsd(key['usage']) ?? []);
  return amounts.length === keys.length ? sumUsd(amounts) : null;
}

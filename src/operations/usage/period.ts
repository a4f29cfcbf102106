import { toUsd, type Usd } from '../../lib/usd.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { createdAt } from '../../openrouter/resources/workspaces.ts';

/** The periods of the calendar, in UTC, in which OpenRouter counts what a key spends. */
export const CALENDAR_PERIODS = ['month', 'week', 'day'] as const;

/**
 * Since when to sum up: the creation of the workspace or the key, the beginning of the current period
 * of the calendar, or so many milliseconds ago.
 */
export type Since = 'created' | (typeof CALENDAR_PERIODS)[number] | number;

const DAY_MS = 86_400_000;

/** When the periods of the calendar began that contain the time before `to`, in milliseconds since 1970. */
export function calendarStarts(to: number): Readonly<Record<'month' | 'week' | 'day', number>> {
  // At midnight, the period that ends is the one of the day before.
  const date = new Date(to - 1);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  const day = Date.UTC(year, month, date.getUTCDate());
  const daysSinceMonday = (date.getUTCDay() + 6) % 7;
  return { month: Date.UTC(year, month), week: day - daysSinceMonday * DAY_MS, day };
}

/**
 * When the requested period begins, in milliseconds since 1970: not before the creation, because
 * nothing was spent before. Undefined if it begins with the creation, and that is unknown.
 */
export function startOf(
  since: Since,
  { created, to }: { created: number | undefined; to: number },
): number | undefined {
  // The API takes whole seconds. Its clock for `created_at` can be ahead of that of `Date`.
  const createdSecond =
    created === undefined ? undefined : Math.min(Math.floor(created / 1000) * 1000, to - 1000);
  if (since === 'created') return createdSecond;
  const start = typeof since === 'number' ? to - since : calendarStarts(to)[since];
  return Math.max(start, createdSecond ?? start);
}

/**
 * What a key has spent from `from` to `to` at least, by its own counters, which are always fresh: by the
 * one that covers the most since `from`. Returns undefined if none began later.
 * @param counter `usage` for what OpenRouter charged, `byok_usage` for your own provider keys
 * @param from undefined for the whole life of the workspace
 */
export function spentAtLeast(
  key: Key,
  counter: 'usage' | 'byok_usage',
  { from = Number.NEGATIVE_INFINITY, to }: { from: number | undefined; to: number },
): Usd | undefined {
  const starts = calendarStarts(to);
  const calendar = [
    { began: starts.month, field: `${counter}_monthly` },
    { began: starts.week, field: `${counter}_weekly` },
    { began: starts.day, field: `${counter}_daily` },
  ].toSorted((a, b) => a.began - b.began);
  const life = { began: createdAt(key) ?? Number.NEGATIVE_INFINITY, field: counter };
  const [amount] = [life, ...calendar]
    .filter(({ began }) => began >= from)
    .flatMap(({ field }) => toUsd(key[field]) ?? []);
  return amount;
}

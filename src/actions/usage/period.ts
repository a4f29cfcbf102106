import type { Usd } from '../../lib/usd.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import {
  createdAt,
  formatDay,
  formatMinute,
  formatTime,
  isSameYear,
} from '../../openrouter/time.ts';

/** The periods of the calendar, in UTC, in which OpenRouter counts what a key spends. */
export const CALENDAR_PERIODS = ['month', 'week', 'day'] as const;

/** What the name of their counter ends with. */
const SUFFIXES = { month: '_monthly', week: '_weekly', day: '_daily' } as const;

/**
 * Since when to sum up: the creation of the workspace or the key, the beginning of the current period
 * of the calendar, or so many milliseconds ago.
 */
export type Since = 'created' | (typeof CALENDAR_PERIODS)[number] | number;

/** What an amount needs behind it unless it is that of a whole life: ` since 2026-01-14`. */
export function sinceText({ since, from }: { since: Since; from: number }): string {
  return since === 'created' ? '' : ` since ${formatTime(from).replace('T00:00:00Z', '')}`;
}

/** The same for people: ` since 14 Jan`. */
export function sinceForPeople({
  since,
  from,
  to,
}: {
  since: Since;
  from: number;
  to: number;
}): string {
  if (since === 'created') return '';
  const isMidnight = from % DAY_MS === 0;
  return ` since ${isMidnight ? formatDay(from, { withYear: !isSameYear(from, to) }) : timeNear(to)(from)}`;
}

/** Returns what shows a time to people, with its year if that is not the one of `to`. */
export function timeNear(to: number): (time: number) => string {
  return (time) => formatMinute(time, { withYear: !isSameYear(time, to) });
}

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
  { since, to }: { since: Since; to: number },
  created: number | undefined,
): number | undefined {
  // The API takes whole seconds. Its clock for `created_at` can be ahead of that of `Date`.
  const createdSecond =
    created === undefined ? undefined : Math.min(Math.floor(created / 1000) * 1000, to - 1000);
  if (since === 'created') return createdSecond;
  const start = typeof since === 'number' ? to - since : calendarStarts(to)[since];
  return Math.max(start, createdSecond ?? start);
}

/** What the counters of keys are read for. Times in milliseconds since 1970. */
export interface Period {
  /** Undefined for the whole life of the workspace. */
  from: number | undefined;
  to: number;
  /** When the first of them were read. */
  readAt: number;
  /** How long it took to read them all, in milliseconds; 0 by default. */
  tookMs?: number;
  /** When the workspace was created; undefined if unknown. */
  workspaceCreated: number | undefined;
}

/** What the counters of a key show for a period. */
export interface Counted {
  /** What the key has spent at least; undefined if no counter shows that. */
  amount: Usd | undefined;
  /** Whether `amount` is all that is counted for the period, and not only for its end. */
  isExact: boolean;
  /** Why it may have spent more; undefined if it has not. */
  unread: UnreadCause | undefined;
}

/** Why what a key has spent was not read: a field is not as documented, or a counter may be of another period. */
export type UnreadCause = 'invalid' | 'midnight';

/** How far the clock of the counters may differ from `Date`, in milliseconds: each server has a clock. */
const CLOCK_MS = 5_000;

/**
 * What a key has spent in a period at least, by its own counters: by the one that
 * covers the most of the period, and began within it.
 * @param counter `usage` for what OpenRouter charged, `byok_usage` for your own provider keys
 */
export function spentAtLeast(
  key: Key,
  counter: 'usage' | 'byok_usage',
  { from = Number.NEGATIVE_INFINITY, to, readAt, tookMs = 0, workspaceCreated }: Period,
): Counted {
  const starts = calendarStarts(to);
  const perhapsCounted = [readAt - CLOCK_MS, readAt + tookMs + CLOCK_MS].map(calendarStarts);
  const calendar = CALENDAR_PERIODS.map((period) => ({
    since: starts[period],
    value: key[`${counter}${SUFFIXES[period]}`],
    // One that may be of the period before or after shows nothing of this one.
    isOther: perhapsCounted.some((counted) => counted[period] !== starts[period]),
  })).toSorted((a, b) => a.since - b.since);
  const created = createdAt(key);
  // A key of unknown age is at least not older than its workspace.
  const born = created ?? workspaceCreated ?? Number.NEGATIVE_INFINITY;
  const counters = [
    // Before its creation, the key has spent nothing: its life covers the whole period.
    ...(born >= from ? [{ since: from, value: key[counter], isOther: false }] : []),
    ...calendar.filter(({ since }) => since >= from),
  ].map(({ value, ...one }) => ({ ...one, amount: one.isOther ? undefined : value }));
  const read = counters.find(({ amount }) => amount !== undefined);
  const amount = read?.amount;
  const [widest] = counters;
  const isUnread = created === undefined || widest !== read;
  // A key that has spent no more in its whole life has spent no more in the period.
  const spentInLife = key[counter];
  const isAll = spentInLife !== undefined && spentInLife <= (amount ?? 0n);
  const cause = created !== undefined && widest?.isOther ? 'midnight' : 'invalid';
  const unread = isUnread && !isAll ? cause : undefined;
  return { amount, isExact: !unread && read?.since === from, unread };
}

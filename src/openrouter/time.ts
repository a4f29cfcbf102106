import { unbroken } from '../lib/format.ts';

/** ISO 8601 with a time zone. `Date.parse` also accepts other forms, and reads a time without a zone as local. */
const TIMESTAMP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/** OpenRouter began in 2023. An earlier time, such as the beginning of 1970, stands for none. */
const EARLIEST = Date.UTC(2023, 0);

/**
 * A time in a response, in milliseconds since 1970; undefined unless it has a time zone, and is from 2023
 * or later.
 */
export function readTime(value: unknown): number | undefined {
  const time = Date.parse(typeof value === 'string' && TIMESTAMP.test(value) ? value : '');
  return time >= EARLIEST ? time : undefined;
}

/** When a workspace or a key was created, by its `created_at`, as `readTime` reads it. */
export function createdAt(resource: Readonly<Record<string, unknown>>): number | undefined {
  return readTime(resource['created_at']);
}

/**
 * ISO 8601 in UTC with seconds, the only form that the API accepts: `2026-01-15T09:30:00Z`. A number
 * that is no time becomes words.
 */
export function formatTime(ms: number): string {
  const json: string | null = new Date(ms).toJSON();
  return json?.replace(/\.\d+Z$/, 'Z') ?? 'an unknown time';
}

/** Whether two times are in the same year, in UTC. */
export function isSameYear(one: number, other: number): boolean {
  return yearOf(one) === yearOf(other);
}

/** The year of a time, in UTC. */
export function yearOf(ms: number): number {
  return new Date(ms).getUTCFullYear();
}

/** A time for people, in UTC and to the minute: `28 Nov 08:25 UTC`, or `28 Nov 2026 08:25 UTC`. `ms` must be a time. */
export function formatMinute(ms: number, options: { withYear: boolean }): string {
  const { day, time } = partsOf(ms, options);
  return `${day} ${time} UTC`;
}

/** The same for a table that says UTC elsewhere: `28 Nov 08:25`. Only the time breaks into a line, after a year. */
export function formatDayTime(ms: number, options: { withYear: boolean }): string {
  const { day, time } = partsOf(ms, options);
  return options.withYear ? `${unbroken(day)} ${time}` : unbroken(`${day} ${time}`);
}

/** A day in UTC: `28 Nov`, or `28 Nov 2026`. It does not break into lines. `ms` must be a time. */
export function formatDay(ms: number, options: { withYear: boolean }): string {
  return unbroken(partsOf(ms, options).day);
}

function partsOf(ms: number, { withYear }: { withYear: boolean }) {
  const [, day, month, year, time] = new Date(ms).toUTCString().split(' ');
  return { day: `${Number(day)} ${month}${withYear ? ` ${year}` : ''}`, time: time?.slice(0, 5) };
}

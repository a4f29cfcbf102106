import type { HttpResponse } from './http.ts';

/**
 * `Date.parse` would make a date of `-5` or `foo 5`, too, and read one without a zone as local time.
 * RFC 9110 has those that are sent begin with a day and end with GMT.
 */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .* GMT$/;

/**
 * The milliseconds that `Retry-After` asks to wait. It holds seconds or a date, which is compared
 * with the `Date` of the same response (RFC 9110, section 10.2.3). Undefined where it is neither.
 */
export function retryAfter({ headers }: HttpResponse): number | undefined {
  const value = String(headers['retry-after'] ?? '').trim();
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  if (!HTTP_DATE.test(value)) return undefined;
  const ms = Date.parse(value) - Date.parse(String(headers['date']));
  return Number.isNaN(ms) ? undefined : Math.max(ms, 0);
}

const BASE_MS = 500;
const CAP_MS = 8_000;

/**
 * The milliseconds to wait after attempt `attempt`, counted from 1: exponential backoff with full
 * jitter. `random` is at least 0 and below 1.
 */
export function backoff(attempt: number, random: number): number {
  return random * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1));
}

const ATTEMPT_MS = 30_000;
const SHORTEST_ATTEMPT_MS = 1_000;

/**
 * How long one attempt may take, in milliseconds, when the step has `remaining` left: half of it, so
 * that there is time to reconcile, and 30 s at most. Below a second the step's own timeout ends it.
 */
export function attemptTimeout(remaining: number): number {
  return Math.max(SHORTEST_ATTEMPT_MS, Math.min(ATTEMPT_MS, remaining / 2));
}

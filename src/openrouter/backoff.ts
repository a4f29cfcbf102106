import type { HttpResponse } from './http.ts';
import { parseHttpDate } from './http-date.ts';

/**
 * Parses `Retry-After` (RFC 9110, section 10.2.3), which holds seconds or a date. A date is compared
 * with the `Date` of the same response. Returns milliseconds; undefined if the header is absent or
 * invalid.
 */
export function retryAfter({ headers }: HttpResponse): number | undefined {
  const value = String(headers['retry-after'] ?? '').trim();
  if (/^\d+$/.test(value)) return Number(value) * 1000;
  const [until, now] = [parseHttpDate(value), parseHttpDate(headers['date'])];
  return until === undefined || now === undefined ? undefined : Math.max(until - now, 0);
}

/** The bound of the first wait. It doubles for each further wait, and is `CAP_MS` at most. */
const BASE_MS = 500;
const CAP_MS = 8_000;

/**
 * Computes the wait after attempt number `attempt`, counted from 1, in milliseconds: exponential
 * backoff with full jitter.
 * @param random at least 0 and below 1
 */
export function backoff(attempt: number, random: number): number {
  return random * Math.min(CAP_MS, BASE_MS * 2 ** (attempt - 1));
}

const MAX_ATTEMPT_MS = 30_000;
const MIN_ATTEMPT_MS = 1_000;

/**
 * Computes the timeout of one attempt from the time that remains for the step, both in milliseconds.
 * It is half of the remaining time, so that there is time to reconcile, but 1 s at least and 30 s at
 * most. If less than 1 s remains, the step's own timeout ends the attempt.
 */
export function attemptTimeout(remaining: number): number {
  return Math.max(MIN_ATTEMPT_MS, Math.min(MAX_ATTEMPT_MS, remaining / 2));
}

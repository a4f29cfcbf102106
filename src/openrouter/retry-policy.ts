import type { HttpResponse, Method } from './transport.ts';

/** What a failure leaves open: the whole of the retry policy, but for how long to wait. */
export interface Verdict {
  /** Whether the same call may succeed another time. */
  again: boolean;
  /** Whether the server may have done what was asked nevertheless. */
  mayHaveLanded: boolean;
}

/** Nothing that the server is known to have seen. */
export const NOT_SENT: Verdict = { again: true, mayHaveLanded: false };

/** Sent, and no usable answer came back. */
export const UNKNOWN: Verdict = { again: true, mayHaveLanded: true };

/** Sent, and what came back would come back each time. */
export const UNKNOWN_FOR_GOOD: Verdict = { again: false, mayHaveLanded: true };

const REFUSED: Verdict = { again: false, mayHaveLanded: false };
const REFUSED_FOR_NOW: Verdict = { again: true, mayHaveLanded: false };

/** Statuses of trouble on the way to the server or in it, which pass. 520 to 524 are Cloudflare's. */
const PASSING = new Set([408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524]);

/** Of a client that went away before the answer: a proxy's, which says nothing of the server. */
const CLIENT_CLOSED_REQUEST = 499;

/**
 * What an answer to `method` leaves open that is no success.
 *
 * 409 on PATCH means: try again later. OpenRouter's Python SDK (1.3.84) documents that of guardrails
 * and keys. On POST, 409 can mean that the slug is taken.
 */
export function verdictOn(response: HttpResponse, method: Method): Verdict {
  const { status } = response;
  const asksToWait = status === 503 && retryAfter(response) !== undefined;
  const isConflict = status === 409 && method === 'PATCH';
  if (status === 429 || asksToWait || isConflict) return REFUSED_FOR_NOW;
  if (PASSING.has(status)) return UNKNOWN;
  const refused = status >= 400 && status < 500 && status !== CLIENT_CLOSED_REQUEST;
  return refused ? REFUSED : UNKNOWN_FOR_GOOD;
}

/**
 * `Date.parse` would make a date of `-5` or `foo 5`, too, and read one without a zone as local time.
 * RFC 9110 has those that are sent begin with a day and end with GMT.
 */
const HTTP_DATE = /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*, .* GMT$/;

/**
 * The milliseconds that an answer asks to wait in `Retry-After`, which holds seconds or a date; a
 * date is meant by the server's own clock, which is in `Date` (RFC 9110, section 10.2.3). Undefined
 * where it is neither.
 */
export function retryAfter({ headers }: HttpResponse): number | undefined {
  const asked = String(headers['retry-after'] ?? '').trim();
  if (/^\d+$/.test(asked)) return Number(asked) * 1000;
  if (!HTTP_DATE.test(asked)) return undefined;
  const ms = Date.parse(asked) - Date.parse(String(headers['date']));
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
 * How long an attempt may take from its start to the last byte of the answer when `left`
 * milliseconds are left for the step: half of them, so that there is time to find out what became
 * of it, and 30 s at most. Below a second it is for the step's own limit to end it.
 */
export function attemptTime(left: number): number {
  return Math.max(SHORTEST_ATTEMPT_MS, Math.min(ATTEMPT_MS, left / 2));
}

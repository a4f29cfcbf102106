export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a failed attempt means for the caller. */
export type FailureClass = keyof typeof FAILURE_CLASSES;

interface Policy {
  /** Whether the same request may succeed later. */
  retryable: boolean;
  /** Whether the server may have applied the request. Then a POST is not retried without a lookup. */
  ambiguous: boolean;
  /** Whether all requests of the step wait, not only this one. */
  pausesAll: boolean;
}

/** The retry policy. `docs/reliability.md` has it as a table. */
export const FAILURE_CLASSES = {
  /** The request never left this machine. */
  unsent: { retryable: true, ambiguous: false, pausesAll: false },
  /**
   * The request never left this machine, and a retry would not help: an untrusted certificate, or
   * no time left.
   */
  prevented: { retryable: false, ambiguous: false, pausesAll: false },
  /** The server requires fewer requests. */
  throttled: { retryable: true, ambiguous: false, pausesAll: true },
  /** Another request is changing the same resource. */
  conflict: { retryable: true, ambiguous: false, pausesAll: false },
  /** The server understood the request and rejected it. */
  rejected: { retryable: false, ambiguous: false, pausesAll: false },
  /** The request was sent, but no usable response arrived. */
  ambiguous: { retryable: true, ambiguous: true, pausesAll: false },
  /** The request was sent, no usable response arrived, and a retry would not change that. */
  unexpected: { retryable: false, ambiguous: true, pausesAll: false },
  /** The step's timeout expired, or the run was cancelled, while the request was in flight. */
  aborted: { retryable: false, ambiguous: true, pausesAll: false },
} as const satisfies Record<string, Policy>;

/**
 * The exceptions. By default, a 4xx is `rejected`, and every other failure is `unexpected`. 499
 * comes from a proxy whose client disconnected, so the server may have applied the request. 520 to
 * 524 are Cloudflare's.
 */
const BY_STATUS: Readonly<Record<number, FailureClass>> = {
  408: 'ambiguous',
  425: 'ambiguous',
  429: 'throttled',
  499: 'unexpected',
  500: 'ambiguous',
  502: 'ambiguous',
  503: 'ambiguous',
  504: 'ambiguous',
  520: 'ambiguous',
  521: 'ambiguous',
  522: 'ambiguous',
  523: 'ambiguous',
  524: 'ambiguous',
};

/** The statuses that depend on the method. OpenRouter documents 409 for PATCH only: try again later. */
const BY_METHOD: Readonly<Partial<Record<Method, Readonly<Record<number, FailureClass>>>>> = {
  PATCH: { 409: 'conflict' },
};

/** Classifies a response whose status is not a success. */
export function classifyResponse(method: Method, status: number): FailureClass {
  const isRejection = status >= 400 && status < 500;
  return (
    BY_METHOD[method]?.[status] ?? BY_STATUS[status] ?? (isRejection ? 'rejected' : 'unexpected')
  );
}

/** How long to wait before each repetition of a request that got HTTP 401, in milliseconds. */
const AFTER_401_MS = [1_000, 3_000];

/**
 * Whether a server accepts what authenticates the requests of a step. If it has, HTTP 401 counts only if it stays:
 * valid keys have been rejected for a moment.
 */
export class Acceptance {
  #isAccepted: boolean;

  constructor(wasAccepted: boolean) {
    this.#isAccepted = wasAccepted;
  }

  /** Has to be called when a request has succeeded. */
  confirm(): void {
    this.#isAccepted = true;
  }

  /**
   * The wait before a request is sent again that just got HTTP 401, in milliseconds; undefined if that is final. Then
   * it is final for the next requests, too.
   * @param count how often the request has got it
   */
  waitAfter401(count: number): number | undefined {
    const wait = this.#isAccepted ? AFTER_401_MS[count - 1] : undefined;
    this.#isAccepted = wait !== undefined;
    return wait;
  }
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

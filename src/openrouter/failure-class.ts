import type { Method } from './http.ts';

/** What an attempt that did not succeed means for the caller. */
export type FailureClass = keyof typeof FAILURE_CLASSES;

interface Policy {
  /** Whether the same request may succeed later. */
  retryable: boolean;
  /** Whether OpenRouter may have applied the request. Only an idempotent one is then sent again. */
  ambiguous: boolean;
  /** Whether all requests of the step wait, and not only this one. */
  pausesAll: boolean;
}

/** The whole policy of retries: `docs/reliability.md` has it as a table. */
export const FAILURE_CLASSES = {
  /** The request never left this machine. */
  unsent: { retryable: true, ambiguous: false, pausesAll: false },
  /** The request never left this machine, and never will: a certificate that is not trusted. */
  unsendable: { retryable: false, ambiguous: false, pausesAll: false },
  /** OpenRouter asks for fewer requests. */
  throttled: { retryable: true, ambiguous: false, pausesAll: true },
  /** OpenRouter is changing the same resource: "try again later". */
  conflict: { retryable: true, ambiguous: false, pausesAll: false },
  /** OpenRouter understood the request and declined it. */
  rejected: { retryable: false, ambiguous: false, pausesAll: false },
  /** The request was sent, and no usable response came back. */
  ambiguous: { retryable: true, ambiguous: true, pausesAll: false },
  /** The same, and the response would be the same each time. */
  unexpected: { retryable: false, ambiguous: true, pausesAll: false },
  /** The step ended while the request was in flight: its time was over, or the run was cancelled. */
  aborted: { retryable: false, ambiguous: true, pausesAll: false },
} as const satisfies Record<string, Policy>;

/**
 * Statuses that are not simply `rejected` (4xx) or `unexpected` (all others). 499 comes from a proxy
 * whose client went away, and says nothing about OpenRouter. 520 to 524 are Cloudflare's.
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

/** Statuses that mean something else for one method. OpenRouter documents 409 for PATCH only. */
const BY_METHOD: Readonly<Partial<Record<Method, Readonly<Record<number, FailureClass>>>>> = {
  PATCH: { 409: 'conflict' },
};

/** What a response without success means. `asksToWait`: it has a `Retry-After` that can be read. */
export function classifyResponse(
  method: Method,
  { status, asksToWait }: { status: number; asksToWait: boolean },
): FailureClass {
  if (status === 503 && asksToWait) return 'throttled';
  const isRejection = status >= 400 && status < 500;
  return (
    BY_METHOD[method]?.[status] ?? BY_STATUS[status] ?? (isRejection ? 'rejected' : 'unexpected')
  );
}

import { abortReason, sleep } from '../lib/clock.ts';
import { formatSeconds } from '../lib/format.ts';
import {
  ApiError,
  type ApiErrorDetails,
  type ApiRequest,
  type ApiResponse,
  type AttemptFailure,
  formatAttempt,
  type Outcome,
} from './request.ts';
import { backoff, FAILURE_CLASSES } from './retry-policy.ts';
import { limitOf, prevented, type SendOptions, sendOnce } from './send.ts';

/** The response to the last attempt at a request. */
export interface FinalResponse<Data> extends ApiResponse<Data> {
  /** Whether an earlier attempt may have been applied. */
  mayBeApplied: boolean;
}

/** A client of one server, whose requests share a timeout and a throttle. */
export interface Client {
  /**
   * Sends an idempotent request, and retries it as long as that can help and time is left. Repeats it once
   * after HTTP 404, unless the request trusts that.
   * @throws {ApiError}
   */
  request<Data>(request: ApiRequest<Data>): Promise<FinalResponse<Data>>;
  /** Sends a request once, and returns the outcome. For requests that are not idempotent. */
  send<Data>(request: ApiRequest<Data>): Promise<Outcome<Data>>;
  /**
   * Sends a request once that must not hold up the others: from when there is a grant for it, which they
   * need too, it ends within `ms` milliseconds and a quarter of the time that is left. If the server
   * throttles it, the others do not wait.
   */
  tryOnce<Data>(request: ApiRequest<Data>, ms: number): Promise<Outcome<Data>>;
  /**
   * Logs the failure of attempt number `attempt`, counted from 1, and waits until the next one may be
   * sent. Returns why there must be no further attempt, if the timeout or a cancellation prevents it.
   */
  waitForRetry(failure: AttemptFailure, attempt: number): Promise<string | undefined>;
  /** Waits `ms` milliseconds, but a quarter of the time that is left at most. An abort ends the wait. */
  pause(ms: number): Promise<void>;
  /** Returns a client with the same throttle, whose requests end within `ms` milliseconds. */
  withTimeout(ms: number): Client;
  /**
   * Returns a client like `withTimeout` for one of many items, whose share of the time is `ms` milliseconds.
   * The waits that its server or those of `others` require do not count, because all items wait then.
   */
  withShare(ms: number, others?: readonly Client[]): Client;
  /** The time until its requests have to end, in milliseconds. */
  timeLeft(): number;
  /** How long the waits that the server has required take together, in milliseconds, and what is left of them. */
  pauses(): Pauses;
}

interface Pauses {
  totalMs: number;
  leftMs: number;
}

export interface ClientOptions extends Omit<SendOptions, 'abortAt' | 'shortMs'> {
  /** At least 0 and below 1. */
  random(): number;
}

/** Creates a client that owns authentication, deadlines and retries. */
export function createClient(options: ClientOptions): Client {
  return clientWith(createThrottle(options), options);
}

type Options = ClientOptions & SendOptions;

/** @param endsAt when the requests have to end, if that is before the timeout of the step */
function clientWith(throttle: Throttle, options: Options, endsAt?: () => number): Client {
  const { clock, signal } = options;
  const current = (): Options =>
    endsAt ? { ...options, deadline: endsAt(), abortAt: endsAt() } : options;
  const endingAt = (end: () => number) =>
    clientWith(throttle, options, () => Math.min(current().deadline, end()));
  const timeLeft = () => current().deadline - clock.now();
  const client: Client = {
    request: (request) => requestUntilDone(request, client),
    send: (request) => throttle.limit(() => sendThrottled(request, throttle, current)),
    tryOnce: (request, ms) => sendOnce(request, { ...current(), shortMs: ms }),
    waitForRetry: (failure, attempt) => waitForRetry(failure, attempt, { throttle, ...current() }),
    async pause(ms) {
      await sleep(clock, Math.min(ms, timeLeft() / 4), signal);
    },
    withTimeout(ms) {
      const end = clock.now() + ms;
      return endingAt(() => end);
    },
    withShare(ms, others = []) {
      const sum = (of: (pauses: Pauses) => number) =>
        [client, ...others].reduce((total, { pauses }) => total + of(pauses()), 0);
      const end = clock.now() + ms - sum(({ totalMs, leftMs }) => totalMs - leftMs);
      return endingAt(() => end + sum(({ totalMs }) => totalMs));
    },
    timeLeft,
    pauses: throttle.pauses,
  };
  return client;
}

async function requestUntilDone<Data>(
  request: ApiRequest<Data>,
  client: Client,
): Promise<FinalResponse<Data>> {
  const failures: AttemptFailure[] = [];
  let trusts404 = request.trusts404 ?? false;
  for (;;) {
    const outcome = await client.send(request);
    if (outcome.kind !== 'succeeded') failures.push(outcome.failure);
    if (!trusts404 && statusOf(outcome) === 404) {
      trusts404 = true;
      await client.pause(CONFIRM_404_AFTER_MS);
      continue;
    }
    const mayBeApplied = failures.some(({ kind }) => FAILURE_CLASSES[kind].ambiguous);
    if (outcome.kind === 'succeeded') return { ...outcome.response, mayBeApplied };
    const { failure } = outcome;
    const retries = request.retries403 && failure.status === 403;
    const retryable = retries || FAILURE_CLASSES[failure.kind].retryable;
    const stopReason = retryable ? await client.waitForRetry(failure, failures.length) : undefined;
    if (!retryable || stopReason !== undefined) {
      throw toApiError(failures, { ambiguous: mayBeApplied, stopReason });
    }
  }
}

/**
 * How long to wait before an HTTP 404 is confirmed, in milliseconds: a read can lag behind a write, and a
 * single 404 can be wrong.
 */
const CONFIRM_404_AFTER_MS = 1_000;

function statusOf(outcome: Outcome<unknown>): number | undefined {
  return outcome.kind === 'succeeded' ? outcome.response.status : outcome.failure.status;
}

async function sendThrottled<Data>(
  request: ApiRequest<Data>,
  throttle: Throttle,
  current: () => Options,
): Promise<Outcome<Data>> {
  const stopReason = await throttle.waitUntilResumed(current);
  if (stopReason !== undefined) return prevented(request, stopReason, current());
  const outcome = await sendOnce(request, current());
  // Pause here, before the limit lets another request start.
  if (outcome.kind !== 'succeeded' && FAILURE_CLASSES[outcome.kind].pausesAll) {
    throttle.pause(outcome.failure.retryAfterMs ?? 0);
  }
  return outcome;
}

async function waitForRetry(
  failure: AttemptFailure,
  attempt: number,
  { throttle, clock, random, deadline, abortAt, signal, log }: Options & { throttle: Throttle },
): Promise<string | undefined> {
  if (signal.aborted) return abortReason(signal);
  const wait = Math.max(failure.retryAfterMs ?? 0, backoff(attempt, random()));
  const seconds = formatSeconds(wait);
  if (clock.now() + wait >= deadline) {
    return `the next attempt, in ${seconds}, would start after ${limitOf(abortAt)}`;
  }
  log.info(`${formatAttempt(failure)}. Retrying in ${seconds}.`);
  if (FAILURE_CLASSES[failure.kind].pausesAll) throttle.pause(wait);
  return sleep(clock, wait, signal);
}

/** Creates the error for a request that is given up. `failures` are all of its attempts. */
export function toApiError(
  failures: readonly AttemptFailure[],
  conclusion: Pick<ApiErrorDetails, 'ambiguous' | 'stopReason' | 'lookupFailure'>,
): ApiError {
  return new ApiError({
    ...(failures.at(-1) as AttemptFailure),
    attempts: failures.length,
    wasThrottled: failures.some(({ kind }) => kind === 'throttled'),
    ...conclusion,
  });
}

/** The maximum number of requests in flight. */
export const MAX_CONCURRENCY = 8;

/** Limits and pauses all requests of a step. */
export interface Throttle {
  /** Runs `send` when fewer than `MAX_CONCURRENCY` others are running. */
  limit<Result>(send: () => Promise<Result>): Promise<Result>;
  /** Delays all requests by `ms`, because a server that throttles one request throttles them all. */
  pause(ms: number): void;
  /**
   * Waits until the pause ends. Returns why no request may be sent, if the pause ends after
   * the deadline or the signal aborts.
   */
  waitUntilResumed(
    current: () => Pick<SendOptions, 'deadline' | 'abortAt'>,
  ): Promise<string | undefined>;
  pauses(): Pauses;
}

/** Returns a function that calls each function it gets, in turn, when fewer than `max` others are running. */
export function limitTo(max: number): Throttle['limit'] {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (send) => {
    if (running < max) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await send();
    } finally {
      // The first that waits takes this place, before any that comes now.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/** Creates a throttle. Its waits end early if `signal` aborts. */
export function createThrottle({
  server,
  clock,
  signal,
}: Pick<SendOptions, 'server' | 'clock' | 'signal'>): Throttle {
  let pausedUntil = clock.now();
  let totalMs = 0;
  return {
    limit: limitTo(MAX_CONCURRENCY),
    pauses: () => ({ totalMs, leftMs: Math.max(0, pausedUntil - clock.now()) }),

    pause(ms) {
      const [from, until] = [Math.max(pausedUntil, clock.now()), clock.now() + ms];
      if (until <= from) return;
      totalMs += until - from;
      pausedUntil = until;
    },

    async waitUntilResumed(current) {
      while (clock.now() < pausedUntil) {
        const wait = pausedUntil - clock.now();
        const { deadline, abortAt } = current();
        if (pausedUntil >= deadline) {
          return `${server.name} requires a wait of ${formatSeconds(wait)}, which exceeds ${limitOf(abortAt)}`;
        }
        const stopReason = await sleep(clock, wait, signal);
        if (stopReason !== undefined) return stopReason;
      }
      return undefined;
    },
  };
}

import { isCancelled } from '../lib/cancellation.ts';
import { abortReason, type Clock, createStopwatch, sleep } from '../lib/clock.ts';
import { formatSeconds } from '../lib/format.ts';
import {
  type ApiRequest,
  type ApiResponse,
  type AttemptFailure,
  formatOperation,
  type Outcome,
  type Stop,
  toApiError,
} from './request.ts';
import { Acceptance, backoff, FAILURE_CLASSES } from './retry-policy.ts';
import { prevented, type SendOptions, sendOnce, timeLimitName } from './send.ts';

/** The response to the last attempt at a request. */
export interface FinalResponse<Data> extends ApiResponse<Data> {
  /** Whether an earlier attempt may have been applied. */
  mayBeApplied: boolean;
}

export interface ClientOptions extends Omit<SendOptions, 'isShare' | 'deadline'> {
  /** When the timeout of the step expires, by `clock`. */
  deadline(): number;
  /** At least 0 and below 1. */
  random(): number;
  /** Whether the server has accepted the same credentials before, in another process. */
  wasAccepted?: boolean;
}

interface SharedOptions extends ClientOptions {
  acceptance: Acceptance;
}

/** Creates a client that owns authentication, deadlines and retries. */
export function createClient(options: ClientOptions): Client {
  const acceptance = new Acceptance(options.wasAccepted ?? false);
  return new Client({ ...options, acceptance }, new Throttle(options.clock));
}

/** A client of one server, whose requests share a timeout and a throttle. */
class Client {
  readonly #options: SharedOptions;
  readonly #throttle: Throttle;
  /** When its requests have to end, if that is before the timeout of the step. */
  readonly #endsAt: (() => number) | undefined;

  constructor(options: SharedOptions, throttle: Throttle, endsAt?: () => number) {
    this.#options = options;
    this.#throttle = throttle;
    this.#endsAt = endsAt;
  }

  /**
   * Sends an idempotent request, and retries it as long as that can help and time is left. Repeats it once
   * after HTTP 404, unless the request trusts that.
   * @throws {ApiError}
   */
  request<Data>(request: ApiRequest<Data>): Promise<FinalResponse<Data>> {
    return this.#throttle.during(() => this.#requestUntilDone(request));
  }

  async #requestUntilDone<Data>(request: ApiRequest<Data>): Promise<FinalResponse<Data>> {
    const failures: AttemptFailure[] = [];
    let trusts404 = request.trusts404 ?? false;
    for (;;) {
      const outcome = await this.send(request);
      if (outcome.kind !== 'succeeded') failures.push(outcome.failure);
      if (!trusts404 && statusOf(outcome) === 404) {
        trusts404 = true;
        await this.pause(CONFIRM_404_AFTER_MS);
        continue;
      }
      const mayBeApplied = failures.some(({ kind }) => FAILURE_CLASSES[kind].ambiguous);
      if (outcome.kind === 'succeeded') return { ...outcome.response, mayBeApplied };
      const retried = this.#toRetry(failures);
      const stop = retried && (await this.waitForRetry(retried, failures.length));
      if (!retried || stop) throw toApiError(failures, { ambiguous: mayBeApplied, ...stop });
    }
  }

  /** The last of `failures`, with how long a retry has to wait at least; undefined if none can help. */
  #toRetry(failures: readonly AttemptFailure[]): AttemptFailure | undefined {
    const failure = failures.at(-1) as AttemptFailure;
    const { status, kind } = failure;
    if (status === 401) {
      const count = failures.filter((other) => other.status === 401).length;
      const retryAfterMs = this.#options.acceptance.waitAfter401(count);
      return retryAfterMs === undefined ? undefined : { ...failure, retryAfterMs };
    }
    return FAILURE_CLASSES[kind].retryable ? failure : undefined;
  }

  /** Sends a request once, and returns the outcome. For requests that are not idempotent. */
  send<Data>(request: ApiRequest<Data>): Promise<Outcome<Data>> {
    const throttle = this.#throttle;
    const sendInTurn = async () => {
      const stopReason = await this.#waitUntilResumed();
      if (stopReason !== undefined) return prevented(request, stopReason, this.#options);
      const outcome = await sendOnce(request, this.#limited());
      if (outcome.kind === 'succeeded') this.#options.acceptance.confirm();
      // Pause here, before the limit lets another request start.
      if (outcome.kind !== 'succeeded' && FAILURE_CLASSES[outcome.kind].pausesAll) {
        throttle.pause(outcome.failure.retryAfterMs ?? 0, outcome.failure);
      }
      return outcome;
    };
    return throttle.during(() => throttle.limit(sendInTurn));
  }

  /**
   * Logs the failure of attempt number `attempt`, counted from 1, and waits until the next one may be
   * sent. Returns what there must be no further attempt after, if the timeout or a cancellation prevents it.
   */
  async waitForRetry(failure: AttemptFailure, attempt: number): Promise<Stop | undefined> {
    const stopReason = await this.#sleepBeforeRetry(failure, attempt);
    if (stopReason === undefined) return undefined;
    return { stopReason, isCancelled: isCancelled(this.#options.signal) };
  }

  /** Returns what there must be no further attempt after, if so. */
  async #sleepBeforeRetry(failure: AttemptFailure, attempt: number): Promise<string | undefined> {
    const { clock, random, deadline, isShare, signal, log } = this.#limited();
    if (signal.aborted) return abortReason(signal);
    const wait = Math.max(failure.retryAfterMs ?? 0, backoff(attempt, random()));
    if (clock.now() + wait >= deadline) return isShare ? 'its time was over' : 'the timeout';
    log.request(`${formatOperation(failure)}. Retrying in ${formatSeconds(wait)}.`);
    if (FAILURE_CLASSES[failure.kind].pausesAll) this.#throttle.pause(wait, failure);
    return this.#throttle.during(() => sleep(clock, wait, signal));
  }

  /** Waits `ms` milliseconds, but a quarter of the time that is left at most. An abort ends the wait. */
  async pause(ms: number): Promise<void> {
    const { clock, signal } = this.#options;
    await sleep(clock, Math.min(ms, this.timeLeft() / 4), signal);
  }

  /** Returns a client with the same throttle, whose requests end within `ms` milliseconds. */
  withTimeout(ms: number): Client {
    const end = this.#options.clock.now() + ms;
    return this.#endingAt(() => end);
  }

  /**
   * Returns a client like `withTimeout` for one of many items, whose share of the time is `ms` milliseconds.
   * The waits that its server or those of `others` require do not count, because all items wait then.
   */
  withShare(ms: number, others: readonly Client[] = []): Client {
    const sum = (of: (pauses: ReturnType<Throttle['pauses']>) => number) =>
      [this, ...others].reduce((total, client) => total + of(client.#throttle.pauses()), 0);
    const end = this.#options.clock.now() + ms - sum(({ totalMs, leftMs }) => totalMs - leftMs);
    // A rest of the step moves its deadline.
    const { deadline } = this.#options;
    const before = deadline();
    return this.#endingAt(() => end + sum(({ totalMs }) => totalMs) + (deadline() - before));
  }

  /**
   * Returns a client with a throttle of its own, for requests that must not hold up the others. Together, they
   * have `ms` milliseconds, which pass while one of them is under way, and which count for `withShare` like
   * waits. The others wait only if the server allows no more requests at all.
   */
  withOwnThrottle(ms: number): Client {
    const { clock } = this.#options;
    const throttle = new OwnThrottle(clock, this.#throttle);
    const msLeft = () => Math.min(this.timeLeft(), ms - throttle.pauses().totalMs);
    return new Client(this.#options, throttle, () => clock.now() + msLeft());
  }

  /** The time until its requests have to end, in milliseconds. */
  timeLeft(): number {
    return this.#limited().deadline - this.#options.clock.now();
  }

  /**
   * Waits until the throttle's pause ends. Returns why no request may be sent, if it ends after the
   * deadline or the signal aborts.
   */
  async #waitUntilResumed(): Promise<string | undefined> {
    const { server, clock, signal } = this.#options;
    for (;;) {
      const { pausedUntil } = this.#throttle;
      const wait = pausedUntil - clock.now();
      if (wait <= 0) return undefined;
      const { deadline, isShare } = this.#limited();
      if (pausedUntil >= deadline) {
        return `${server.name} requires a wait of ${formatSeconds(wait)}, which exceeds ${timeLimitName(isShare)}`;
      }
      const stopReason = await sleep(clock, wait, signal);
      if (stopReason !== undefined) return stopReason;
    }
  }

  #limited(): Omit<ClientOptions, 'deadline'> & SendOptions {
    const deadline = this.#endsAt?.() ?? this.#options.deadline();
    return { ...this.#options, deadline, isShare: this.#endsAt !== undefined };
  }

  #endingAt(end: () => number): Client {
    const endsAt = () => Math.min(this.#limited().deadline, end());
    return new Client(this.#options, this.#throttle, endsAt);
  }
}

export type { Client };

/**
 * How long to wait before an HTTP 404 is confirmed, in milliseconds: a read can lag behind a write, and a
 * single 404 can be wrong.
 */
const CONFIRM_404_AFTER_MS = 1_000;

function statusOf(outcome: Outcome<unknown>): number | undefined {
  return outcome.kind === 'succeeded' ? outcome.response.status : outcome.failure.status;
}

/** The maximum number of requests in flight. */
export const MAX_CONCURRENCY = 8;

/** Returns a function that calls each function it gets, in turn, when fewer than `max` others are running. */
export function limitTo(max: number): <Result>(call: () => Promise<Result>) => Promise<Result> {
  let running = 0;
  const waiting: (() => void)[] = [];
  return async (call) => {
    if (running < max) running += 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await call();
    } finally {
      // The first that waits takes this place, before any that comes now.
      const next = waiting.shift();
      if (next) next();
      else running -= 1;
    }
  };
}

/**
 * Calls `handle` with each of `items`, a few at once. If one of these calls rejects, it makes no more, and
 * rejects with that error once those under way have settled.
 */
export async function forEachOf<Item>(
  items: readonly Item[],
  handle: (item: Item) => Promise<void>,
): Promise<void> {
  const queue = each(items);
  const handleNext = async () => {
    for (const item of queue) await handle(item);
  };
  const loops = Array.from({ length: MAX_CONCURRENCY }, handleNext);
  try {
    await Promise.all(loops);
  } finally {
    await Promise.allSettled(loops);
  }
}

/** A loop that throws closes a generator, and with it all other loops over the generator. */
function* each<Item>(items: readonly Item[]): Generator<Item, void> {
  yield* items;
}

/** Limits and pauses all requests of a step to one server, which throttles them all if it throttles one. */
class Throttle {
  /** Calls a function when fewer than `MAX_CONCURRENCY` others are running. */
  readonly limit = limitTo(MAX_CONCURRENCY);
  readonly #clock: Clock;
  #until: number;
  #totalMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#until = clock.now();
  }

  get pausedUntil(): number {
    return this.#until;
  }

  /** Delays all requests by `ms`, from now, because of `failure`. */
  pause(ms: number, _failure: Pick<AttemptFailure, 'limitsAll'>): void {
    const now = this.#clock.now();
    const [from, until] = [Math.max(this.#until, now), now + ms];
    if (until <= from) return;
    this.#totalMs += until - from;
    this.#until = until;
  }

  /** Does what sends a request, with its waits. */
  during<Result>(work: () => Promise<Result>): Promise<Result> {
    return work();
  }

  /** How long all pauses take together, in milliseconds, and what is left of them. */
  pauses(): { totalMs: number; leftMs: number } {
    return {
      totalMs: this.#totalMs,
      leftMs: Math.max(0, this.#until - this.#clock.now()),
    };
  }
}

/** The throttle of `Client.withOwnThrottle`. As its pauses counts how long its requests take. */
class OwnThrottle extends Throttle {
  readonly #main: Throttle;
  readonly #watch: ReturnType<typeof createStopwatch>;

  constructor(clock: Clock, main: Throttle) {
    super(clock);
    this.#main = main;
    this.#watch = createStopwatch(clock);
  }

  override get pausedUntil(): number {
    return Math.max(super.pausedUntil, this.#main.pausedUntil);
  }

  override pause(ms: number, failure: Pick<AttemptFailure, 'limitsAll'>): void {
    super.pause(ms, failure);
    if (failure.limitsAll) this.#main.pause(ms, failure);
  }

  override during<Result>(work: () => Promise<Result>): Promise<Result> {
    return this.#watch.during(work);
  }

  override pauses() {
    return { totalMs: this.#watch.elapsed(), leftMs: 0 };
  }
}

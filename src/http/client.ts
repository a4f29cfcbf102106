import { isCancelled } from '../lib/cancellation.ts';
import { abortReason, sleep } from '../lib/clock.ts';
import { formatSeconds } from '../lib/format.ts';
import {
  type ApiRequest,
  type ApiResponse,
  type AttemptFailure,
  formatOperation,
  isRead,
  type Outcome,
  type Stop,
  toApiError,
} from './request.ts';
import { Acceptance, backoff, FAILURE_CLASSES } from './retry-policy.ts';
import { prevented, type SendOptions, sendOnce } from './send.ts';

/** The response to the last attempt at a request. */
export interface FinalResponse<Data> extends ApiResponse<Data> {
  /** Whether an earlier attempt may have been applied. */
  mayBeApplied: boolean;
}

export interface ClientOptions extends Omit<SendOptions, 'deadline' | 'isBeforeTimeout'> {
  /** When the timeout of the step expires, by `clock`. */
  deadline(): number;
  /** At least 0 and below 1. */
  random(): number;
  /** Whether the server has accepted the same credentials before, in another process. */
  wasAccepted?: boolean;
}

/** What the clients of one server have in common. */
interface SharedOptions extends ClientOptions {
  acceptance: Acceptance;
  throttle: Throttle;
}

/** Limits and delays all requests of a step to one server, which throttles them all if it throttles one. */
interface Throttle {
  /** Calls a function when fewer than `MAX_CONCURRENCY` others are running. */
  limit: ReturnType<typeof limitTo>;
  /** Until when no request may start, by the clock of the step. */
  pausedUntil: number;
  /** Whether the server did not say how long that pause is, and how many such pauses there were since it accepted one. */
  isGuess: boolean;
  guesses: number;
  /** When the next request may start that changes something. */
  nextWriteAt: number;
}

/** Which waits a client makes that a server requires: none, those of which it says how long, or any. */
export type Patience = 'none' | 'specified' | 'any';

/** What tells the clients of one server apart. */
interface Limits {
  /** How long before the timeout of the step its requests have to end, in milliseconds. A rest moves both. */
  reserve: number;
  patience: Patience;
}

/** Creates a client that owns authentication, deadlines and retries. */
export function createClient(options: ClientOptions): Client {
  return new Client({
    ...options,
    acceptance: new Acceptance(options.wasAccepted ?? false),
    throttle: {
      limit: limitTo(MAX_CONCURRENCY),
      pausedUntil: Number.NEGATIVE_INFINITY,
      isGuess: false,
      guesses: 0,
      nextWriteAt: Number.NEGATIVE_INFINITY,
    },
  });
}

/** A client of one server. */
class Client {
  readonly #options: SharedOptions;
  readonly #limits: Limits;

  constructor(options: SharedOptions, limits: Limits = { reserve: 0, patience: 'specified' }) {
    this.#options = options;
    this.#limits = limits;
  }

  /**
   * Sends an idempotent request, and retries it as long as that can help and time is left. Repeats it once
   * after HTTP 404, unless the request trusts that.
   * @throws {ApiError}
   */
  async request<Data>(request: ApiRequest<Data>): Promise<FinalResponse<Data>> {
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
  async send<Data>(request: ApiRequest<Data>): Promise<Outcome<Data>> {
    const { acceptance, throttle } = this.#options;
    if (!isRead(request)) await this.#waitForWrite();
    return throttle.limit(async () => {
      const stopReason = await this.#waitUntilResumed();
      if (stopReason !== undefined) return prevented(request, stopReason, this.#options);
      const outcome = await sendOnce(request, this.#limited());
      if (outcome.kind === 'succeeded') {
        acceptance.confirm();
        throttle.guesses = 0;
        return outcome;
      }
      const failure = this.#withWait(outcome.failure);
      // Pause here, before the limit lets another request start.
      if (!request.isOptional) this.#pauseAfter(failure, failure.retryAfterMs ?? 0);
      return { ...outcome, failure };
    });
  }

  /** Keeps the time between two writes that the server asks for. */
  async #waitForWrite(): Promise<void> {
    const { server, throttle, clock, signal } = this.#options;
    const now = clock.now();
    const at = Math.max(now, throttle.nextWriteAt);
    throttle.nextWriteAt = at + (server.writeIntervalMs ?? 0);
    if (at > now) await sleep(clock, at - now, signal);
  }

  /** A failure whose wait the server has not specified: as long as the pause, if there is one, or twice the one before. */
  #withWait(failure: AttemptFailure): AttemptFailure {
    const { throttle, clock } = this.#options;
    if (!failure.isGuess || failure.retryAfterMs === undefined) return failure;
    const rest = throttle.pausedUntil - clock.now();
    if (rest > 0) return { ...failure, retryAfterMs: rest };
    throttle.guesses += 1;
    return { ...failure, retryAfterMs: failure.retryAfterMs * 2 ** (throttle.guesses - 1) };
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
    const { clock, random, deadline, isBeforeTimeout, signal, log } = this.#limited();
    if (signal.aborted) return abortReason(signal);
    const wait = Math.max(failure.retryAfterMs ?? 0, backoff(attempt, random()));
    if (failure.kind === 'throttled' && !this.#waitsFor(failure)) return 'the step does not wait';
    if (clock.now() + wait >= deadline) {
      return isBeforeTimeout ? 'its time was over' : 'the timeout';
    }
    log.request(`${formatOperation(failure)}. Retrying in ${formatSeconds(wait)}.`);
    this.#pauseAfter(failure, wait);
    return sleep(clock, wait, signal);
  }

  /** Waits `ms` milliseconds, but a quarter of the time that is left at most. An abort ends the wait. */
  async pause(ms: number): Promise<void> {
    const { clock, signal } = this.#options;
    await sleep(clock, Math.min(ms, this.timeLeft() / 4), signal);
  }

  /** Returns a client whose requests all end within `ms` milliseconds, and before the timeout of the step. */
  within(ms: number): Client {
    const { deadline, clock } = this.#options;
    const reserve = Math.max(this.#limits.reserve, deadline() - clock.now() - ms);
    return new Client(this.#options, { ...this.#limits, reserve });
  }

  /** Returns a client that makes other waits if the server throttles. By default, it makes those that are `specified`. */
  withPatience(patience: Patience): Client {
    return new Client(this.#options, { ...this.#limits, patience });
  }

  #waitsFor({ isGuess = false }: { isGuess?: boolean | undefined }): boolean {
    const { patience } = this.#limits;
    return patience === 'any' || (patience === 'specified' && !isGuess);
  }

  /** Waits until the server allows requests, unless that is after the deadline: then not at all. */
  async untilResumed(): Promise<void> {
    await this.#waitUntilResumed();
  }

  /** Whether the server requires a wait now, so that it accepts no request. */
  isPaused(): boolean {
    const { clock, throttle } = this.#options;
    return throttle.pausedUntil > clock.now();
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
    const { server, clock, signal, throttle } = this.#options;
    for (;;) {
      const { pausedUntil } = throttle;
      const wait = pausedUntil - clock.now();
      if (wait <= 0) return undefined;
      const { deadline, isBeforeTimeout } = this.#limited();
      const required = `${server.name} requires a wait of ${formatSeconds(wait)}`;
      if (!this.#waitsFor(throttle)) return `${required}, for which the step does not wait`;
      if (pausedUntil >= deadline) {
        return `${required}, which exceeds ${isBeforeTimeout ? 'the time that it has' : 'the timeout'}`;
      }
      const stopReason = await sleep(clock, wait, signal);
      if (stopReason !== undefined) return stopReason;
    }
  }

  /** Delays all requests by `ms`, from now, if the failure holds for them all. */
  #pauseAfter({ kind, isGuess = false }: AttemptFailure, ms: number): void {
    const { throttle, clock } = this.#options;
    if (!FAILURE_CLASSES[kind].pausesAll || clock.now() + ms <= throttle.pausedUntil) return;
    throttle.pausedUntil = clock.now() + ms;
    throttle.isGuess = isGuess;
  }

  #limited() {
    const timeout = this.#options.deadline();
    const isBeforeTimeout = this.#limits.reserve > 0;
    return { ...this.#options, deadline: timeout - this.#limits.reserve, isBeforeTimeout };
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
 * Returns clients for one of many items: each has half of the time that is left once all servers allow requests. So a
 * slow item leaves time for the others, and a wait that a server requires costs none its time.
 */
export async function forOneOfMany<Clients extends Readonly<Record<string, Client>>>(
  clients: Clients,
): Promise<Clients> {
  for (const client of Object.values(clients)) await client.untilResumed();
  const halves = Object.entries(clients).map(([name, client]) => [
    name,
    client.within(client.timeLeft() / 2),
  ]);
  return Object.fromEntries(halves) as Clients;
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

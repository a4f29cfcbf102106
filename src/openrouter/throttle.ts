import pLimit from 'p-limit';
import { type Clock, sleep } from '../lib/clock.ts';
import { formatSeconds } from '../lib/format.ts';

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
   * `deadline` or the signal aborts.
   */
  waitUntilResumed(deadline: number): Promise<string | undefined>;
}

/** Creates a throttle. Its waits end early if `signal` aborts. */
export function createThrottle({ clock, signal }: { clock: Clock; signal: AbortSignal }): Throttle {
  let pausedUntil = clock.now();
  return {
    limit: pLimit(MAX_CONCURRENCY),

    pause(ms) {
      pausedUntil = Math.max(pausedUntil, clock.now() + ms);
    },

    async waitUntilResumed(deadline) {
      while (clock.now() < pausedUntil) {
        const wait = pausedUntil - clock.now();
        if (pausedUntil >= deadline) {
          return `OpenRouter requires a wait of ${formatSeconds(wait)}, which exceeds the timeout`;
        }
        const stopReason = await sleep(clock, wait, signal);
        if (stopReason !== undefined) return stopReason;
      }
      return undefined;
    },
  };
}

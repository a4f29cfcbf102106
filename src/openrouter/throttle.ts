import pLimit from 'p-limit';
import { type Clock, sleep } from '../lib/clock.ts';
import { formatSeconds } from '../lib/format.ts';

/** How many requests are in flight at most; further ones wait. */
export const MAX_CONCURRENCY = 8;

/** What all requests of a step pass through. */
export interface Throttle {
  /** Runs `send` when fewer than `MAX_CONCURRENCY` others are running. */
  limit<Result>(send: () => Promise<Result>): Promise<Result>;
  /** Holds all requests back for `ms`: a server that throttles one request means all. */
  pause(ms: number): void;
  /** Waits until requests may be sent; returns why not, if that is not before `deadline`. */
  waitUntilResumed(deadline: number): Promise<string | undefined>;
}

/** A throttle that is not paused; a wait for it ends early when `signal` aborts. */
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
          return `OpenRouter asks to wait ${formatSeconds(wait)}, which is longer than the timeout allows`;
        }
        const stopReason = await sleep(clock, wait, signal);
        if (stopReason !== undefined) return stopReason;
      }
      return undefined;
    },
  };
}

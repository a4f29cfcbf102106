import pLimit, { type LimitFunction } from 'p-limit';
import { type Clock, sleep, tellSeconds } from '../lib/clock.ts';

/** How many requests are under way at most; what is asked for beyond them waits. */
export const AT_ONCE = 8;

/** What all requests of a step pass through. */
export interface Gate {
  /** Runs an exchange when it is its turn. */
  inTurn: LimitFunction;
  /** Keeps the gate closed for `ms`: when the server asks one request to wait, it means all. */
  close(ms: number): void;
  /** Waits until the gate is open; returns why not, if it does not open before `deadline`. */
  open(deadline: number): Promise<string | undefined>;
}

/** A gate that is open; a wait at it ends early when `signal` aborts. */
export function openGate({ clock, signal }: { clock: Clock; signal: AbortSignal }): Gate {
  let closedUntil = clock.now();
  return {
    inTurn: pLimit(AT_ONCE),

    close(ms) {
      closedUntil = Math.max(closedUntil, clock.now() + ms);
    },

    async open(deadline) {
      while (clock.now() < closedUntil) {
        const wait = closedUntil - clock.now();
        if (closedUntil >= deadline) {
          return `OpenRouter asks to wait ${tellSeconds(wait)}, which would be past the timeout`;
        }
        try {
          await sleep(clock, wait, signal);
        } catch (stopped) {
          return (stopped as Error).message;
        }
      }
      return undefined;
    },
  };
}

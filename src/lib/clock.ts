import { types } from 'node:util';
/** A clock in milliseconds. It is passed in, so that tests can run in virtual time. */
export interface Clock {
  /** The time since an arbitrary start. Unlike the time of day, it never jumps. */
  now(): number;
  /** Calls `callback` after `ms`, at once if that is negative. Returns a function that cancels the call. */
  after(ms: number, callback: () => void): () => void;
}

/** The monotonic clock of this machine. */
export const systemClock: Clock = {
  // Not `performance.now()`: Node needs a millisecond to load it.
  now: () => Number(process.hrtime.bigint()) / 1e6,
  after: (ms, callback) => {
    // Node prints a warning for a negative time.
    const timer = setTimeout(callback, Math.max(ms, 0));
    return () => clearTimeout(timer);
  },
};

/**
 * Waits `ms` milliseconds, then resolves with undefined. If `signal` aborts, resolves early with the
 * message of the abort reason.
 */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(abortReason(signal));
      return;
    }
    const onAbort = () => {
      cancel();
      resolve(abortReason(signal));
    };
    const cancel = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(undefined);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** The message of the reason why `signal` aborted. */
export function abortReason({ reason }: AbortSignal): string {
  return types.isNativeError(reason) ? reason.message : String(reason);
}

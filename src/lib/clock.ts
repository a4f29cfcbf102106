/** Time, passed in so that tests need not wait for it. All figures are milliseconds. */
export interface Clock {
  /** Time since an arbitrary start; unlike the time of day it never jumps. */
  now(): number;
  /** Calls `act` once `ms` have passed, unless the function that is returned is called first. */
  after(ms: number, act: () => void): () => void;
}

/** The clock of this machine, which nothing sets back. */
export const systemClock: Clock = {
  // `performance` would do as well, and takes Node a millisecond to load.
  now: () => Number(process.hrtime.bigint()) / 1e6,
  after: (ms, act) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
};

/**
 * Waits `ms` milliseconds. Resolves early when `signal` aborts, with the message of its reason;
 * otherwise with undefined.
 */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve(abortReason(signal));
      return;
    }
    const onAbort = () => {
      release();
      resolve(abortReason(signal));
    };
    const release = clock.after(ms, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(undefined);
    });
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** Why `signal` has aborted. */
export function abortReason({ reason }: AbortSignal): string {
  return reason instanceof Error ? reason.message : String(reason);
}

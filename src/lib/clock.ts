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
 * Resolves after `ms`.
 * @throws the reason of `signal`, as soon as it aborts.
 */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const wake = () => {
      release();
      reject(signal.reason);
    };
    const release = clock.after(ms, () => {
      signal.removeEventListener('abort', wake);
      resolve();
    });
    signal.addEventListener('abort', wake, { once: true });
  });
}

/** `1.5 s` */
export function tellSeconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

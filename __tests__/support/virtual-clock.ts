import type { Clock } from '../../src/lib/clock.ts';

/** A clock whose time jumps to the next timer as soon as nothing else can happen. */
export interface VirtualClock extends Clock {
  /** Lets time pass until `promise` settles. */
  run<Value>(promise: Promise<Value>): Promise<Value>;
  pending(): number;
}

/**
 * A clock that starts at 0 ms. `run` rejects if no timer is left and `promise` has not settled, since
 * it would wait forever.
 */
export function virtualClock(): VirtualClock {
  let time = 0;
  const timers = new Set<{ at: number; act: () => void }>();

  const passToNext = () => {
    const [next] = [...timers].sort((a, b) => a.at - b.at);
    if (!next) throw new Error('No timer is left: this would wait forever');
    timers.delete(next);
    time = next.at;
    next.act();
  };
  return {
    now: () => time,
    after(ms, act) {
      const timer = { at: time + ms, act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    async run(promise) {
      let settled = false;
      const settle = () => {
        settled = true;
      };
      promise.then(settle, settle);
      for (;;) {
        await new Promise(setImmediate);
        if (settled) return promise;
        passToNext();
      }
    },
    pending: () => timers.size,
  };
}

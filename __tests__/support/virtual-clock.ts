import type { Clock } from '../../src/lib/clock.ts';

/** A clock whose time passes only while nothing else can happen, and then at once. */
export interface VirtualClock extends Clock {
  /** Lets time pass until `promise` is settled. */
  run<Value>(promise: Promise<Value>): Promise<Value>;
  /** How many calls are still to come. */
  pending(): number;
}

/**
 * A clock at 0 ms. Its `run` rejects where `promise` waits for what no call of `after` will bring,
 * which would otherwise hang.
 */
export function virtualClock(): VirtualClock {
  let time = 0;
  const timers = new Set<{ at: number; act: () => void }>();

  const passToNext = () => {
    const [next] = [...timers].sort((a, b) => a.at - b.at);
    if (!next) throw new Error('this would wait for ever');
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

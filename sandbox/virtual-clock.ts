import type { Clock } from '../src/lib/clock.ts';

/** A clock on which time passes only from timer to timer. */
export interface VirtualClock extends Clock {
  /**
   * Lets time pass to the next timer, unless it is more than `maxMs` milliseconds away. Returns whether a
   * timer has fired.
   */
  passToNext(maxMs?: number): boolean;
  /**
   * Lets time pass, as soon as nothing else can happen, until `promise` settles. Rejects if no timer is left
   * before that, since it would wait forever.
   */
  run<Value>(promise: Promise<Value>): Promise<Value>;
  pending(): number;
}

/** A clock that starts at 0 ms. */
export function virtualClock(): VirtualClock {
  let time = 0;
  const timers = new Set<{ at: number; act: () => void }>();

  const passToNext = (maxMs = Number.POSITIVE_INFINITY) => {
    const [next] = [...timers].sort((a, b) => a.at - b.at);
    if (!next || next.at - time > maxMs) return false;
    timers.delete(next);
    time = next.at;
    next.act();
    return true;
  };
  return {
    now: () => time,
    after(ms, act) {
      const timer = { at: time + Math.max(ms, 0), act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    passToNext,
    async run(promise) {
      let settled = false;
      const settle = () => {
        settled = true;
      };
      promise.then(settle, settle);
      for (;;) {
        await new Promise(setImmediate);
        if (settled) return promise;
        if (!passToNext()) throw new Error('No timer is left: this would wait forever');
      }
    },
    pending: () => timers.size,
  };
}

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { virtualClock } from '../../sandbox/virtual-clock.ts';
import { Timeout } from '../../src/runtime/timeout.ts';

/** A timeout in virtual time that has started. */
function open(ms: number) {
  const clock = virtualClock();
  const abort = new AbortController();
  const timeout = new Timeout(clock, abort);
  timeout.start(ms);
  let abortedAt: number | undefined;
  abort.signal.addEventListener('abort', () => {
    abortedAt = clock.now();
  });
  return {
    clock,
    abort,
    timeout,
    abortedAt: () => abortedAt,
    wait: (duration: number) => new Promise<void>((done) => void clock.after(duration, done)),
    passAll: () => {
      while (clock.passToNext());
    },
  };
}

test('a timeout that has expired aborts the step, and says so', () => {
  const { timeout, passAll, abortedAt, abort } = open(60_000);
  expect(timeout.deadline()).toBe(60_000);
  passAll();
  expect(abortedAt()).toBe(60_000);
  expect(abort.signal.reason).toEqual(new Error('the timeout of 60 s has expired'));
});

test('a timeout that was stopped aborts nothing', () => {
  const { timeout, passAll, abortedAt } = open(60_000);
  timeout.stop();
  passAll();
  expect(abortedAt()).toBeUndefined();
});

test('a timeout stands still while the step rests', async () => {
  const { clock, timeout, wait, passAll, abortedAt } = open(60_000);
  await clock.run(wait(50_000));
  await clock.run(timeout.rest(180_000));
  expect([clock.now(), timeout.deadline(), abortedAt()]).toEqual([230_000, 240_000, undefined]);
  passAll();
  expect(abortedAt()).toBe(240_000);
});

test('a timeout stands still as long as anything of the step rests, and no longer', async () => {
  const rests = fc.array(
    fc.record({
      start: fc.integer({ min: 1, max: 300 }),
      duration: fc.integer({ min: 1, max: 300 }),
    }),
    { maxLength: 4 },
  );
  await fc.assert(
    fc.asyncProperty(rests, async (planned) => {
      const { timeout, wait, passAll, abortedAt, clock } = open(700);
      const all = planned.map(({ start, duration }) =>
        wait(start).then(() => timeout.rest(duration)),
      );
      await clock.run(Promise.all([wait(0), ...all]));
      const isResting = (at: number) =>
        planned.some(({ start, duration }) => at >= start && at < start + duration);
      const rested = Array.from({ length: 700 }, (_, at) => at).filter(isResting).length;
      expect(timeout.deadline()).toBe(700 + rested);
      passAll();
      expect(abortedAt()).toBe(700 + rested);
    }),
  );
});

test('what has a deadline while something else of the step rests has as much time left as before', async () => {
  const { clock, timeout, wait } = open(60_000);
  const rest = timeout.rest(180_000);
  await clock.run(wait(100_000));
  expect(timeout.deadline() - clock.now()).toBe(60_000);
  await clock.run(rest);
  expect(timeout.deadline() - clock.now()).toBe(60_000);
});

test('an abort ends a rest at once, and leaves no timer of it', async () => {
  const { clock, abort, timeout, wait } = open(60_000);
  const rest = timeout.rest(180_000);
  await clock.run(wait(1_000));
  abort.abort(new Error('cancelled'));
  await clock.run(rest);
  expect(clock.now()).toBe(1_000);
  timeout.stop();
  expect(clock.pending()).toBe(0);
});

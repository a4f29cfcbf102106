import { describe, expect, test } from '@jest/globals';
import { startAttempt } from '../../src/http/send.ts';
import { virtualClock } from '../support/virtual-clock.ts';

const CANCELLED = new Error('the run was cancelled');

/** Starts attempts of 5 s in a step, which `abort` aborts. */
function openStep() {
  const step = new AbortController();
  const clock = virtualClock();
  const start = () => startAttempt(5_000, { clock, signal: step.signal });
  return { clock, start, abort: () => step.abort(CANCELLED) };
}

describe('an attempt', () => {
  test('is aborted from the start after the step', () => {
    const { start, abort } = openStep();
    abort();
    expect(start().signal.reason).toBe(CANCELLED);
  });

  test('is not aborted once it has ended, unlike one that is still in flight', () => {
    const { clock, start, abort } = openStep();
    const [ended, inFlight] = [start(), start()];
    ended.end();
    expect(clock.pending()).toBe(1);
    abort();
    expect([ended.signal.aborted, inFlight.signal.aborted]).toEqual([false, true]);
  });
});

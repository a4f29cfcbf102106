import { describe, expect, test } from '@jest/globals';
import { virtualClock } from '../../sandbox/virtual-clock.ts';
import type { RequestFacts } from '../../src/http/request.ts';
import type { Method } from '../../src/http/retry-policy.ts';
import { POST_GRACE_MS, startAttempt } from '../../src/http/send.ts';
import { Cancellation } from '../../src/lib/cancellation.ts';

const CANCELLED = new Cancellation('SIGINT');
const EXPIRED = new Error('the timeout has expired');

type Request = Pick<RequestFacts, 'method' | 'readOnly'>;

const POST: Request = { method: 'POST' };
const OTHERS: Request[] = [
  ...(['GET', 'PUT', 'PATCH', 'DELETE'] satisfies Method[]).map((method) => ({ method })),
  { method: 'POST', readOnly: true },
];

/** Starts attempts of `ms` in a step with a timeout of a minute, which `abort` aborts. */
function openStep() {
  const step = new AbortController();
  const clock = virtualClock();
  const options = { clock, signal: step.signal, deadline: 60_000 };
  return {
    clock,
    start(request = POST, { ms = 30_000, isSent = true } = {}) {
      const attempt = startAttempt(ms, request, options);
      if (isSent) attempt.onSent();
      return attempt;
    },
    abort: (reason: Error) => step.abort(reason),
    passTo: (ms: number) =>
      clock.run(new Promise<void>((resolve) => clock.after(ms - clock.now(), resolve))),
    /** Lets time pass until `signal` aborts. Returns when that was. */
    async abortOf(signal: AbortSignal) {
      if (signal.aborted) return clock.now();
      await clock.run(new Promise((resolve) => signal.addEventListener('abort', resolve)));
      return clock.now();
    },
  };
}

describe('an attempt', () => {
  test.each([CANCELLED, EXPIRED])('is aborted from the start after the step: %s', (reason) => {
    const { start, abort } = openStep();
    abort(reason);
    expect(start().signal.reason).toBe(reason);
  });

  test('is not aborted once it has ended, unlike one that is still in flight', () => {
    const { clock, start, abort } = openStep();
    const [ended, inFlight] = [start(), start()];
    ended.end();
    expect(clock.pending()).toBe(1);
    abort(EXPIRED);
    expect([ended.signal.aborted, inFlight.signal.aborted]).toEqual([false, true]);
  });
});

describe('after a cancellation', () => {
  test('a POST that creates something goes on for 6 s', async () => {
    const { start, abort, passTo, abortOf } = openStep();
    const { signal } = start();
    await passTo(1_000);
    abort(CANCELLED);
    expect(await abortOf(signal)).toBe(7_000);
    expect(signal.reason).toBe(CANCELLED);
  });

  test.each(OTHERS)('%j ends at once', (request) => {
    const { start, abort } = openStep();
    const { signal } = start(request);
    abort(CANCELLED);
    expect(signal.reason).toBe(CANCELLED);
  });

  test('a second one neither shortens nor prolongs what is left to a POST', async () => {
    const { start, abort, passTo, abortOf } = openStep();
    const { signal } = start();
    abort(CANCELLED);
    await passTo(POST_GRACE_MS - 1);
    abort(new Cancellation('SIGTERM'));
    expect(signal.aborted).toBe(false);
    expect(await abortOf(signal)).toBe(POST_GRACE_MS);
  });

  test('a POST does not outlast the timeout of the step', async () => {
    const { start, abort, passTo, abortOf } = openStep();
    await passTo(58_000);
    const { signal } = start();
    abort(CANCELLED);
    expect(await abortOf(signal)).toBe(60_000);
  });

  test('a POST goes on for 6 s, even if less was left of its own timeout', async () => {
    const { start, abort, abortOf } = openStep();
    const { signal } = start(POST, { ms: 2_000 });
    abort(CANCELLED);
    expect(await abortOf(signal)).toBe(POST_GRACE_MS);
  });

  test('a POST that was not sent yet ends at once', () => {
    const { start, abort } = openStep();
    const { signal } = start(POST, { isSent: false });
    abort(CANCELLED);
    expect(signal.reason).toBe(CANCELLED);
  });

  test('a POST that got its response leaves no timer', () => {
    const { clock, start, abort } = openStep();
    const attempt = start();
    abort(CANCELLED);
    attempt.end();
    expect(clock.pending()).toBe(0);
  });
});

test('after anything but a cancellation, a POST ends at once', () => {
  const { start, abort } = openStep();
  const { signal } = start();
  abort(EXPIRED);
  expect(signal.reason).toBe(EXPIRED);
});

import { describe, expect, test } from '@jest/globals';
import * as z from 'zod/mini';
import { ATTEMPT_MS, openRouter } from '../../src/openrouter/client.ts';
import type { Clock } from '../../src/openrouter/clock.ts';
import { OpenRouterError } from '../../src/openrouter/error.ts';
import { ExchangeError, type Transport } from '../../src/openrouter/transport.ts';

/** A clock whose time passes when the test says so. */
function handClock(): Clock & { pass(ms: number): void; pending(): number } {
  let time = 0;
  const timers = new Set<{ at: number; act: () => void }>();
  return {
    now: () => time,
    after(ms, act) {
      const timer = { at: time + ms, act };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    pending: () => timers.size,
    pass(ms) {
      time += ms;
      for (const timer of [...timers].filter(({ at }) => at <= time)) {
        timers.delete(timer);
        timer.act();
      }
    },
  };
}

const silent: Transport = (_, signal) =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(new ExchangeError(signal.reason.message, true)));
  });

function clientOf(transport: Transport, clock: Clock, signal = new AbortController().signal) {
  const debugged: string[] = [];
  const client = openRouter({
    apiUrl: 'https://openrouter.ai/api/v1',
    managementKey: 'sk-or-v1-of-a-test',
    transport,
    clock,
    signal,
    debug: (line) => debugged.push(line),
  });
  const request = () =>
    client.request({
      doing: 'look',
      method: 'GET',
      path: '/workspaces',
      answer: z.object({ data: z.string() }),
    });
  return { request, debugged };
}

describe('one attempt', () => {
  test('ends when its time is over, though the step has more', async () => {
    const clock = handClock();
    const { request } = clientOf(silent, clock);
    const outcome = request().catch((error: unknown) => error);
    clock.pass(ATTEMPT_MS - 1);
    clock.pass(1);
    const error = (await outcome) as OpenRouterError;
    expect(error).toBeInstanceOf(OpenRouterError);
    expect(error.facts.reason).toBe('there was no whole answer within 30 s');
    expect(error.facts.mayHaveLanded).toBe(true);
  });

  test('ends when the step does, for its reason', async () => {
    const step = new AbortController();
    const { request } = clientOf(silent, handClock(), step.signal);
    const outcome = request().catch((error: unknown) => error);
    step.abort(new Error('the run was cancelled (SIGINT)'));
    expect(((await outcome) as OpenRouterError).facts.reason).toBe(
      'the run was cancelled (SIGINT)',
    );
  });

  test('takes its deadline back once it has an answer', async () => {
    const clock = handClock();
    const { request, debugged } = clientOf(
      async () => ({ status: 200, headers: {}, body: '{"data":"x"}' }),
      clock,
    );
    expect(await request()).toEqual({ data: 'x' });
    expect(clock.pending()).toBe(0);
    expect(debugged).toEqual(['GET https://openrouter.ai/api/v1/workspaces: 200, after 0 ms']);
  });
});

import { afterEach, beforeEach, expect } from '@jest/globals';
import type { OpenRouter } from '../../sandbox/openrouter/openrouter.ts';
import { API_URL, type Simulation } from './simulation.ts';

/** A sandbox, or a simulation. */
interface Target {
  account: OpenRouter;
}

/** What another job does between two requests of a step. */
interface Interleaving {
  call: string;
  /** How many more exchanges of the call until it happens. */
  remaining: number;
  act(): void;
}

const interleavings = new Map<OpenRouter, Interleaving[]>();
let areChecked = false;

/**
 * Has each test of the file fail whose `onNth` never happened: it has tested nothing. A harness calls this, a test in
 * virtual time has to.
 */
export function checkInterleavings(): void {
  areChecked = true;
  beforeEach(() => interleavings.clear());
  afterEach(() => {
    const missed = [...interleavings.values()].flat().map(({ call }) => call);
    expect(missed).toEqual([]);
  });
}

/**
 * Calls `action` right after the `nth` exchange of `call` from now on, before the step that sent the
 * request sees its response. `call` is named as the account names it: `POST /keys`.
 * @throws {Error} if no one has called `checkInterleavings`
 */
export function onNth({ account }: Target, call: string, nth: number, action: () => void): void {
  if (!areChecked) throw new Error('Call checkInterleavings at the top of the test file');
  const others = interleavings.get(account) ?? [];
  interleavings.set(account, [...others, { call, remaining: nth, act: action }]);
}

/** Has to be called after each exchange with `target`: as the `onExchange` of a sandbox. */
export function afterExchange(
  { account }: Target,
  { method, path }: { method: string; path: string },
): void {
  const call = account.callOf(method, path);
  const all = interleavings.get(account) ?? [];
  const counted = all.map((one) =>
    one.call === call ? { ...one, remaining: one.remaining - 1 } : one,
  );
  interleavings.set(
    account,
    counted.filter(({ remaining }) => remaining > 0),
  );
  for (const { remaining, act } of counted) if (remaining === 0) act();
}

/** Does `act` when request number `n` of `call` is sent, counted from 1, and before it arrives. */
export function beforeNth(
  simulation: Simulation,
  call: string,
  n: number,
  act: (signal: AbortSignal) => unknown,
): void {
  const { account, network, proxy } = simulation;
  simulation.proxy = (direct) => {
    const next = proxy(direct);
    return async (request, signal) => {
      const isCall = account.callOf(request.method, request.url.slice(API_URL.length)) === call;
      const earlier = network.calls.filter((other) => other === call).length;
      if (isCall && earlier === n - 1) await act(signal);
      return next(request, signal);
    };
  };
}

import { afterEach, beforeEach, expect } from '@jest/globals';
import type { OpenRouter } from '../../sandbox/openrouter/openrouter.ts';

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

beforeEach(() => interleavings.clear());

// A test whose interleaving never happened has tested nothing.
afterEach(() => {
  const missed = [...interleavings.values()].flat().map(({ call }) => call);
  expect(missed).toEqual([]);
});

/**
 * Calls `action` right after the `nth` exchange of `call` from now on, before the step that sent the
 * request sees its response. `call` is named as the account names it: `POST /keys`.
 */
export function onNth({ account }: Target, call: string, nth: number, action: () => void): void {
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

import type { Harness } from './harness.ts';

/**
 * Calls `action` once the sandbox has responded to `call`, such as `POST /keys`, for the `n`th time
 * from now on in the current test, counted from 1: what a concurrent job does at that moment.
 */
export function onNth(harness: Harness, call: string, n: number, action: () => void): void {
  let count = 0;
  harness.onExchange(({ method, path }) => {
    if (harness.sandbox.account.callOf(method, path) !== call) return;
    count += 1;
    if (count === n) action();
  });
}

import { beforeEach } from '@jest/globals';
import { type HarnessOptions, openHarness } from './harness.ts';

/** A harness whose sandbox is emptied before each test, and the calls that it has received since. */
export function openEmptiedHarness(options?: HarnessOptions) {
  const harness = openHarness(options);
  beforeEach(() => {
    const { account, requests, faults } = harness.sandbox;
    account.workspaces.length = 1;
    const { keys, spends, budgets, guardrails, memberships, replicaLags } = account;
    const ofAccount = [keys, spends, budgets, guardrails, memberships, replicaLags];
    const lists = [...ofAccount, requests, faults];
    for (const list of lists) list.length = 0;
  });
  const calls = () =>
    harness.sandbox.requests.map(({ method, path }) =>
      harness.sandbox.account.callOf(method, path),
    );
  return { harness, calls };
}

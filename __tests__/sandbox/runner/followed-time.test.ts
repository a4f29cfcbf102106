import { expect, test } from '@jest/globals';
import type { Workspace } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { openHarness } from '../../support/harness.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';
import { inVirtualTime } from '../../support/step-time.ts';

const START = Date.UTC(2026, 0, 14, 12);
const { harness, gitHub } = openPreviewHarness({
  followsSteps: true,
  now: () => new Date(START),
});
const other = openHarness({ now: () => new Date(START) });

/** Creates a workspace with a step that first has to wait for `seconds`. Returns how late it was created. */
async function createAfter(seconds: number, env?: Record<string, string>): Promise<number> {
  const { faults, account } = harness.sandbox;
  faults.push({
    on: 'POST /workspaces',
    kind: 'response',
    status: 429,
    headers: { 'retry-after': String(seconds) },
  });
  const before = account.now().getTime();
  const step = await harness.create({}, env);
  expect(step.exitCode).toBe(0);
  const { created_at } = account.workspaces.at(-1) as Workspace;
  return Date.parse(created_at) - before;
}

test('a sandbox follows the time of steps in their own processes and in this one, one after another', async () => {
  const { account, letPass } = harness.sandbox;
  expect(account.now().getTime()).toBe(START);
  expect(await createAfter(7, inVirtualTime())).toBe(7_000);
  expect(await createAfter(40, inVirtualTime())).toBe(40_000);
  expect(await createAfter(60)).toBe(60_000);
  letPass(1_000);
  expect(await createAfter(1, inVirtualTime())).toBe(1_000);
  expect(account.now().getTime()).toBe(START + 109_000);
  expect(account.headers()).toEqual({ date: new Date(START + 109_000).toUTCString() });
  expect(gitHub.server.github.now().getTime()).toBe(START + 109_000);
  expect(other.sandbox.account.now().getTime()).toBe(START);
});

import { expect, test } from '@jest/globals';
import { expectFailure, openHarness } from '../support/harness.ts';
import { inVirtualTime, passTime } from '../support/step-time.ts';

const harness = openHarness();

test('a response that never ends fails the step at its timeout, and the workspace may exist', async () => {
  harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'trickle' });
  const step = await harness.startCreate({ timeout: '1s' }, inVirtualTime());
  await harness.sandbox.received(1);
  passTime(step);
  const { message } = expectFailure(await step.result);
  expect(message).toContain('the timeout of 1 s has expired');
  expect(message).toContain('Set if-exists: reuse, and start a new run: ');
});

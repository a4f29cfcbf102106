import { expect, test } from '@jest/globals';
import { expectFailure, openHarness, preloaded } from '../support/harness.ts';

const harness = openHarness();

test('an exception outside of every call fails the step with what may have been created', async () => {
  harness.sandbox.faults.push({ kind: 'silence', applied: true });
  const throwing = preloaded(
    "process.on('SIGUSR2', () => { throw new Error('out of the blue'); });",
  );
  const before = harness.sandbox.requests.length;
  const step = await harness.startCreate({ slug: 'left', timeout: '24h' }, throwing);
  await harness.sandbox.received(before + 1);
  step.kill('SIGUSR2');
  const { title, message } = expectFailure(await step.result);
  expect(title).toBe('Could not create the workspace left');
  expect(message).toMatch(/^POST \/workspaces: internal error: Error: out of the blue +at /);
  expect(message).toContain('Running this again with if-exists: reuse finds the workspace');
});

test('a log that no one reads any more does not fail the step', async () => {
  const { account } = harness.sandbox;
  const { handle } = account;
  // A guardrail is set after the first line that cannot be written.
  const step = await harness.startCreate({ slug: 'unread', 'enforce-zdr': 'true' });
  account.handle = (request) => {
    step.closeLog();
    return handle(request);
  };
  const { exitCode, outputs, summary, log } = await step.result;
  account.handle = handle;
  expect(exitCode).toBe(0);
  const created = account.workspaces.find(({ slug }) => slug === 'unread');
  expect(outputs).toMatchObject({ id: created?.id, created: 'true', outcome: 'created' });
  expect(summary).toContain('✅ Created the OpenRouter workspace Preview');
  expect(account.guardrails.map(({ workspace_id }) => workspace_id)).toEqual([created?.id]);
  expect(log).toMatch(/^Requested: the workspace .*$/);
});

import { expect, test } from '@jest/globals';
import { expectFailure, openHarness, preloaded } from '../support/harness.ts';

const harness = openHarness();

test('what the action throws outside of all calls ends it red, with what may have been left behind', async () => {
  harness.sandbox.faults.push({ kind: 'silence', applied: true });
  const throwing = preloaded(
    "process.on('SIGUSR2', () => { throw new Error('out of the blue'); });",
  );
  const before = harness.sandbox.requests.length;
  const step = await harness.startCreate({ slug: 'left-behind', timeout: '24h' }, throwing);
  await harness.sandbox.received(before + 1);
  step.kill('SIGUSR2');
  const { title, message } = expectFailure(await step.result);
  expect(title).toBe('Could not create the workspace left-behind');
  expect(message).toMatch(
    /^POST \/workspaces: the action itself failed: Error: out of the blue +at /,
  );
  expect(message).toContain('look for a workspace with the slug left-behind.');
});

test('a log that nobody reads any more does not end a step', async () => {
  const { account } = harness.sandbox;
  const { handle } = account;
  // With more to do after the first line that cannot be written.
  const step = await harness.startCreate({ slug: 'unread', 'enforce-zdr': 'true' });
  account.handle = (request) => {
    step.closeLog();
    return handle(request);
  };
  const { exitCode, outputs, summary, log } = await step.result;
  account.handle = handle;
  expect(exitCode).toBe(0);
  const made = account.workspaces.find(({ slug }) => slug === 'unread');
  expect(outputs).toMatchObject({ id: made?.id, created: 'true', outcome: 'created' });
  expect(summary).toContain('✅ Created the OpenRouter workspace Preview');
  expect(account.guardrails.map(({ workspace_id }) => workspace_id)).toEqual([made?.id]);
  expect(log).toMatch(/^Asked for the workspace .*$/);
});

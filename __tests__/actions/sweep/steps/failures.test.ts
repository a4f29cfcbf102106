import { expect, test } from '@jest/globals';
import { expectFailure } from '../../../support/harness.ts';
import { DAY, openSweepHarness, slugsIn } from '../../../support/sweep-harness.ts';

const { harness, seed, seedSome, runSweep, slugs, calls } = openSweepHarness();

test('a workspace that cannot be deleted does not stop the others, and fails the step', async () => {
  seedSome();
  seed('preview-oldest', 30 * DAY);
  const step = await runSweep();
  const { title, message } = expectFailure(step, expect.anything());
  expect(title).toBe('Could not delete 1 OpenRouter workspace');
  expect(message).toContain(
    'preview-old: it has 1 API key, and delete-keys is false. Still able to spend: 1 API key',
  );
  expect(message).toContain('Then run this again, or wait for the next sweep.');
  // In the log where it happens, and at the end.
  expect(step.log.split('delete-keys is false')).toHaveLength(3);
  expect(slugsIn(step.outputs['deleted'])).toEqual(['preview-older', 'preview-oldest']);
  expect(slugsIn(step.outputs['failed'])).toEqual(['preview-old']);
  expect(step.outputs['count']).toBe('2');
  expect(step.summary).toContain(
    '</tr>\n<tr><td><code>preview-old</code></td><td>it has 1 API key, and delete-keys is false. Still able to spend: 1 API key',
  );
  expect(step.summary.split('preview-old<')).toHaveLength(2);
  expect(step.summary).not.toContain('preview-old:');
  expect(step.summary).toContain(
    '<details><summary>Deleted: 2</summary>\n<table>\n<tr><th>Workspace</th><th>Age</th></tr>\n<tr><td><code>preview-older</code></td><td>10\u00a0d</td></tr>',
  );
  expect(slugs()).toContain('preview-old');
});

test('the output failed has reasons that are as safe to show as a line of the log', async () => {
  seed('preview-1', 30 * DAY);
  const key = `sk-or-v1-${'0'.repeat(64)}`;
  const message = `no: ${key},\u001b[31m red\u001b[0m \u202ereversed\r\n::error::${harness.sandbox.managementKey}`;
  const body = JSON.stringify({ error: { message } });
  harness.sandbox.faults.push({
    on: 'DELETE /workspaces/:id',
    kind: 'response',
    status: 403,
    body,
  });
  const { outputs } = await runSweep();
  const [{ reason }] = JSON.parse(outputs['failed'] ?? '');
  expect(reason).toBe(
    'OpenRouter: HTTP 403: no: ***, red  reversed ::error::***. None of its API keys works.',
  );
});

test('a sweep fails and deletes nothing if more workspaces are stale than max-deletions allows', async () => {
  seedSome();
  const step = await runSweep({ 'delete-keys': 'true', 'max-deletions': '1' });
  const { kept, ...outputs } = step.outputs;
  const { title, message } = expectFailure(step, step.outputs);
  expect(outputs).toEqual({ deleted: '[]', 'would-delete': '[]', failed: '[]', count: '0' });
  expect(slugsIn(kept)).toEqual(['preview-old', 'preview-older', 'preview-young']);
  expect(kept?.match(/"reason":"more workspaces are stale than max-deletions/g)).toHaveLength(2);
  expect(title).toBe(
    '2 OpenRouter workspaces are stale, more than max-deletions allows (1): none was deleted',
  );
  expect(message).toContain(
    'Check slug-pattern, older-than and keep. If all of them are to be deleted, set max-deletions to 2 and start a new run.',
  );
  expect(message).toContain('Their API keys may still work, each up to its own limit.');
  expect(slugs()).toHaveLength(6);
  expect(calls()).toEqual(['GET /workspaces']);
  expect(step.annotations).toHaveLength(1);
});

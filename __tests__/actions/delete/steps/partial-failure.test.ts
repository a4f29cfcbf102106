import { expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../../../sandbox/http/faults.ts';
import { DELETE_KEY, openDeleteHarness, outputsOfDeleted, SLUG } from '../../../support/delete.ts';
import { expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';

const { harness, seed, runDelete, exists, keys } = openDeleteHarness();

const REJECTED: ScheduledFault = {
  on: DELETE_KEY,
  kind: 'response',
  status: 403,
  body: '{"error":{"message":"Not yours"}}',
};

test('a step that cannot delete two API keys reports what is left, and another run finishes', async () => {
  const workspace = seed({ keys: 12 });
  harness.sandbox.faults.push(REJECTED, REJECTED);
  const step = await runDelete({ 'delete-keys': 'true' });
  const outputs = { ...outputsOfDeleted(workspace, 10), deleted: 'false' };
  const { title, message } = expectFailure(step, outputs);
  expect(title).toBe('Could not delete 2 API keys of the workspace preview-42');
  expect(message.match(/HTTP 403 Forbidden: Not yours/g)).toHaveLength(2);
  expect(message).toContain('API keys deleted before that: 10.');
  expect(message).toContain(
    `Not deleted, or unknown: the workspace preview-42, id ${workspace.id}`,
  );
  expect(message).toContain('Deleting the workspace again finishes the work.');
  expect(message).not.toContain('Nothing was changed');
  expect([exists(), keys().length]).toEqual([true, 2]);

  const again = await runDelete({ 'delete-keys': 'true' });
  expect(again.outputs).toEqual(outputsOfDeleted(workspace, 2));
});

test('another run finishes the work of a delete step that SIGTERM ended half-way', async () => {
  const workspace = seed({ keys: 20 });
  const halfway = Promise.withResolvers<void>();
  onNth(harness.sandbox, DELETE_KEY, 10, halfway.resolve);
  const running = await harness.start('delete', { workspace: SLUG, 'delete-keys': 'true' });
  await halfway.promise;
  harness.sandbox.faults.push(...Array<ScheduledFault>(40).fill({ kind: 'silence' }));
  running.kill('SIGTERM');
  const { message } = expectFailure(await running.result, expect.anything());
  expect(message).toContain('the run was cancelled (SIGTERM)');
  expect(message).toContain('Deleting the workspace again finishes the work.');
  harness.sandbox.faults.length = 0;
  const left = keys().length;
  expect(left).toBeGreaterThan(0);
  const again = await runDelete({ 'delete-keys': 'true' });
  expect(again.outputs).toEqual(outputsOfDeleted(workspace, left));
});

import { expect, test } from '@jest/globals';
import { seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import {
  DELETE_KEY,
  DELETE_WORKSPACE,
  FIND_WORKSPACE,
  identityOf,
  LIST_KEYS,
  NOTHING_DELETED,
  openDeleteHarness,
  outputsOfDeleted,
} from '../../../support/delete-harness.ts';
import { annotations, declaredOutputs } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';

const { harness, seed, runDelete, exists, keys, calls } = openDeleteHarness();

test('a workspace without API keys is deleted, no other workspace is, and the deletion is verified', async () => {
  const workspace = seed();
  const other = seedWorkspace(harness.sandbox, { slug: 'preview-43', keys: 1 });
  const step = await runDelete();
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toEqual(outputsOfDeleted(workspace));
  expect(Object.keys(step.outputs).sort()).toEqual((await declaredOutputs('delete')).sort());
  expect(calls()).toEqual([FIND_WORKSPACE, LIST_KEYS, DELETE_WORKSPACE, FIND_WORKSPACE]);
  expect(exists()).toBe(false);
  expect(exists(other.slug)).toBe(true);
  expect(keys()).toHaveLength(1);
  expect(step.summary).toContain(
    '<h3>✅ Deleted the OpenRouter workspace &quot;preview-42&quot;</h3>',
  );
  expect(annotations(step)).toEqual([]);
  expect(annotations(step, 'warning')).toEqual([]);
});

test('deleting a missing workspace succeeds', async () => {
  const step = await runDelete();
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toEqual(NOTHING_DELETED);
  expect(step.log).toContain('No workspace has that id or slug: nothing to delete.');
  expect(step.summary).toContain(
    '✅ Nothing to delete: the OpenRouter workspace &quot;preview-42&quot; does not exist',
  );
});

test('deleting a workspace that a concurrent job deletes first succeeds, and says so', async () => {
  const workspace = seed({ keys: 1 });
  onNth(harness.sandbox, DELETE_KEY, 1, () => {
    harness.sandbox.account.workspaces.length = 1;
  });
  const step = await runDelete({ 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(step.log).toMatch(
    /^Another job had deleted the workspace\. This step deleted 1 API key, spending not yet counted\.$/m,
  );
  expect(step.outputs).toMatchObject({ ...identityOf(workspace), deleted: 'false' });
  expect(step.summary).toContain('✅ Already deleted by another job: the OpenRouter workspace');
});

test('a dry run deletes nothing, and reports what would be deleted', async () => {
  const workspace = seed({ keys: 2 });
  const step = await runDelete({ 'dry-run': 'true', 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toEqual({
    ...identityOf(workspace),
    ...NOTHING_DELETED,
    'keys-cost-usd': '',
  });
  expect(step.summary).toContain(
    '🔎 Dry run: would delete the OpenRouter workspace &quot;preview-42&quot;',
  );
  expect(step.summary).toContain(
    '<summary>API keys that would be deleted with it: 2, spending not yet counted</summary>\n<p>OpenRouter can count what is spent up to an hour late.</p>',
  );
  expect(step.summary).toContain('<code>Key 2</code>');
  expect(step.log).toContain('Dry run: the workspace and 2 API keys would be deleted.');
  expect(calls()).toEqual([FIND_WORKSPACE, LIST_KEYS]);
  expect([exists(), keys().length]).toEqual([true, 2]);
});

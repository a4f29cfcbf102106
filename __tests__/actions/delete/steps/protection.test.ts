import { expect, test } from '@jest/globals';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey } from '../../../../sandbox/openrouter/seed.ts';
import {
  DELETE_WORKSPACE,
  FIND_WORKSPACE,
  identityOf,
  NOTHING_DELETED,
  openDeleteHarness,
  SLUG,
} from '../../../support/delete-harness.ts';
import { expectFailure } from '../../../support/harness.ts';
import { inVirtualTime } from '../../../support/step-time.ts';

const { harness, seed, runDelete, exists, keys, calls } = openDeleteHarness();

test('the default workspace is not deleted', async () => {
  const [workspace] = harness.sandbox.account.workspaces as [Workspace];
  seedKey(harness.sandbox, workspace);
  const step = await runDelete({ workspace: 'default', 'delete-keys': 'true' });
  const { title, lines } = expectFailure(step, identityOf(workspace));
  expect(title).toBe('The default workspace is never deleted');
  expect(lines[0]).toBe(
    `The workspace "default", id ${workspace.id}, is the default workspace of the account. Deleting it would permanently disable the account's keys.`,
  );
  expect(exists('default')).toBe(true);
  expect(keys()).toHaveLength(1);
  expect(calls()).toEqual([FIND_WORKSPACE]);
});

test('a workspace is not deleted unless its slug begins with expect-slug-prefix', async () => {
  const workspace = seed({ slug: 'production' });
  const step = await runDelete({ workspace: workspace.id, 'expect-slug-prefix': 'preview-' });
  const { title, message } = expectFailure(step, identityOf(workspace));
  expect(title).toBe('The slug "production" does not begin with "preview-"');
  expect(message).toContain(
    `expect-slug-prefix is "preview-", but the workspace is "${workspace.id}", whose slug is "production".`,
  );
  expect(message).toContain('Correct the workspace or, if it is right, expect-slug-prefix.');
  expect(message).toContain('Nothing was deleted.');
  expect(exists('production')).toBe(true);
  expect(calls()).toEqual([FIND_WORKSPACE]);
  expect((await runDelete({ 'expect-slug-prefix': 'preview-' })).exitCode).toBe(0);
});

test('a step fails if a workspace still exists that OpenRouter reports as deleted', async () => {
  const workspace = seed();
  const body = '{"deleted":true}';
  harness.sandbox.faults.push({ on: DELETE_WORKSPACE, kind: 'response', status: 200, body });
  const step = await harness.run('delete', { workspace: SLUG }, inVirtualTime());
  const outputs = { ...identityOf(workspace), ...NOTHING_DELETED };
  const { title, lines } = expectFailure(step, outputs);
  expect(title).toBe('The workspace "preview-42" still exists');
  expect(lines.at(-1)).toBe('Delete it again, and report it to OpenRouter if that does not help.');
});

import { expect, test } from '@jest/globals';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { annotations, openHarness } from '../../../support/harness.ts';

const harness = openHarness();

const find = (slug: string) =>
  harness.sandbox.account.workspaces.find((workspace) => workspace.slug === slug);

const keysOf = ({ id }: Pick<Workspace, 'id'>) =>
  harness.sandbox.account.keys.filter(({ workspace_id }) => workspace_id === id);

/** Runs a create step, after which the job creates two API keys in the workspace. */
async function createWithKeys(slug: string, inputs: Record<string, string> = {}) {
  const main = await harness.create({ slug, 'delete-after-job': 'true', ...inputs });
  const workspace = find(slug) as Workspace;
  for (const name of ['First', 'Second']) seedKey(harness.sandbox, workspace, { name });
  return { main, workspace };
}

test('delete-keys: true deletes the API keys with the workspace, whatever it is in the post step', async () => {
  const other = seedWorkspace(harness.sandbox, { slug: 'of-another-job', keys: 1 });
  const { main, workspace } = await createWithKeys('with-keys', { 'delete-keys': 'true' });
  const post = await harness.post(main, { 'delete-keys': 'false' });
  expect(post.exitCode).toBe(0);
  expect(annotations(post, 'warning')).toEqual([]);
  expect(find('with-keys')).toBeUndefined();
  expect(keysOf(workspace)).toEqual([]);
  expect(keysOf(other)).toHaveLength(1);
  expect(post.log).toContain('Deleted the API key "First" (');
  expect(post.log).toContain('Deleted the workspace with-keys, id');
});

test('without delete-keys, API keys keep the workspace from being deleted: a warning names them', async () => {
  const { main, workspace } = await createWithKeys('kept-by-keys');
  const post = await harness.post(main, { 'delete-keys': 'true' });
  expect(post.exitCode).toBe(0);
  const [warning, ...more] = annotations(post, 'warning');
  expect(more).toEqual([]);
  expect(warning?.properties['title']).toBe(
    'The workspace kept-by-keys has 2 API keys, and delete-keys is false',
  );
  for (const { name, label } of keysOf(workspace)) {
    expect(warning?.data).toContain(`"${name}" (${label})`);
  }
  expect(warning?.data).toContain('With delete-keys: true, the keys are deleted first.');
  expect(warning?.data).toContain('May still exist at OpenRouter: the workspace kept-by-keys.');
  expect(find('kept-by-keys')).toBeDefined();
  expect(keysOf(workspace)).toHaveLength(2);
});

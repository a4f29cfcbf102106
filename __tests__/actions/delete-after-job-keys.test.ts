import { expect, test } from '@jest/globals';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { annotations, openHarness } from '../support/harness.ts';

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

test('delete-keys: true deletes the API keys with the workspace', async () => {
  const other = seedWorkspace(harness.sandbox, { slug: 'of-another-job', keys: 1 });
  const { main, workspace } = await createWithKeys('with-keys', { 'delete-keys': 'true' });
  const post = await harness.post(main);
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
  const post = await harness.post(main);
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

test.each([
  ['true', 'false', 0],
  ['false', 'true', 2],
])(
  'delete-keys: %s of the step applies, although it is %s in the post step: %i keys are left',
  async (inMain, inPost, left) => {
    const slug = `keys-by-state-${inMain}`;
    const { main, workspace } = await createWithKeys(slug, { 'delete-keys': inMain });
    const post = await harness.post(main, { 'delete-keys': inPost });
    expect(post.exitCode).toBe(0);
    expect(find(slug) !== undefined).toBe(left > 0);
    expect(keysOf(workspace)).toHaveLength(left);
  },
);

test('delete-keys: true applies to a step that was killed before the response to its POST', async () => {
  const before = harness.sandbox.requests.length;
  harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence', applied: true });
  const inputs = { slug: 'killed-with-keys', 'delete-after-job': 'true', 'delete-keys': 'true' };
  const step = await harness.startCreate(inputs);
  await harness.sandbox.received(before + 2);
  step.kill('SIGKILL');
  const main = await step.result;
  const workspace = find('killed-with-keys') as Workspace;
  seedKey(harness.sandbox, workspace);
  const post = await harness.post(main);
  expect(annotations(post, 'warning')).toEqual([]);
  expect(find('killed-with-keys')).toBeUndefined();
  expect(keysOf(workspace)).toEqual([]);
});

test('a warning counts the deleted API keys when the workspace cannot be deleted after them', async () => {
  const { main } = await createWithKeys('stuck-without-keys', { 'delete-keys': 'true' });
  harness.sandbox.faults.push({ on: 'DELETE /workspaces/:id', kind: 'response', status: 403 });
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  const [warning] = annotations(post, 'warning');
  expect(warning?.properties['title']).toBe('Could not delete the workspace stuck-without-keys');
  expect(warning?.data).toContain('API keys deleted before that: 2.');
  expect(warning?.data).toContain('Deleting the workspace again finishes the work.');
});

test('delete-keys: true deletes no API key of a workspace that the step did not create', async () => {
  const workspace = seedWorkspace(harness.sandbox, { slug: 'existed-with-keys', keys: 1 });
  const inputs = { 'if-exists': 'reuse', 'delete-after-job': 'true', 'delete-keys': 'true' };
  const main = await harness.create({ slug: 'existed-with-keys', ...inputs });
  const post = await harness.post(main);
  expect(post).toMatchObject({ exitCode: 0, log: '' });
  expect(keysOf(workspace)).toHaveLength(1);
});

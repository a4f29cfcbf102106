import { expect, test } from '@jest/globals';
import { seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { annotations, openHarness } from '../../../support/harness.ts';

const harness = openHarness();

const exists = (slug: string) =>
  harness.sandbox.account.workspaces.some((workspace) => workspace.slug === slug);

const create = (slug: string, inputs: Record<string, string> = {}) =>
  harness.create({ slug, 'delete-after-job': 'true', ...inputs });

test('delete-after-job deletes the workspace that the step created', async () => {
  const main = await create('of-the-job');
  expect(main.outputs['created']).toBe('true');
  expect(exists('of-the-job')).toBe(true);
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  expect(exists('of-the-job')).toBe(false);
  expect(post.log).toBe(
    `Deleted the workspace of-the-job, id ${main.outputs['id']}, because of delete-after-job.`,
  );
});

test('without delete-after-job the post step sends nothing and deletes nothing', async () => {
  const main = await harness.create({ slug: 'to-stay' });
  expect(main.state).not.toHaveProperty('task');
  const before = harness.sandbox.requests.length;
  const post = await harness.post(main);
  expect(post).toMatchObject({ exitCode: 0, log: '', stderr: '' });
  expect(harness.sandbox.requests).toHaveLength(before);
  expect(exists('to-stay')).toBe(true);
});

test('a workspace that existed before is not deleted, and neither are its API keys', async () => {
  seedWorkspace(harness.sandbox, { slug: 'existed-before', keys: 1 });
  const inputs = { 'if-exists': 'reuse', 'delete-keys': 'true' };
  const post = await harness.post(await create('existed-before', inputs));
  expect(post).toMatchObject({ exitCode: 0, log: '' });
  expect(exists('existed-before')).toBe(true);
  expect(harness.sandbox.account.keys).toHaveLength(1);
});

test('the post step deletes what its state names, whatever its inputs are', async () => {
  await harness.create({ slug: 'bystander' });
  const main = await create('deleted-by-state');
  const post = await harness.post(main, {
    slug: 'bystander',
    'delete-after-job': 'false',
    'api-url': 'https://elsewhere.example/v1',
    timeout: 'nonsense',
  });
  expect(post.exitCode).toBe(0);
  expect(exists('deleted-by-state')).toBe(false);
  expect(exists('bystander')).toBe(true);
});

test('a management key that is missing in the post step is a warning that names what is left', async () => {
  const main = await create('without-key');
  const post = await harness.post(main, { 'management-key': '' });
  expect(post.exitCode).toBe(0);
  const [warning] = annotations(post, 'warning');
  expect(warning?.data).toContain('management-key is required, and is empty');
  expect(warning?.data).toContain('May still exist at OpenRouter: the workspace without-key.');
  expect(exists('without-key')).toBe(true);
});

test('a post step that fails is a warning that names what is left', async () => {
  const main = await create('stuck');
  const on = 'DELETE /workspaces/:id';
  const body = JSON.stringify({ error: { code: 400, message: 'Workspace has API keys' } });
  harness.sandbox.faults.push({ on, kind: 'response', status: 400, body });
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  const [warning] = annotations(post, 'warning');
  expect(warning?.properties['title']).toBe('Could not delete the workspace stuck');
  expect(warning?.data).toContain('Workspace has API keys');
  expect(warning?.data).toContain('May still exist at OpenRouter: the workspace stuck.');
});

test('a deletion after the job that may have been applied is reported so, although a later attempt was throttled', async () => {
  const main = await create('half-deleted');
  const fault = { on: 'DELETE /workspaces/:id', kind: 'response' } as const;
  harness.sandbox.faults.push(
    { ...fault, status: 502, applied: true },
    { ...fault, status: 429, headers: { 'retry-after': '3600' } },
  );
  const [warning] = annotations(await harness.post(main), 'warning');
  expect(warning?.data).toContain('The request may still have been applied.');
  expect(warning?.data).toContain('Not deleted, or unknown: the workspace half-deleted, id ');
  expect(warning?.data).not.toContain('Before running this again');
  expect(warning?.data).not.toContain('nothing should have been changed');
});

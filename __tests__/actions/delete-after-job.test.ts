import { describe, expect, test } from '@jest/globals';
import { annotations, expectFailure, openHarness } from '../support/harness.ts';

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
  expect(main.state).not.toHaveProperty('cleanup');
  const before = harness.sandbox.requests.length;
  const post = await harness.post(main);
  expect(post).toMatchObject({ exitCode: 0, log: '', stderr: '' });
  expect(harness.sandbox.requests).toHaveLength(before);
  expect(exists('to-stay')).toBe(true);
});

test.each(['fail', 'reuse', 'update'])(
  'with if-exists: %s a workspace that existed before is not deleted',
  async (policy) => {
    const slug = `existed-before-${policy}`;
    await harness.create({ slug });
    const main = await create(slug, { 'if-exists': policy });
    const post = await harness.post(main);
    expect(post.exitCode).toBe(0);
    expect(exists(slug)).toBe(true);
  },
);

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

describe('a cleanup', () => {
  const on = 'DELETE /workspaces/:id';

  test('that fails is a warning that names what is left', async () => {
    const main = await create('stuck');
    const body = JSON.stringify({ error: { code: 400, message: 'Workspace has API keys' } });
    harness.sandbox.faults.push({ on, kind: 'response', status: 400, body });
    const post = await harness.post(main);
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('Could not delete the workspace stuck');
    expect(warning?.data).toContain('Workspace has API keys');
    expect(warning?.data).toContain('May still exist at OpenRouter: the workspace stuck.');
  });

  test('that may have been applied is reported so, although a later attempt was throttled', async () => {
    const main = await create('half-deleted');
    harness.sandbox.faults.push(
      { on, kind: 'response', status: 502, applied: true },
      { on, kind: 'response', status: 429, headers: { 'retry-after': '3600' } },
    );
    const post = await harness.post(main);
    const [warning] = annotations(post, 'warning');
    expect(warning?.data).toContain('The request may still have been applied.');
    expect(warning?.data).toContain('the workspace half-deleted, which may still exist');
    expect(warning?.data).not.toContain('nothing should have been changed');
  });

  test('succeeds in spite of transient faults', async () => {
    const main = await create('through-faults');
    harness.sandbox.faults.push(
      { on, kind: 'response', status: 502 },
      { on, kind: 'reset', applied: true },
    );
    const post = await harness.post(main);
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(exists('through-faults')).toBe(false);
  });
});

describe('delete-keys', () => {
  test.each<Record<string, string>>([{}, { 'delete-after-job': 'false' }])(
    'true is rejected with %j',
    async (inputs) => {
      const before = harness.sandbox.requests.length;
      const { title, message } = expectFailure(
        await harness.create({ 'delete-keys': 'true', ...inputs }),
      );
      expect(title).toBe('1 invalid input');
      expect(message.split('\n')[0]).toBe('delete-keys needs delete-after-job: true');
      expect(harness.sandbox.requests).toHaveLength(before);
    },
  );

  test('true is not reported next to a delete-after-job that is neither true nor false', async () => {
    const inputs = { 'delete-keys': 'true', 'delete-after-job': 'yes' };
    const { message } = expectFailure(await harness.create(inputs));
    expect(message).toContain('delete-after-job must be true or false');
    expect(message).not.toContain('delete-keys');
  });

  test('false needs no delete-after-job', async () => {
    expect((await harness.create({ 'delete-keys': 'false' })).exitCode).toBe(0);
  });
});

import { expect, test } from '@jest/globals';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { openEmptiedHarness } from '../../../support/emptied-harness.ts';
import { annotations } from '../../../support/harness.ts';

const { harness, calls } = openEmptiedHarness();

const slugs = () => harness.sandbox.account.workspaces.slice(1).map(({ slug }) => slug);

const create = (inputs: Record<string, string> = {}) =>
  harness.create({ slug: 'of-the-job', 'delete-after-job': 'true', ...inputs });

function addKeys() {
  const workspace = harness.sandbox.account.workspaces.at(-1) as Workspace;
  return ['First', 'Second'].map((name) => seedKey(harness.sandbox, workspace, { name }));
}

test('without delete-after-job the post step sends nothing and deletes nothing', async () => {
  const main = await create({ 'delete-after-job': 'false' });
  expect(main.summary).not.toContain('deleted');
  expect(main.state).not.toHaveProperty('task');
  const before = calls();
  expect(await harness.post(main)).toMatchObject({ exitCode: 0, log: '', stderr: '' });
  expect(calls()).toEqual(before);
});

test('a workspace that existed before is not deleted, and neither are its API keys', async () => {
  seedWorkspace(harness.sandbox, { slug: 'of-the-job', keys: 1 });
  const main = await create({ 'if-exists': 'reuse', 'delete-keys': 'true' });
  expect(main.summary).not.toContain('deleted');
  const post = await harness.post(main);
  expect(post).toMatchObject({ exitCode: 0, log: '', summary: '' });
  expect(slugs()).toEqual(['of-the-job']);
  expect(harness.sandbox.account.keys).toHaveLength(1);
});

test('the post step deletes what its state names, whatever its inputs are', async () => {
  const other = seedWorkspace(harness.sandbox, { slug: 'bystander', keys: 1 });
  const main = await create({ 'delete-keys': 'true' });
  expect(main.summary).toContain('<p>The workspace is deleted after the job.</p>');
  addKeys();
  const post = await harness.post(main, {
    slug: 'bystander',
    'delete-after-job': 'false',
    'delete-keys': 'false',
    'api-url': 'https://elsewhere.example/v1',
    timeout: 'nonsense',
  });
  expect(post.exitCode).toBe(0);
  expect(slugs()).toEqual(['bystander']);
  expect(harness.sandbox.account.keys).toMatchObject([{ workspace_id: other.id }]);
  expect(post.log).toMatch(/Deleted 2 API keys of the workspace \S+: .*"First" \(/);
  const deleted = `Deleted the workspace of-the-job, id ${main.outputs['id']}, and 2 API keys because of delete-after-job`;
  expect(post.log).toContain(`${deleted}.`);
  expect(post.summary).toMatch(
    /^<h3>✅ Deleted the OpenRouter workspace &quot;of-the-job&quot; \(delete-after-job\)<\/h3>\n<p>Post step of openrouter-workspace, after the job\.<\/p>\n<details><summary>API keys deleted by this step: 2, spending not yet counted<\/summary>\n<p>OpenRouter can count what is spent up to an hour late\.<\/p>\n/,
  );
  const [key, workspace] = ['DELETE /keys/:hash', 'DELETE /workspaces/:id'];
  expect(calls().slice(-4)).toEqual(['GET /keys', key, key, workspace]);
});

test('without delete-keys, API keys keep the workspace from being deleted: a warning names them', async () => {
  const main = await create();
  const keys = addKeys();
  const post = await harness.post(main, { 'delete-keys': 'true' });
  expect(post.exitCode).toBe(0);
  const [warning, ...more] = annotations(post, 'warning');
  expect(more).toEqual([]);
  const title =
    'Cannot delete the workspace "of-the-job": it has 2 API keys, and delete-keys is false';
  expect(warning?.data).toMatch(`${title}\n`);
  expect(post.summary).toMatch(
    `>⚠️ OpenRouter: ${title.replaceAll('"', '&quot;')}</a></h3>\n<p>Post step of openrouter-workspace, after the job.</p>`,
  );
  for (const { name, label } of keys) expect(warning?.data).toContain(`"${name}" (${label})`);
  expect(warning?.data).toContain('set delete-keys: true, which is false by default.');
  expect(warning?.data).not.toContain('Nothing was deleted');
  expect(warning?.data).toContain('May still exist at OpenRouter: the workspace "of-the-job".');
  expect(slugs()).toEqual(['of-the-job']);
});

test('a deletion after the job that may have been applied is reported so, although a later attempt was throttled', async () => {
  const main = await create();
  const fault = { on: 'DELETE /workspaces/:id', kind: 'response' } as const;
  harness.sandbox.faults.push(
    { ...fault, status: 502, applied: true },
    { ...fault, status: 429, headers: { 'retry-after': '3600' } },
  );
  const [warning] = annotations(await harness.post(main), 'warning');
  expect(warning?.data).toContain(
    'Whether OpenRouter did it, and only the response was lost, is unknown.',
  );
  expect(warning?.data).toContain('Not deleted, or unknown: the workspace "of-the-job", id ');
  expect(warning?.data).not.toContain('Before running this again');
  expect(warning?.data).not.toContain('nothing should have been changed');
});

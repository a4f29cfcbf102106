import { expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../../sandbox/openrouter/faults.ts';
import type { Workspace } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey } from '../../../sandbox/openrouter/seed.ts';
import {
  DELETE_WORKSPACE,
  FIND_WORKSPACE,
  identityOf,
  NOTHING_DELETED,
  openDeleteHarness,
} from '../../support/delete.ts';
import { expectFailure } from '../../support/harness.ts';

const { harness, seed, runDelete, exists, keys, calls } = openDeleteHarness();

test.each(['slug', 'id'] as const)('the default workspace is not deleted by its %s', async (by) => {
  const [workspace] = harness.sandbox.account.workspaces as [Workspace];
  seedKey(harness.sandbox, workspace);
  const step = await runDelete({ workspace: workspace[by], 'delete-keys': 'true' });
  expect(expectFailure(step, identityOf(workspace)).title).toBe(
    'The default workspace is never deleted',
  );
  expect(exists('default')).toBe(true);
  expect(keys()).toHaveLength(1);
  expect(calls()).toEqual([FIND_WORKSPACE]);
});

test('a workspace is not deleted unless its slug begins with expect-slug-prefix', async () => {
  const workspace = seed({ slug: 'production' });
  const step = await runDelete({ workspace: workspace.id, 'expect-slug-prefix': 'preview-' });
  const { title, message } = expectFailure(step, identityOf(workspace));
  expect(title).toBe('The slug production does not begin with preview-');
  expect(message).toContain(
    `expect-slug-prefix is preview-, but workspace is ${workspace.id}, whose slug is production.`,
  );
  expect(message).toContain('Correct workspace or, if it is right, expect-slug-prefix.');
  expect(message).toContain('Nothing was deleted.');
  expect(exists('production')).toBe(true);
  expect((await runDelete({ 'expect-slug-prefix': 'preview-' })).exitCode).toBe(0);
});

test.each<[string, Record<string, string>, string]>([
  ['without a workspace', { workspace: '' }, 'workspace is required, and must be the id or slug'],
  [
    'with a URL as workspace',
    { workspace: 'https://openrouter.ai/workspaces/preview-42' },
    'try: preview-42',
  ],
  [
    'with the URL of a page of a workspace',
    { workspace: 'https://openrouter.ai/workspaces/preview-42/keys' },
    'given: "https://openrouter.ai/workspaces/preview-42/keys"\n',
  ],
  ['with a name as workspace', { workspace: 'Preview-42' }, 'given: "Preview-42"\n'],
  [
    'with a branch as workspace',
    { workspace: 'feature/production' },
    'given: "feature/production"\n',
  ],
  [
    'with a workspace of 51 characters',
    { workspace: 'a'.repeat(51) },
    'workspace must be the id or slug',
  ],
  [
    'with a path as workspace',
    { workspace: '../keys' },
    'id or slug of a workspace; given: "../keys"\n',
  ],
  [
    'with a prefix that no slug has',
    { 'expect-slug-prefix': 'Preview*' },
    'the beginning of a slug',
  ],
  [
    'with a boolean that is written as yes',
    { 'delete-keys': 'yes' },
    'delete-keys must be true or false',
  ],
])('a delete step %s fails before any request', async (_, inputs, problem) => {
  seed({ keys: 1 });
  expect(expectFailure(await runDelete(inputs)).message).toContain(problem);
  expect(calls()).toEqual([]);
});

test.each(['..', 'default', 'preview-43'])(
  'a workspace is not deleted if OpenRouter reports %s as its id',
  async (id) => {
    const body = JSON.stringify({ data: { ...seed({ keys: 1 }), id } });
    const { faults } = harness.sandbox;
    faults.push({ kind: 'response', status: 200, body }, { kind: 'response', status: 403 });
    const step = await runDelete({ 'delete-keys': 'true' });
    expectFailure(step);
    expect(step.log).toContain('HTTP 200, but the body has no valid data.id');
    expect(calls()).toEqual([FIND_WORKSPACE, FIND_WORKSPACE]);
  },
);

test.each<[string, number, string]>([
  ['HTTP 404 for', 404, '{"error":{"code":404,"message":"Not Found"}}'],
  ['that it deleted', 200, '{"deleted":true}'],
])(
  'a step fails if OpenRouter reports %s a workspace that still exists',
  async (_, status, body) => {
    const workspace = seed();
    const fault: ScheduledFault = { on: DELETE_WORKSPACE, kind: 'response', status, body };
    harness.sandbox.faults.push(fault, fault, fault);
    const step = await runDelete();
    harness.sandbox.faults.length = 0;
    const outputs = { ...identityOf(workspace), ...NOTHING_DELETED };
    expect(expectFailure(step, outputs).title).toBe('The workspace preview-42 still exists');
  },
);

test('a web page with HTTP 404 does not pass for a deleted workspace', async () => {
  const body = '<html><title>404</title></html>';
  const fault: ScheduledFault = { kind: 'response', status: 404, body };
  harness.sandbox.faults.push(fault, fault);
  const { message } = expectFailure(await runDelete());
  expect(message).toContain('Check that api-url ends with the path of the API');
});

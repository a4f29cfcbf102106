import { describe, expect, test } from '@jest/globals';
import { closePull, openPull } from '../../sandbox/github/people.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { expectFailure } from '../support/harness.ts';
import { openPreviewHarness } from '../support/preview-harness.ts';

const SLUG = 'preview-42';
const { harness, gitHub, main, post, keyOf } = openPreviewHarness();
const keys = () => harness.sandbox.account.keys;

/** Has OpenRouter reject the management key `times` times in each of `calls`. */
const rejectKey = (times: number, ...calls: string[]) =>
  harness.sandbox.faults.push(
    ...calls.flatMap((on) => Array(times).fill({ on, kind: 'response', status: 401 })),
  );

describe('a management key that was accepted, and then gets HTTP 401 twice,', () => {
  test('does not keep delete from deleting API keys and their workspace', async () => {
    seedWorkspace(harness.sandbox, { slug: SLUG, keys: 2 });
    rejectKey(2, 'GET /keys', 'DELETE /keys/:hash', 'DELETE /workspaces/:id');
    const step = await harness.run('delete', { workspace: SLUG, 'delete-keys': 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ deleted: 'true', 'deleted-keys': '2' });
    expect(keys()).toEqual([]);
  });

  test('does not keep the post step of key from disabling and deleting its key', async () => {
    seedWorkspace(harness.sandbox, { slug: SLUG });
    const inputs = { workspace: SLUG, 'expires-in': '1h' };
    const step = await harness.run('key', inputs);
    rejectKey(2, 'PATCH /keys/:hash', 'DELETE /keys/:hash');
    const ended = await harness.end('key', inputs, step);
    expect([ended.exitCode, ended.annotations]).toEqual([0, []]);
    expect(ended.log).toContain('Spending not yet counted');
    expect(keys()).toEqual([]);
  });

  test('does not keep the post step of delete-after-job from deleting API keys', async () => {
    const inputs = { slug: SLUG, 'delete-after-job': 'true', 'delete-keys': 'true' };
    const step = await harness.create(inputs);
    seedKey(harness.sandbox, harness.sandbox.account.workspaces[1] as Workspace);
    rejectKey(2, 'GET /keys', 'DELETE /keys/:hash');
    const ended = await harness.post(step, inputs);
    expect([ended.exitCode, ended.annotations]).toEqual([0, []]);
    expect(keys()).toEqual([]);
  });

  test('does not keep the post step of preview from disabling its key', async () => {
    const [opened] = openPull(gitHub.server.github, gitHub.repository);
    const step = await main(opened);
    rejectKey(2, 'PATCH /keys/:hash');
    expect((await post(opened, step)).exitCode).toBe(0);
    expect(keyOf(step).disabled).toBe(true);
  });
});

test('a management key that was never accepted fails a step after one request, and leaves its post step nothing', async () => {
  const [opened] = openPull(gitHub.server.github, gitHub.repository);
  await post(opened, await main(opened));
  const [closed] = closePull(gitHub.server.github, gitHub.repository, 1);
  rejectKey(1, 'GET /workspaces');
  const step = await main(closed);
  expect(expectFailure(step, step.outputs).code).toBe('preview-not-ended');
  const ended = await post(closed, step);
  expect([ended.exitCode, ended.annotations]).toEqual([0, []]);
  expect([step.openRouterCalls, ended.openRouterCalls]).toEqual([['GET /workspaces'], []]);
});

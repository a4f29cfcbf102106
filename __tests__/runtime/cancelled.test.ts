/**
 * Over a socket, one example of each action that creates something: the response to its POST arrives after the
 * signals that GitHub's runner sends. How long a step waits for it is tested in virtual time.
 */
import { expect, test } from '@jest/globals';
import { foldGroups } from '../../sandbox/runner/log.ts';
import { annotations, expectFailure, type RunningStep } from '../support/harness.ts';
import { holdResponse } from '../support/held-response.ts';
import { expectNoSecret, openKeyHarness, SLUG, sha256 } from '../support/key-harness.ts';

const { harness, runPost, keys } = openKeyHarness();

/** Cancels a step during its POST, which is its request number `n`, and lets the response arrive then. */
async function cancelDuring(
  call: string,
  n: number,
  start: (env: Record<string, string>) => Promise<RunningStep>,
) {
  const response = holdResponse(harness, call);
  const step = await start(response.env);
  await harness.sandbox.received(n);
  step.kill('SIGINT');
  await response.signalled(step, 1);
  step.kill('SIGTERM');
  await response.signalled(step, 2);
  response.release();
  return step.result;
}

const TITLE = 'The run was cancelled (SIGINT)';

test('a create that is cancelled during its POST uses the response, and its post step deletes the workspace', async () => {
  const { account } = harness.sandbox;
  const inputs = { slug: 'preview', 'delete-after-job': 'true', timeout: '24h' };
  const main = await cancelDuring('POST /workspaces', 2, (env) => harness.startCreate(inputs, env));
  const created = account.workspaces.find(({ slug }) => slug === 'preview');
  expect(main.outputs).toMatchObject({ id: created?.id, slug: 'preview', created: 'true' });
  const { title, code } = expectFailure(main, main.outputs);
  expect([title, code]).toEqual([TITLE, 'cancelled']);
  expect(main.summary).not.toContain('✅');
  expect(main.log).toContain(`: id ${created?.id}, `);

  const post = await harness.post(main);
  expect(foldGroups(post.log.split('\n'))).toEqual([
    '▸ Requests',
    `Deleted the workspace preview, id ${created?.id}, because of delete-after-job.`,
  ]);
  expect(account.workspaces.map(({ slug }) => slug)).toEqual(['default', SLUG]);
});

test('a key step that is cancelled during its POST uses the response, and its post step revokes the key', async () => {
  const inputs = { workspace: SLUG, name: 'CI', 'revoke-after-job': 'false', timeout: '24h' };
  const main = await cancelDuring('POST /keys', 3, (env) => harness.start('key', inputs, env));
  const [created] = keys();
  expect(main.outputs['hash']).toBe(created?.hash);
  expect(sha256(main.outputs['key'])).toBe(created?.hash);
  const { title, code } = expectFailure(main, main.outputs);
  expect([title, code]).toEqual([TITLE, 'cancelled']);
  expect(main.summary).not.toContain('✅');
  expectNoSecret(main);

  const post = await runPost(main);
  expect(annotations(post, 'warning')).toEqual([]);
  expect(keys()).toEqual([]);
});

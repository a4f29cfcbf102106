import { describe, expect, test } from '@jest/globals';
import { seedKey, seedUsage, seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { annotations, expectFailure, GITEA } from '../../../support/harness.ts';
import {
  CREATE,
  DELETE,
  expectCreated,
  expectFailed,
  openKeyHarness,
} from '../../../support/key.ts';
import { onNth } from '../../../support/on-nth.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls } = key;
const seed = (fields: Parameters<typeof seedKey>[2]) => seedKey(key.sandbox, key.workspace, fields);

test('replace deletes exactly the keys of that name that existed before', async () => {
  for (const name of ['CI', 'Other', 'CI', 'CI']) seed({ name });
  const [disabled] = keys();
  if (disabled) disabled.disabled = true;
  const elsewhere = seedWorkspace(key.sandbox, { slug: 'preview-43' });
  seedKey(key.sandbox, elsewhere, { name: 'CI' });
  onNth(key.sandbox, CREATE, 1, () => seed({ name: 'CI' }));
  const main = await createKey({ replace: 'true' });
  expectCreated(main, keys());
  expect(calls().slice(2)).toEqual([CREATE, DELETE, DELETE, DELETE]);
  // What another job created in the meantime stays, and so does the key of the other workspace.
  expect(keys().map(({ name }) => name)).toEqual(['CI', 'CI', 'CI', 'Other']);
  expect(main.log.match(/which the new one replaces/g)).toHaveLength(3);
  expect((await runPost(main)).exitCode).toBe(0);
  expect(keys()).toHaveLength(3);
});

test('replace after-job needs expires-in in a workflow, where the runner adds all defaults', async () => {
  seed({ name: 'CI' });
  const main = await createKey({ replace: 'after-job', 'revoke-after-job': 'false' });
  expect(expectFailed(main).message).toContain('expires-in is required with replace: after-job');
  expect(keys()).toHaveLength(1);
});

test('A replace that fails reports the new key and the old ones that are left', async () => {
  for (const name of ['CI', 'CI', 'CI']) seed({ name });
  const labels = keys().map(({ label }) => label);
  const rejection = { on: DELETE, kind: 'response', status: 403 } as const;
  key.scheduleFaults(rejection, rejection);
  const main = await createKey({ replace: 'true' });
  const outputs = expect.objectContaining({ key: expect.any(String) });
  const { title, message } = expectFailed(main, outputs as object);
  expect(title).toBe('Could not delete 2 of 3 replaced API keys');
  expect(message).toContain(
    `The new API key exists, and the outputs are set: "CI" (${main.outputs['label']})`,
  );
  const left = keys().flatMap(({ label }) => (labels.includes(label) ? [label] : []));
  expect(left).toHaveLength(2);
  for (const label of labels) expect(message.includes(label)).toBe(left.includes(label));
  expect(message).not.toContain('Nothing was changed');

  expect((await runPost(main)).exitCode).toBe(0);
  expect(keys().map(({ label }) => label)).toEqual(left);
});

/** Longer than any input may be. */
const TOO_LONG = 'x'.repeat(65 * 1024);

test('A key that replaces no other is revoked, whatever the status of the job', async () => {
  const main = await createKey();
  const post = await runPost(main, { 'job-status': TOO_LONG });
  expect({ exitCode: post.exitCode, annotations: annotations(post) }).toEqual({
    exitCode: 0,
    annotations: [],
  });
  expect(keys()).toEqual([]);
});

describe('replace: after-job', () => {
  const KEPT = { replace: 'after-job', 'revoke-after-job': 'false', 'expires-in': '70d' };

  test('lists the deleted keys with their cost in the summary of the post step', async () => {
    const old = [seed({ name: 'CI' }), seed({ name: 'CI' })];
    for (const one of old) seedUsage(key.sandbox, one, { credits: 12.5 });
    const main = await createKey(KEPT);
    expectCreated(main, keys());
    expect(main.log).toContain('If the job succeeds, older keys with that name are deleted.');
    const post = await runPost(main, KEPT);
    expect({ exitCode: post.exitCode, annotations: annotations(post) }).toEqual({
      exitCode: 0,
      annotations: [],
    });
    expect(keys().map(({ hash }) => hash)).toEqual([main.outputs['hash']]);
    expect(post.summary).toContain('✅ Deleted 2 API keys that the new one replaces');
    expect(post.summary).toContain('Keys spent (total $25.00)');
    for (const { label } of old) expect(post.summary).toContain(`<code>${label}</code>`);
  });

  test('deletes nothing after a job that failed, or whose status is unknown, which is a warning', async () => {
    seed({ name: 'CI' });
    const main = await createKey(KEPT);
    const failed = await runPost(main, { 'job-status': 'failure' });
    expect(annotations(failed, 'warning')).toEqual([]);
    // What an expression without a value passes on.
    const unknown = await runPost(main, { 'job-status': '' });
    expect([failed.exitCode, unknown.exitCode]).toEqual([0, 0]);
    expect(annotations(unknown, 'warning')[0]?.data).toContain('Whether the job succeeded');
    expect(keys()).toHaveLength(2);
  });

  /** What somebody writes where the default does not count. */
  const STATUS = { 'job-status': `\${{ job.status }}` };

  test('deletes nothing after a job that failed, also if the runner keeps the default, which is a warning', async () => {
    seed({ name: 'CI' });
    const main = await createKey(KEPT);
    const onGitHub = await runPost(main, KEPT, { jobStatus: 'failure' });
    const onGitea = await runPost(main, KEPT, { ...GITEA, jobStatus: 'failure' });
    const written = await runPost(main, { ...KEPT, ...STATUS }, { ...GITEA, jobStatus: 'failure' });
    expect(keys()).toHaveLength(2);
    expect(annotations(onGitHub, 'warning')).toEqual([]);
    expect(annotations(onGitea, 'warning')[0]?.data).toContain(
      `The input job-status is "success (default)". For Gitea, write job-status: ${STATUS['job-status']}`,
    );
    expect(annotations(written, 'warning')).toEqual([]);
    for (const { exitCode } of [onGitHub, onGitea, written]) expect(exitCode).toBe(0);
  });

  test('deletes on Gitea after a job that succeeded, if its status is written, and on Forgejo never', async () => {
    seed({ name: 'CI' });
    const main = await createKey(KEPT);
    const forgejo = { env: { FORGEJO_ACTIONS: 'true' } };
    const onForgejo = await runPost(main, { ...KEPT, ...STATUS }, forgejo);
    expect(keys()).toHaveLength(2);
    expect(annotations(onForgejo, 'warning')[0]?.data).toContain('Forgejo');
    const onGitea = await runPost(main, { ...KEPT, ...STATUS }, GITEA);
    expect(annotations(onGitea, 'warning')).toEqual([]);
    expect(keys()).toHaveLength(1);
  });

  test('fails the job if its key does not work any more', async () => {
    const old = seed({ name: 'CI' });
    const main = await createKey(KEPT);
    keys().shift();
    const { code, message } = expectFailure(await runPost(main));
    expect(code).toBe('key-replaced');
    expect(message).toContain('Older keys were left alone.');
    expect(keys().map(({ hash }) => hash)).toEqual([old.hash]);
  });

  test('fails the job if older keys cannot be deleted, and lists those that were', async () => {
    for (const name of ['CI', 'CI']) seed({ name });
    const main = await createKey(KEPT);
    key.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
    const post = await runPost(main);
    expect(expectFailure(post)).toMatchObject({
      code: 'replaced-keys-not-deleted',
      title: 'Could not delete 1 of 2 replaced API keys',
    });
    expect(post.summary).toContain('✅ Deleted 1 API key that the new one replaces');
  });

  test('fails the job if the saved state is invalid, because both keys may work then', async () => {
    seed({ name: 'CI' });
    const main = { ...(await createKey(KEPT)), state: { task: '{"apiUrl":1}' } };
    expect(expectFailure(await runPost(main, KEPT)).code).toBe('state-invalid');
    const ofJob = await runPost(main, { replace: 'true' });
    expect(ofJob.exitCode).toBe(0);
    expect(annotations(ofJob, 'warning')[0]?.data).toContain('cannot read its saved state');
  });

  test('fails the job if its status is no valid input', async () => {
    seed({ name: 'CI' });
    const post = await runPost(await createKey(KEPT), { ...KEPT, 'job-status': TOO_LONG });
    expect(expectFailure(post).code).toBe('invalid-inputs');
    expect(keys()).toHaveLength(2);
  });

  test('fails the job if the post step has no management key, because both keys work then', async () => {
    seed({ name: 'CI' });
    const main = await createKey(KEPT);
    expect(expectFailure(await runPost(main, { 'management-key': '' })).code).toBe(
      'invalid-inputs',
    );
  });
});

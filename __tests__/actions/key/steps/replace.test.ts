import { describe, expect, test } from '@jest/globals';
import { seedKey, seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { annotations, expectFailure, GITEA, type RunOptions } from '../../../support/harness.ts';
import {
  DELETE,
  expectCreated,
  expectFailed,
  openKeyHarness,
} from '../../../support/key-harness.ts';

const key = openKeyHarness();
const { createKey, runPost, keys } = key;
const seed = (fields: Parameters<typeof seedKey>[2]) => seedKey(key.sandbox, key.workspace, fields);

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
  expect(title).toBe(
    'Could not delete 2 of 3 replaced API keys: OpenRouter does not allow it (HTTP 403)',
  );
  expect(message).toContain(
    `The new API key exists, and the outputs are set: "${main.outputs['name']}" (${main.outputs['label']})`,
  );
  const left = keys().flatMap(({ label }) => (labels.includes(label) ? [label] : []));
  expect(left).toHaveLength(2);
  for (const label of labels) expect(message.includes(label)).toBe(left.includes(label));
  expect(message).not.toContain('Nothing was changed');

  expect((await runPost(main)).exitCode).toBe(0);
  expect(keys().map(({ label }) => label)).toEqual(left);
});

test('A key that replaces no other is revoked, whatever the status of the job', async () => {
  const post = await runPost(await createKey(), { 'job-status': 'failure' });
  expect([post.exitCode, annotations(post), keys()]).toEqual([0, [], []]);
});

describe('replace: after-job', () => {
  const KEPT = { replace: 'after-job', 'revoke-after-job': 'false', 'expires-in': '70d' };

  test('lists the deleted keys with their cost in the summary of the post step', async () => {
    const old = [seed({ name: 'CI' }), seed({ name: 'CI #other1' })];
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
    expect(post.summary).toContain('✅ Deleted 2 OpenRouter API keys that the new one replaces');
    expect(post.summary).toContain('<td>Total</td><td align="right">at least $25.00</td>');
    for (const { label } of old) expect(post.summary).toContain(`<code>${label}</code>`);
  });

  /** What somebody writes where the default does not count. */
  const STATUS = { 'job-status': `\${{ job.status }}` };
  const FAILED = { jobStatus: 'failure' };
  const ON_FORGEJO = { env: { FORGEJO_ACTIONS: 'true' } };
  const GITEA_DEFAULT = `The input job-status is "success (default)". For Gitea, write job-status: ${STATUS['job-status']}`;

  // What counts as a success is tested in __tests__/actions/key/job-status.test.ts.
  test.each<[string, number, string[], inputs: Record<string, string>, RunOptions]>([
    ['failed', 2, [], {}, FAILED],
    ['has no status, as an expression without a value', 2, ['Whether'], { 'job-status': '' }, {}],
    ['failed on Gitea, which keeps the default', 2, [GITEA_DEFAULT], {}, { ...GITEA, ...FAILED }],
    ['succeeded on Gitea, with its status written', 1, [], STATUS, GITEA],
    ['succeeded on Forgejo', 2, ['Forgejo'], STATUS, ON_FORGEJO],
  ])('after a job that %s, leaves %i keys, and warns: %j', async (...row) => {
    const [, left, warnings, inputs, options] = row;
    seed({ name: 'CI' });
    const main = await createKey(KEPT);
    const post = await runPost(main, { ...KEPT, ...inputs }, options);
    expect(post.exitCode).toBe(0);
    expect(keys()).toHaveLength(left);
    const isKnownToHaveFailed = left === 2 && warnings.length === 0;
    expect(post.log.includes('The job has not succeeded: older keys stay.')).toBe(
      isKnownToHaveFailed,
    );
    expect(annotations(post, 'warning').map(({ data }) => data)).toEqual(
      warnings.map((text) => expect.stringContaining(text)),
    );
  });

  test.each([
    [1, ['✅ Deleted 1 OpenRouter API key that the new one replaces']],
    [2, []],
  ])(
    'fails the job if %i older keys cannot be deleted, and lists those that were',
    async (...row) => {
      const [count, deleted] = row;
      for (const name of ['CI', 'CI']) seed({ name });
      const main = await createKey(KEPT);
      for (let n = 0; n < count; n += 1) {
        key.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
      }
      const post = await runPost(main);
      expect(expectFailure(post)).toMatchObject({
        code: 'replaced-keys-not-deleted',
        title: `Could not delete ${count} of 2 replaced API keys: OpenRouter does not allow it (HTTP 403)`,
      });
      expect(post.summary.match(/✅ Deleted[^<]*/g) ?? []).toEqual(deleted);
    },
  );

  test('fails the job if the saved state is invalid, because both keys may work then', async () => {
    seed({ name: 'CI' });
    const main = { ...(await createKey(KEPT)), state: { task: '{"apiUrl":1}' } };
    expect(expectFailure(await runPost(main, KEPT)).code).toBe('state-invalid');
    const ofJob = await runPost(main, { replace: 'true' });
    expect(ofJob.exitCode).toBe(0);
    const { data } = annotations(ofJob, 'warning')[0] ?? {};
    expect(data).toContain('cannot read its saved state');
    expect(data).toContain('May still exist at OpenRouter: an API key, if the step created one.');
  });

  // Because both keys work then.
  test('fails the job if the management key of the post step is invalid', async () => {
    seed({ name: 'CI' });
    const post = await runPost(await createKey(KEPT), { ...KEPT, 'management-key': '' });
    expect(expectFailure(post).code).toBe('invalid-inputs');
    expect(keys()).toHaveLength(2);
  });
});

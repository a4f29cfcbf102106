import { randomBytes } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import type { Key } from '../../../../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { expectFailure } from '../../../support/harness.ts';
import { openSealedHarness, RUN } from '../../../support/sealed-harness.ts';
import { falseNotFound } from '../../../support/some-faults.ts';

const { harness, sealOne, unseal, end, keys } = openSealedHarness();

/** The outputs of a step that has opened a sealed key. */
const OUTPUTS = { hash: expect.any(String), workspace: expect.any(String) };

/** The key that is sealed. */
const own = () => keys().find(({ name }) => name.startsWith('CI #')) as Key;

describe('a key that is sealed', () => {
  test('is in no output but sealed-key, works in another job, and is ended by a third', async () => {
    const { step, sealed, inputs } = await sealOne();
    expect(step.outputs).not.toHaveProperty('key');
    expect(sealed).toMatch(/^ey/);
    const post = await harness.end('key', inputs, step, { env: RUN });
    expect(post.log).toContain('The API key is sealed for other jobs: its end is up to end-key.');
    expect(own().disabled).toBe(false);
    const unsealed = await unseal(sealed);
    expect(unsealed).toMatchObject({ exitCode: 0, annotations: [] });
    expect(unsealed.masks).toContain(unsealed.outputs['key']);
    seedUsage(harness.sandbox, own(), { credits: 0.5 });
    const ended = await end(sealed, { result: 'success' });
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
    expect(ended.log).toContain('Spent at least $0.50 of $5.00');
    expect(keys()).toEqual([]);
    const again = await end(sealed, { result: 'success' });
    expect(again).toMatchObject({ exitCode: 0, annotations: [] });
    expect(again.log).toMatch(/The API key "CI #.*" \(.*\) was ended before\./);
  });

  test.each(['failure', 'cancelled', ''])(
    'is ended by the post step if the job is %j',
    async (jobStatus) => {
      const { step, inputs } = await sealOne();
      await harness.end('key', inputs, step, { env: RUN, jobStatus: jobStatus as never });
      expect(keys()).toEqual([]);
    },
  );

  test('is ended by end-key although its job has failed, and says so if the post step was first', async () => {
    const { step, sealed, inputs } = await sealOne();
    await harness.end('key', inputs, step, { env: RUN, jobStatus: 'failure' });
    const ended = await end(sealed, { result: 'skipped' });
    expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
  });

  test('replaces older keys once the job that uses it has succeeded, and only then', async () => {
    const workspace = seedWorkspace(harness.sandbox, { slug: 'demo' });
    const older = seedKey(harness.sandbox, workspace, { name: 'CI #000000' });
    const kept = { replace: 'after-job', 'revoke-after-job': 'false', 'expires-in': '70d' };
    const { sealed } = await sealOne(kept);
    const missing = await end(sealed);
    expect(expectFailure(missing, {}).lines.join()).toContain('result is required');
    await end(sealed, { result: 'failure' });
    expect(keys()).toHaveLength(2);
    await end(sealed, { result: 'success' });
    expect(keys().map(({ hash }) => hash)).not.toContain(older.hash);
    expect(keys()).toHaveLength(1);
  });
});

/** Has OpenRouter fail the next `times` requests of each of `calls`. */
const fail = (status: number, times: number, ...calls: string[]) =>
  harness.sandbox.faults.push(
    ...calls.flatMap((on) =>
      Array.from({ length: times }, () => ({ on, kind: 'response' as const, status })),
    ),
  );

describe('end-key', () => {
  test('succeeds after a failure, although the post step has deleted the key that was to replace others', async () => {
    const workspace = seedWorkspace(harness.sandbox, { slug: 'demo' });
    const older = seedKey(harness.sandbox, workspace, { name: 'CI #000000' });
    const kept = { replace: 'after-job', 'revoke-after-job': 'false', 'expires-in': '70d' };
    const { sealed } = await sealOne(kept);
    harness.sandbox.account.keys.splice(0, 1);
    expect(await end(sealed, { result: 'skipped' })).toMatchObject({
      exitCode: 0,
      annotations: [],
    });
    expect(keys()).toEqual([older]);
    expect(expectFailure(await end(sealed, { result: 'success' }), OUTPUTS).code).toBe(
      'key-replaced',
    );
  });

  test('deletes a key that OpenRouter does not find for a moment', async () => {
    const { sealed } = await sealOne();
    for (const on of ['PATCH /keys/:hash', 'DELETE /keys/:hash', 'GET /keys/:hash']) {
      harness.sandbox.faults.push(falseNotFound(on));
    }
    expect(await end(sealed)).toMatchObject({ exitCode: 0, annotations: [] });
    expect(keys()).toEqual([]);
  });

  test('deletes a key that OpenRouter cannot read', async () => {
    const { sealed } = await sealOne();
    fail(503, 40, 'GET /keys/:hash');
    expect(await end(sealed)).toMatchObject({ exitCode: 0, annotations: [] });
    expect(keys()).toEqual([]);
    harness.sandbox.faults.length = 0;
  });

  test('fails again as long as a key is left whose secret was lost', async () => {
    fail(500, 1, 'POST /keys');
    const { sealed } = await sealOne();
    // The first POST is applied late.
    const { name, workspace_id: id } = own();
    seedKey(harness.sandbox, { id }, { name });
    for (const _ of [1, 2]) {
      fail(403, 1, 'GET /keys');
      const { lines } = expectFailure(await end(sealed), OUTPUTS);
      expect(lines.join()).toContain('whose secret was lost');
      expect(keys()).toHaveLength(1);
    }
    expect(await end(sealed)).toMatchObject({ exitCode: 0 });
    expect(keys()).toEqual([]);
  });

  test('warns in the summary, too, that the limit was used up', async () => {
    const { sealed } = await sealOne();
    seedUsage(harness.sandbox, own(), { credits: 5 });
    const ended = await end(sealed);
    expect(ended.annotations).toMatchObject([{ level: 'warning' }]);
    expect(ended.summary).toContain('the limit of the API key is used up');
  });

  test('ends the key even if its outputs cannot be written', async () => {
    const { sealed } = await sealOne();
    const ended = await end(sealed, {}, { GITHUB_OUTPUT: '/nonexistent/output' });
    expect(ended.exitCode).toBe(1);
    expect(keys()).toEqual([]);
  });

  test('says that a key may be left if its inputs are invalid', async () => {
    const { sealed } = await sealOne();
    const { lines } = expectFailure(await end(sealed, { result: 'Success' }));
    expect(lines.join()).toContain('must be the result of a job');
    expect(lines.join()).toContain('May still exist at OpenRouter: the sealed API key');
    expect(keys()).toHaveLength(1);
  });

  test.each([
    ['success, success', true],
    ['success, failure', false],
    ['success, skipped', false],
  ])('counts several results as one: %s', async (result, hasSucceeded) => {
    const workspace = seedWorkspace(harness.sandbox, { slug: 'demo' });
    seedKey(harness.sandbox, workspace, { name: 'CI #000000' });
    const kept = { replace: 'after-job', 'revoke-after-job': 'false', 'expires-in': '70d' };
    const { sealed } = await sealOne(kept);
    expect(await end(sealed, { result })).toMatchObject({ exitCode: 0 });
    expect(keys()).toHaveLength(hasSucceeded ? 1 : 2);
  });
});

test('end-key with none succeeds without any secret', async () => {
  const step = await end('none', { 'management-key': '' });
  expect(step).toMatchObject({ exitCode: 0, annotations: [], outputs: {} });
  expect(harness.sandbox.requests).toEqual([]);
});

test('end-key without a sealed key fails, and says until when there may be a key that works', async () => {
  const { code, lines } = expectFailure(await end(''));
  expect(code).toBe('sealed-key-empty');
  expect(lines.join()).toContain('works until its expires-in');
});

test.each([
  ['another management key', { 'management-key': 'sk-or-v1-another' }, {}],
  ['another run', {}, { GITHUB_RUN_ID: '17000000002' }],
])(
  'end-key does not open what ends a key with %s, and sends no request',
  async (_, inputs, env) => {
    const { sealed } = await sealOne();
    harness.sandbox.requests.length = 0;
    const { code, lines } = expectFailure(await end(sealed, inputs, env));
    expect(code).toBe('sealed-key-mismatch');
    expect(lines.join()).toContain('works until its expires-in');
    expect(harness.sandbox.requests).toEqual([]);
  },
);

test.each([
  ['empty', ''],
  ['a password', 'correct horse battery staple'],
  ['hexadecimal', '0'.repeat(64)],
  ['too short', randomBytes(31).toString('base64')],
])('a seal that is %s is an invalid input, and is not shown', async (_, text) => {
  seedWorkspace(harness.sandbox, { slug: 'demo' });
  const step = await harness.run('key', { workspace: 'demo', seal: text }, RUN);
  const { lines } = expectFailure(step, {});
  expect(lines.join()).toContain('openssl rand -base64 32');
  if (text) expect(step.log + step.summary).not.toContain(text);
});

import { describe, expect, test } from '@jest/globals';
import type { Key } from '../../../../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { foldGroups } from '../../../../sandbox/runner/log.ts';
import { formatExpiry } from '../../../../src/actions/key/expiry.ts';
import { annotations } from '../../../support/harness.ts';
import {
  CREATE,
  expectCreated,
  expectNoSecret,
  LIST,
  LOOKUP,
  openKeyHarness,
  READ,
} from '../../../support/key-harness.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls } = key;

describe('the post step of the key action', () => {
  test('The post step revokes the key that was created, whatever the inputs are by then', async () => {
    const main = await createKey();
    seedKey(key.sandbox, key.workspace, { name: 'Bystander' });
    const post = await runPost(main, {
      workspace: 'elsewhere',
      name: 'Bystander',
      'revoke-after-job': 'false',
      'api-url': 'https://elsewhere.example/v1',
      timeout: 'nonsense',
    });
    expect(post.exitCode).toBe(0);
    expect(keys().map(({ name }) => name)).toEqual(['Bystander']);
  });

  test('With revoke-after-job: false, the post step only reports what the key has spent', async () => {
    const main = await createKey({ 'revoke-after-job': 'false' });
    expectCreated(main, keys());
    expect(main.log).toContain('The key is not revoked after the job.');
    expect(main.summary).toContain('<td>When the job ends</td><td>it stays</td>');
    const post = await runPost(main);
    expect(post).toMatchObject({ exitCode: 0, stderr: '' });
    const log = foldGroups(post.log.split('\n'));
    expect(log).toEqual([
      '▸ Requests',
      `Spending not yet counted (API key "${main.outputs['name']}").`,
      `OpenRouter can count what is spent up to an hour late. To read the amount then, run the action usage with key-hash ${main.outputs['hash']} and without workspace.`,
    ]);
    expect(keys()).toHaveLength(1);
    expect(calls()).toEqual([LOOKUP, LIST, CREATE, READ]);
  });

  test('A key that cannot be revoked is named in a warning, with its hash, label and expiry', async () => {
    const main = await createKey();
    const post = await runPost(main, { 'management-key': '' });
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    const { name, label, hash, 'expires-at': expiresAt } = main.outputs;
    expect(warning?.data).toContain('management-key is required, and is empty');
    expect(warning?.data).toContain(
      `May still exist at OpenRouter: the API key "${name}" (${label}), hash ${hash}, may work until ${formatExpiry(expiresAt ?? '')}.`,
    );
    expect(keys()).toHaveLength(1);
    expectNoSecret(post);
  });
});

test('after the job, what a key has spent is in the summary, and only a log line says that it is unknown', async () => {
  const main = await createKey({ 'revoke-after-job': 'false' });
  seedUsage(key.sandbox, keys()[0] as Key, { credits: 0.3 });
  expect((await runPost(main)).summary).toContain(
    `<h3>💵 Spent at least $0.30 at OpenRouter so far</h3>\n<p>Post step of key, after the job.</p>\n<p>OpenRouter can count what is spent up to an hour late. To read the amount then, run the action usage with key-hash ${main.outputs['hash']} and without workspace.</p>\n<details><summary>Name of the API key</summary>\n<p><code>${main.outputs['name']}</code></p>\n</details>`,
  );
  const ended = await runPost(await createKey());
  expect(ended.summary).toContain('<p>The API key does not work any more.</p>');
  const post = await runPost(main, { 'management-key': '' });
  expect(post.exitCode).toBe(0);
  expect(annotations(post, 'warning')).toEqual([]);
  expect(post.log).toMatch(/^management-key is required/m);
});

import { describe, expect, test } from '@jest/globals';
import { seedKey } from '../../../../sandbox/openrouter/seed.ts';
import { annotations } from '../../../support/harness.ts';
import {
  CREATE,
  DELETE,
  expectCreated,
  expectNoSecret,
  LIST,
  LOOKUP,
  openKeyHarness,
  READ,
} from '../../../support/key.ts';

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

  test('The post step revokes the key before that of an earlier step deletes the workspace', async () => {
    const { harness } = key;
    const created = await harness.create({ slug: 'of-the-job', 'delete-after-job': 'true' });
    const main = await createKey({ workspace: created.outputs['id'] ?? '' });
    expectCreated(main, keys());
    // Post steps run last to first.
    for (const post of [await runPost(main), await harness.post(created)]) {
      expect(annotations(post, 'warning')).toEqual([]);
    }
    expect(key.sandbox.account.workspaces.map(({ slug }) => slug)).not.toContain('of-the-job');
  });

  test('With revoke-after-job: false, the post step only reports what the key has spent', async () => {
    const main = await createKey({ 'revoke-after-job': 'false' });
    expectCreated(main, keys());
    expect(main.log).toContain('The key is not revoked after the job.');
    expect(main.summary).toContain('<td>Revoked after the job</td><td>no</td>');
    const post = await runPost(main);
    expect(post).toMatchObject({ exitCode: 0, log: 'Spent $0.00 (API key "CI").', stderr: '' });
    expect(keys()).toHaveLength(1);
    expect(calls()).toEqual([LOOKUP, LIST, CREATE, READ]);
  });

  test('A key that cannot be revoked is named in a warning, with its hash, label and expiry', async () => {
    const main = await createKey();
    const post = await runPost(main, { 'management-key': '' });
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    const { label, hash, 'expires-at': expiresAt } = main.outputs;
    expect(warning?.data).toContain('management-key is required, and is empty');
    expect(warning?.data).toContain(
      `May still exist at OpenRouter: the API key "CI" (${label}), hash ${hash}, expires at ${expiresAt}.`,
    );
    expect(keys()).toHaveLength(1);
    expectNoSecret(post);
  });

  test('A revocation that is rejected is a warning with what is left, and not with what was done', async () => {
    key.scheduleFaults({ on: CREATE, kind: 'reset' });
    const main = await createKey();
    key.scheduleFaults({ on: DELETE, kind: 'response', status: 403 });
    const post = await runPost(main);
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.data).toContain(`the API key "CI" (${main.outputs['label']}), hash `);
    expect(warning?.data).not.toContain('whose secret was lost');
    expect(warning?.data).not.toContain('Nothing was changed');
    expect(keys()).toHaveLength(1);
  });
});

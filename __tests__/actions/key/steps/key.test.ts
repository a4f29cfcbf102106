import { describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { foldGroups } from '../../../../sandbox/runner/log.ts';
import { declaredOutputs } from '../../../support/harness.ts';
import {
  CREATE,
  DELETE,
  DISABLE,
  expectCreated,
  expectFailed,
  expectNoSecret,
  LIST,
  LOOKUP,
  openKeyHarness,
  SLUG,
} from '../../../support/key-harness.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls, posted } = key;

describe('a key step', () => {
  test('A key is created in the workspace, output, and revoked when the job ends', async () => {
    const bystander = seedWorkspace(key.sandbox, { slug: 'preview-43', keys: 1 });
    const main = await createKey();
    expectCreated(main, keys());
    expect(calls()).toEqual([LOOKUP, LIST, CREATE]);
    const [created] = keys();
    const name = created?.name;
    expect(name).toMatch(/^CI #[\da-z]{6}$/);
    expect(created).toMatchObject({ workspace_id: key.workspace.id, limit: null });
    const declared = await declaredOutputs('key');
    expect([...Object.keys(main.outputs), 'sealed-key'].sort()).toEqual(declared.sort());
    expect(main.outputs).toEqual({
      key: expect.stringMatching(/^sk-or-v1-[0-9a-f]{64}$/),
      name,
      hash: created?.hash,
      label: created?.label,
      'expires-at': created?.expires_at,
      'workspace-id': key.workspace.id,
      'workspace-slug': SLUG,
    });
    expect(posted()).toEqual([
      { name, workspace_id: key.workspace.id, expires_at: created?.expires_at },
    ]);
    const post = await runPost(main);
    expect(post).toMatchObject({ exitCode: 0, stderr: '' });
    expect(foldGroups(post.log.split('\n'))).toEqual([
      '▸ Requests',
      `Revoked the API key "${name}" (${created?.label}), hash ${created?.hash}.`,
      `Spending not yet counted (API key "${name}").`,
      `OpenRouter can count what is spent up to an hour late. To read the amount then, run the action usage with key-hash ${created?.hash} and without workspace.`,
    ]);
    expect(calls().slice(3)).toEqual([DISABLE, DELETE]);
    expect(keys().map(({ workspace_id }) => workspace_id)).toEqual([bystander.id]);
  });

  test('The summary describes the key without its secret', async () => {
    const main = await createKey({ 'limit-usd': '2.5', 'limit-reset': 'weekly' });
    const rows = [...main.summary.matchAll(/<tr><td>(.*?)<\/td><td>(.*?)<\/td><\/tr>/g)];
    expect(rows.map(([, field, value]) => [field, value?.replace(/<\/?code>/g, '')])).toEqual([
      ['Workspace', '<a href="https://openrouter.ai/workspaces/preview-42">preview-42</a>'],
      [
        'Expires',
        expect.stringMatching(/^\d+\u00a0[A-Z][a-z]{2}\u00a0(\d{4}\u00a0)?\d\d:\d\d\u00a0UTC$/),
      ],
      ['When the job ends', 'it is revoked'],
    ]);
    expect(main.summary).toContain('<h3>✅ Created an OpenRouter API key with $2.50 weekly</h3>');
    expect(main.summary).toContain(
      `<summary>Name of the API key</summary>\n<p><code>${main.outputs['name']}</code></p>\n<p>Label: <code>${main.outputs['label']}</code></p>`,
    );
    expect(main.summary).not.toContain(main.outputs['hash']);
    expectNoSecret(main);
  });

  test.each(['3.33', '3.3333333333333335'])(
    'A key whose response was lost is found and deleted with limit-usd: %s',
    async (limit) => {
      key.scheduleFaults({ on: CREATE, kind: 'reset', applied: true });
      const main = await createKey({ 'limit-usd': limit, 'revoke-after-job': 'false' });
      expectCreated(main, keys());
      expect(main.log).toContain(`Deleted the orphaned API key "${main.outputs['name']}"`);
      expect(keys().map(({ hash }) => hash)).toEqual([main.outputs['hash']]);
    },
  );

  test('No key is created in a workspace that does not exist', async () => {
    const { title, message } = expectFailed(await createKey({ workspace: 'nowhere' }));
    expect(title).toBe('The workspace "nowhere" does not exist');
    expect(message).toMatch(/^Check the id or slug for a typo\. Otherwise, create the workspace/m);
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(calls()).toEqual([LOOKUP, LOOKUP]);
  });
});

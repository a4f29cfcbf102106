import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { readManifest } from '../../sandbox/runner/runner.ts';
import { annotations, ROOT } from '../support/harness.ts';
import {
  CREATE,
  DELETE,
  expectCreated,
  expectFailed,
  expectNoSecret,
  HOUR_MS,
  LIST,
  LOOKUP,
  openKeyHarness,
  READ,
  SLUG,
} from '../support/key.ts';
import { onNth } from '../support/on-nth.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls, posted } = key;

describe('a key step', () => {
  test('A key is created in the workspace, output, and revoked when the job ends', async () => {
    const bystander = seedWorkspace(key.sandbox, { slug: 'preview-43', keys: 1 });
    const main = await createKey();
    expectCreated(main, keys());
    expect(calls()).toEqual([LOOKUP, LIST, CREATE]);
    const [created] = keys();
    expect(created).toMatchObject({ name: 'CI', workspace_id: key.workspace.id, limit: null });
    expect(main.outputs).toEqual({
      key: expect.stringMatching(/^sk-or-v1-[0-9a-f]{64}$/),
      name: 'CI',
      hash: created?.hash,
      label: created?.label,
      'expires-at': created?.expires_at,
      'workspace-id': key.workspace.id,
      'workspace-slug': SLUG,
    });
    expect(posted()).toEqual([
      { name: 'CI', workspace_id: key.workspace.id, expires_at: created?.expires_at },
    ]);
    expect(main.log.split('\n')).toEqual([
      'Creating the API key "CI" in the workspace preview-42.',
      `The workspace is preview-42, id ${key.workspace.id}. It has 0 API keys, 0 with that name.`,
      expect.stringMatching(
        new RegExp(
          `^Created in \\d+\\.\\d s: ${created?.label}, hash ${created?.hash}, expires at `,
        ),
      ),
      'The key is revoked when the job ends.',
    ]);

    const post = await runPost(main);
    expect(post).toMatchObject({ exitCode: 0, stderr: '' });
    expect(post.log.split('\n')).toEqual([
      'Spent $0.00 (API key "CI").',
      `Revoked the API key "CI" (${created?.label}), hash ${created?.hash}.`,
    ]);
    expect(calls().slice(3)).toEqual([READ, DELETE]);
    expect(keys().map(({ workspace_id }) => workspace_id)).toEqual([bystander.id]);
  });

  test('The summary describes the key without its secret', async () => {
    const main = await createKey({ 'limit-usd': '2.5', 'limit-reset': 'weekly' });
    const rows = [...main.summary.matchAll(/<tr><td>(.*?)<\/td><td>(.*?)<\/td><\/tr>/g)];
    expect(rows.map(([, field, value]) => [field, value?.replace(/<\/?code>/g, '')])).toEqual([
      ['Name', 'CI'],
      ['Label', main.outputs['label']],
      ['Hash', main.outputs['hash']],
      ['Workspace', `preview-42 (${key.workspace.id})`],
      ['Limit', '$2.5, resets weekly'],
      ['Expires', main.outputs['expires-at']],
      ['Revoked after the job', 'yes'],
    ]);
    expect(main.summary).toContain('<h3>✅ Created the OpenRouter API key CI</h3>');
    expectNoSecret(main);
  });

  test('Each output that key/action.yml declares is set, and no other', async () => {
    const { outputs = {} } = await readManifest(join(ROOT, 'key'));
    const main = await createKey();
    expect(Object.keys(main.outputs).sort()).toEqual(Object.keys(outputs).sort());
  });

  test.each<[string, Record<string, string>, object]>([
    ['limit-usd: 5', { 'limit-usd': '5' }, { limit: 5 }],
    ['limit-usd: 0', { 'limit-usd': '0' }, { limit: 0 }],
    [
      'every field',
      { 'limit-usd': '0.5', 'limit-reset': 'monthly', 'include-byok-in-limit': 'false' },
      { limit: 0.5, limit_reset: 'monthly', include_byok_in_limit: false },
    ],
    ['expires-in: never', { 'expires-in': 'never' }, { expires_at: null }],
  ])('With %s, exactly the given fields are sent', async (_, inputs, fields) => {
    const main = await createKey(inputs);
    expectCreated(main, keys());
    const [created] = keys();
    expect(posted()).toEqual([
      {
        name: 'CI',
        workspace_id: key.workspace.id,
        expires_at: created?.expires_at,
        ...fields,
      },
    ]);
    expect(created).toMatchObject(fields);
    expect(main.outputs['expires-at']).toBe(created?.expires_at ?? '');
    expect(main.log).toContain(created?.expires_at ? 'expires at ' : 'never expires');
    expect(annotations(main, 'warning')).toEqual([]);
  });

  test.each([
    ['id', () => key.workspace.id],
    ['slug', () => SLUG],
  ])('The workspace is found by its %s, and its id is used from then on', async (_, written) => {
    const main = await createKey({ workspace: written() });
    expectCreated(main, keys());
    expect(main.outputs).toMatchObject({
      'workspace-id': key.workspace.id,
      'workspace-slug': SLUG,
    });
    const [lookup, list] = key.sandbox.requests;
    expect(lookup?.path).toBe(`/workspaces/${written()}`);
    expect(list?.path).toContain(`workspace_id=${key.workspace.id}&`);
  });

  test('No key is created in a workspace that does not exist', async () => {
    const { title, message } = expectFailed(await createKey({ workspace: 'nowhere' }));
    expect(title).toBe('The workspace nowhere does not exist');
    expect(message).toMatch(/^Check workspace for a typo\. Otherwise, create the workspace/m);
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(calls()).toEqual([LOOKUP, LOOKUP]);
  });

  /** Has the next key be created with other values than requested. Returns the key. */
  function createWith(fields: object): Key {
    const created = seedKey(key.sandbox, key.workspace, { name: 'CI' });
    keys().length = 0;
    const secret = `sk-or-v1-${'0'.repeat(64)}`;
    const body = JSON.stringify({ data: { ...created, ...fields }, key: secret });
    key.scheduleFaults({ on: CREATE, kind: 'response', status: 201, body });
    onNth(key.sandbox, CREATE, 1, () => keys().push(created));
    return created;
  }

  test('A key with looser values than requested is revoked, output nowhere, and a failure that lists them', async () => {
    const { label } = createWith({
      limit: null,
      limit_reset: 'daily',
      include_byok_in_limit: false,
      expires_at: null,
    });
    const inputs = { 'limit-usd': '5', 'limit-reset': 'weekly', 'include-byok-in-limit': 'true' };
    const main = await createKey({ ...inputs, 'revoke-after-job': 'false' });
    const { title, message } = expectFailed(main);
    expect(title).toBe(`The API key "CI" (${label}) is not limited as requested`);
    expect(message.split('\n')).toEqual([
      'OpenRouter created it with other values than requested:',
      'limit: 5 → null',
      'limit_reset: "weekly" → "daily"',
      'include_byok_in_limit: true → false',
      expect.stringMatching(/^expires_at: "20.*Z" → null$/),
      'It was revoked. No other step has its secret.',
      "Run this again. If it fails again, contact OpenRouter's support.",
      expect.stringMatching(/^See https:.*#unexpected-key-values$/),
    ]);
    expect(keys()).toEqual([]);
    expect(await runPost(main)).toMatchObject({ exitCode: 0, log: '' });
  });

  test('A key with stricter values than requested is a warning that lists them', async () => {
    const { label } = createWith({ limit: 4, expires_at: undefined });
    const main = await createKey({ 'limit-usd': '5' });
    expect(main.exitCode).toBe(0);
    const [warning] = annotations(main, 'warning');
    expect(warning?.properties['title']).toBe(
      `The API key "CI" (${label}) has other values than requested`,
    );
    expect(warning?.data.split('\n').slice(1)).toEqual([
      'OpenRouter returned other values:',
      'limit: 5 → 4',
      expect.stringMatching(/^expires_at: "20.*Z" → not returned$/),
      expect.stringMatching(/^See https:.*#unexpected-key-fields$/),
    ]);
  });
});

describe('the expiry of a key', () => {
  const seconds = (ms: number) => Math.floor(ms / 1_000);

  test.each<[string, Record<string, string>, number]>([
    ['6 hours by default', {}, 6 * HOUR_MS],
    ['1 minute with expires-in: 1m', { 'expires-in': '1m' }, HOUR_MS / 60],
    ['3650 days with expires-in: 3650d', { 'expires-in': '3650d' }, 3650 * 24 * HOUR_MS],
  ])("A key expires after %s, by the server's clock", async (_, inputs, lifetime) => {
    const serverTime = seconds(Date.now() + 20 * HOUR_MS) * 1_000;
    key.setServerTime(serverTime);
    const main = await createKey(inputs);
    expectCreated(main, keys());
    const expiry = Date.parse(main.outputs['expires-at'] ?? '');
    expect(seconds(expiry)).toBe(seconds(serverTime + lifetime));
    // The milliseconds are random, and distinguish it from the keys of other jobs.
    expect(expiry % 1_000).not.toBe(0);
  });

  test("A key expires by the runner's clock if the server sends no Date", async () => {
    for (const [on, data] of [
      [LOOKUP, key.workspace],
      [LIST, []],
    ] as const) {
      const body = JSON.stringify({ data });
      key.scheduleFaults({ on, kind: 'response', status: 200, headers: { date: '-' }, body });
    }
    key.scheduleFaults({ on: CREATE, kind: 'reset', applied: true });
    const before = Date.now();
    const main = await createKey();
    const after = Date.now();
    expectCreated(main, keys());
    const desired = seconds(Date.parse(main.outputs['expires-at'] ?? '') - 6 * HOUR_MS);
    expect(desired).toBeGreaterThanOrEqual(seconds(before));
    expect(desired).toBeLessThanOrEqual(seconds(after));
    await runPost(main);
    expect(keys()).toEqual([]);
  });
});

test('Without a name, each job of a matrix creates a key with a name of its own', async () => {
  const env = {
    GITHUB_REPOSITORY: 'octo-org/app',
    GITHUB_WORKFLOW: `${'🧪'.repeat(60)}cut`,
    GITHUB_RUN_ID: '7',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_JOB: 'test',
  };
  const steps = await Promise.all([1, 2, 3].map(() => createKey({ name: '' }, env)));
  for (const step of steps) expectCreated(step, keys());
  const names = keys().map(({ name }) => name);
  expect(steps.map(({ outputs }) => outputs['name']).sort()).toEqual(names.toSorted());
  expect(new Set(names).size).toBe(3);
  for (const name of names) {
    expect(name).toMatch(/^octo-org\/app \/ (🧪){60} \/ 7\.2 \/ test \/ [0-9a-z]{6}$/u);
  }
});

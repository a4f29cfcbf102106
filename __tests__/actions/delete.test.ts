import { beforeEach, describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace, type WorkspaceFixture } from '../../sandbox/openrouter/seed.ts';
import { type RecordedRequest, startSandbox } from '../../sandbox/openrouter/server.ts';
import { annotations, expectFailure, openHarness, printedBy } from '../support/harness.ts';

/** What somebody else does while a step runs: called after each exchange. */
let meanwhile: (request: RecordedRequest) => void = () => undefined;
const harness = openHarness({ onExchange: (request) => meanwhile(request) });

const SLUG = 'preview-42';
const DELETE_KEY = 'DELETE /keys/:hash';
const DELETE_WORKSPACE = 'DELETE /workspaces/:id';

beforeEach(() => {
  const { account, requests, faults } = harness.sandbox;
  meanwhile = () => undefined;
  account.workspaces.length = 1;
  for (const list of [account.keys, requests, faults]) list.length = 0;
});

const give = (given: Partial<WorkspaceFixture> = {}) =>
  seedWorkspace(harness.sandbox, { slug: SLUG, ...given });
const remove = (inputs: Record<string, string> = {}) =>
  harness.run('delete', { workspace: SLUG, ...inputs });
const exists = (slug = SLUG) =>
  harness.sandbox.account.workspaces.some((workspace) => workspace.slug === slug);
const keys = () => harness.sandbox.account.keys;
const calls = () =>
  harness.sandbox.requests.map(({ method, path }) => harness.sandbox.account.callOf(method, path));
const known = ({ id, slug }: Workspace) => ({ id, slug });

const gone = (workspace: Workspace, deletedKeys = 0) => ({
  ...known(workspace),
  deleted: 'true',
  'deleted-keys': String(deletedKeys),
});
const EXPIRED = { expires_at: '2020-01-01T00:00:00.000Z' };
const NOTHING_DELETED = { deleted: 'false', 'deleted-keys': '0' };

describe('a workspace without keys', () => {
  test('is looked up, looked through, deleted, and looked for', async () => {
    const workspace = give();
    const bystander = seedWorkspace(harness.sandbox, { slug: 'preview-43', keys: 1 });
    const step = await remove();
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toEqual(gone(workspace));
    expect(calls()).toEqual([
      'GET /workspaces/:id',
      'GET /keys',
      DELETE_WORKSPACE,
      'GET /workspaces/:id',
    ]);
    expect(exists()).toBe(false);
    expect(exists(bystander.slug)).toBe(true);
    expect(keys()).toHaveLength(1);
    expect(step.log.split('\n')).toEqual([
      'Asked to delete the workspace preview-42.',
      `It is "Preview", slug preview-42, id ${workspace.id}.`,
      expect.stringMatching(/^Deleted it, in \d+\.\d s\. API keys deleted: 0\.$/),
    ]);
    expect(step.summary).toContain('<h3>✅ Deleted the OpenRouter workspace Preview</h3>');
    expect(annotations(step)).toEqual([]);
    expect(annotations(step, 'warning')).toEqual([]);
  });

  test('is found by its id', async () => {
    const workspace = give();
    expect((await remove({ workspace: workspace.id })).outputs).toEqual(gone(workspace));
  });

  test('is found by its id in capitals, where OpenRouter finds it', async () => {
    const workspace = give();
    // The sandbox takes an id as it is; OpenRouter's own may not mind.
    const body = JSON.stringify({ data: workspace });
    harness.sandbox.faults.push({ on: 'GET /workspaces/:id', kind: 'answer', status: 200, body });
    const step = await remove({ workspace: workspace.id.toUpperCase() });
    expect(step.outputs).toEqual(gone(workspace));
  });
});

describe('API keys', () => {
  test('block the deletion: each is named, and the input that would delete them', async () => {
    const workspace = give({ keys: 3 });
    const [disabled] = keys();
    if (disabled) disabled.disabled = true;
    const step = await remove();
    const { title, message } = expectFailure(step, { ...known(workspace), ...NOTHING_DELETED });
    expect(title).toBe('The workspace preview-42 has 3 API keys, and delete-keys is false');
    for (const { name, label } of keys()) {
      expect(message).toContain(`"${name}" (${label})`);
      expect(step.summary).toContain(`<td><code>${name}</code></td><td><code>${label}</code></td>`);
    }
    expect(message).toContain('With delete-keys: true they would be deleted first');
    expect(message).toContain('Nothing was deleted.');
    expect(calls()).toEqual(['GET /workspaces/:id', 'GET /keys']);
    expect(exists()).toBe(true);
    expect(keys()).toHaveLength(3);
  });

  test('are deleted if that is asked for, disabled ones too, and none of another workspace', async () => {
    const workspace = give({ keys: 3 });
    const [disabled] = keys();
    if (disabled) disabled.disabled = true;
    seedWorkspace(harness.sandbox, { slug: 'preview-43', keys: 2 });
    const step = await remove({ 'delete-keys': 'true' });
    expect(step.outputs).toEqual(gone(workspace, 3));
    expect(calls()).toEqual([
      'GET /workspaces/:id',
      'GET /keys',
      DELETE_KEY,
      DELETE_KEY,
      DELETE_KEY,
      'GET /keys',
      DELETE_WORKSPACE,
      'GET /workspaces/:id',
    ]);
    expect(keys().map(({ name }) => name)).toEqual(['Key 2', 'Key 1']);
    expect(step.log).toContain(`Deleted the API key "Key 1" (${'sk-or-v1-'}`);
  });

  describe('that have expired', () => {
    const giveExpired = () => {
      const workspace = give();
      return { workspace, key: seedKey(harness.sandbox, workspace, { name: 'Old', ...EXPIRED }) };
    };

    test('block the deletion, and are named', async () => {
      const { workspace, key } = giveExpired();
      const step = await remove();
      const { title, message } = expectFailure(step, { ...known(workspace), ...NOTHING_DELETED });
      expect(title).toBe('The workspace preview-42 has 1 API key, and delete-keys is false');
      expect(message).toContain(`"Old" (${key.label})`);
      expect(keys()).toEqual([key]);
    });

    test('are deleted with delete-keys: true', async () => {
      const { workspace } = giveExpired();
      const step = await remove({ 'delete-keys': 'true' });
      expect(step.outputs).toEqual(gone(workspace, 1));
      expect([exists(), keys()]).toEqual([false, []]);
    });

    test('are named and deleted where OpenRouter would delete the workspace regardless', async () => {
      const other = await startSandbox({ expiredKeysBlockDeletion: false });
      const workspace = seedWorkspace(other, { slug: SLUG });
      seedKey(other, workspace, { name: 'Old', ...EXPIRED });
      const inputs = { 'management-key': other.managementKey, 'api-url': other.url };
      const refused = await remove(inputs);
      const deleted = await remove({ ...inputs, 'delete-keys': 'true' });
      await other.close();
      expect(expectFailure(refused, expect.anything()).message).toContain('"Old"');
      expect(deleted.outputs).toEqual(gone(workspace, 1));
    });
  });

  test('are deleted by the thousand', async () => {
    const workspace = give({ keys: 2_050 });
    const step = await remove({ 'delete-keys': 'true' });
    expect(step.outputs).toEqual(gone(workspace, 2_050));
    expect(step.stderr).toBe('');
    expect(exists()).toBe(false);
    // Twenty full pages that overlap by one, the last, and one more look.
    expect(calls().filter((call) => call === 'GET /keys')).toHaveLength(22);
  });

  test('are counted in an annotation where there are too many for it', async () => {
    give({ keys: 130 });
    const { title, message } = expectFailure(await remove(), expect.anything());
    expect(title).toContain('has 130 API keys');
    expect(message).toContain('… and 110 more');
  });

  test.each<[string, string, number]>([
    ['while the others are deleted', DELETE_KEY, 1],
    ['after the last look for them', 'GET /keys', 2],
  ])('that are made %s are deleted too', async (_, call, count) => {
    const workspace = give({ keys: 2 });
    let seen = 0;
    meanwhile = ({ method, path }) => {
      if (harness.sandbox.account.callOf(method, path) !== call) return;
      seen += 1;
      if (seen === count) seedKey(harness.sandbox, workspace, { name: 'Late' });
    };
    const step = await remove({ 'delete-keys': 'true' });
    expect(step.outputs).toEqual(gone(workspace, 3));
    expect(exists()).toBe(false);
    expect(keys()).toEqual([]);
  });

  test('that are made after the look are named, where they are not to be deleted', async () => {
    const workspace = give();
    meanwhile = ({ path }) => {
      if (path.startsWith('/keys') && keys().length === 0)
        seedKey(harness.sandbox, workspace, { name: 'Late' });
    };
    const { title, message } = expectFailure(await remove(), {
      ...known(workspace),
      ...NOTHING_DELETED,
    });
    expect(title).toBe('The workspace preview-42 has 1 API key, and delete-keys is false');
    expect(message).toContain('"Late"');
  });

  test('that never cease to be made are red', async () => {
    const workspace = give({ keys: 1 });
    meanwhile = ({ method }) => {
      if (method === 'DELETE') seedKey(harness.sandbox, workspace);
    };
    const step = await remove({ 'delete-keys': 'true' });
    const { title } = expectFailure(step, {
      ...known(workspace),
      deleted: 'false',
      'deleted-keys': '5',
    });
    expect(title).toBe('API keys keep being made in the workspace preview-42');
  });

  test('of another workspace are never deleted, whatever the server lists', async () => {
    give({ keys: 1 });
    const others = seedWorkspace(harness.sandbox, { slug: 'production', keys: 2 });
    const data = keys().filter(({ workspace_id }) => workspace_id === others.id);
    const body = JSON.stringify({ data });
    for (let count = 0; count < 30; count += 1) {
      harness.sandbox.faults.push({ on: 'GET /keys', kind: 'answer', status: 200, body });
    }
    const step = await remove({ 'delete-keys': 'true', timeout: '2s' });
    expect(step.exitCode).toBe(1);
    expect(keys()).toHaveLength(3);
    expect(step.log).toContain(`it had a key of the workspace ${others.id}`);
  });
});

test.each(['..', 'default', 'preview-43'])('an id that is none is refused: %s', async (id) => {
  const workspace = { ...give({ keys: 1 }), id };
  const body = JSON.stringify({ data: workspace });
  harness.sandbox.faults.push({ kind: 'answer', status: 200, body });
  const step = await remove({ 'delete-keys': 'true' });
  expect(expectFailure(step, expect.anything()).title).toBe(
    'The workspace preview-42 has an id that is not a UUID',
  );
  expect(calls()).toEqual(['GET /workspaces/:id']);
});

test('a hash that leads out of its path is refused', async () => {
  give({ keys: 1 });
  const [key] = keys();
  if (key) key.hash = '..';
  const step = await remove({ 'delete-keys': 'true', timeout: '1s' });
  expect(step.exitCode).toBe(1);
  expect(step.log).toContain('it lacked data.0.hash');
  expect(calls()).not.toContain(DELETE_KEY);
});

describe('what is gone already is no failure', () => {
  test('before the step', async () => {
    const step = await remove();
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toEqual(NOTHING_DELETED);
    expect(step.log).toContain('There is none: it is gone already.');
    expect(step.summary).toContain('✅ Gone already: the OpenRouter workspace preview-42');
  });

  test.each(['GET /workspaces/:id', 'GET /keys', DELETE_KEY])('after %s', async (call) => {
    const workspace = give({ keys: 1 });
    const { account } = harness.sandbox;
    meanwhile = ({ method, path }) => {
      if (account.callOf(method, path) !== call) return;
      account.workspaces.length = 1;
      keys().length = 0;
    };
    const step = await remove({ 'delete-keys': 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ ...known(workspace), deleted: 'true' });
  });

  test('but not where OpenRouter denies what it shows', async () => {
    const workspace = give();
    const body = '{"error":{"code":404,"message":"Not Found"}}';
    harness.sandbox.faults.push({ on: DELETE_WORKSPACE, kind: 'answer', status: 404, body });
    const step = await remove();
    const { title } = expectFailure(step, { ...known(workspace), ...NOTHING_DELETED });
    expect(title).toBe('The workspace preview-42 is still there');
  });

  test('but a page that says 404 is no word of the API', async () => {
    const body = '<html><title>404</title></html>';
    harness.sandbox.faults.push({ kind: 'answer', status: 404, body });
    const { message } = expectFailure(await remove());
    expect(message).toContain('Does api-url end with the path of the API');
  });
});

describe('is refused, and nothing deleted:', () => {
  test.each(['slug', 'id'] as const)('the default workspace, by its %s', async (by) => {
    const [workspace] = harness.sandbox.account.workspaces as [Workspace];
    seedKey(harness.sandbox, workspace);
    const step = await remove({ workspace: workspace[by], 'delete-keys': 'true' });
    expect(expectFailure(step, known(workspace)).title).toBe(
      'The default workspace is never deleted',
    );
    expect(exists('default')).toBe(true);
    expect(keys()).toHaveLength(1);
    expect(calls()).toEqual(['GET /workspaces/:id']);
  });

  test('a workspace whose slug does not begin as expected, also by its id', async () => {
    const workspace = give({ slug: 'production' });
    const step = await remove({ workspace: workspace.id, 'expect-slug-prefix': 'preview-' });
    const { title, message } = expectFailure(step, known(workspace));
    expect(title).toBe('The workspace production is not one that was meant');
    expect(message).toContain('Nothing was deleted.');
    expect(exists('production')).toBe(true);
    expect((await remove({ 'expect-slug-prefix': 'preview-' })).exitCode).toBe(0);
  });

  test.each<[string, Record<string, string>, string]>([
    ['no workspace', { workspace: '' }, 'workspace is required, and must be the id or slug'],
    ['a URL', { workspace: 'https://openrouter.ai/workspaces/preview-42' }, 'try: preview-42'],
    [
      'the URL of a page of it',
      { workspace: 'https://openrouter.ai/workspaces/preview-42/keys' },
      'given: "https://openrouter.ai/workspaces/preview-42/keys"\n',
    ],
    ['a name', { workspace: 'Preview-42' }, 'given: "Preview-42"\n'],
    ['a branch', { workspace: 'feature/production' }, 'given: "feature/production"\n'],
    ['51 characters', { workspace: 'a'.repeat(51) }, 'workspace must be the id or slug'],
    ['a path', { workspace: '../keys' }, 'id or slug of a workspace; given: "../keys"\n'],
    ['a prefix that no slug has', { 'expect-slug-prefix': 'Preview*' }, 'the beginning of a slug'],
    ['a word for true', { 'delete-keys': 'yes' }, 'delete-keys must be true or false'],
  ])('%s', async (_, inputs, problem) => {
    give({ keys: 1 });
    expect(expectFailure(await remove(inputs)).message).toContain(problem);
    expect(calls()).toEqual([]);
  });
});

describe('a dry run', () => {
  test('deletes nothing, and says what would be deleted', async () => {
    const workspace = give({ keys: 2 });
    const step = await remove({ 'dry-run': 'true', 'delete-keys': 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toEqual({ ...known(workspace), ...NOTHING_DELETED });
    expect(step.summary).toContain('🔎 Dry run: would delete the OpenRouter workspace Preview');
    expect(step.summary).toContain('API keys that would be deleted with it: 2.');
    expect(step.summary).toContain('<code>Key 2</code>');
    expect(calls()).toEqual(['GET /workspaces/:id', 'GET /keys']);
    expect([exists(), keys().length]).toEqual([true, 2]);
  });

  test('is red where the run would be', async () => {
    give({ keys: 1 });
    const step = await remove({ 'dry-run': 'true' });
    expect(expectFailure(step, expect.anything()).title).toContain('has 1 API key');
  });
});

describe('a bad network', () => {
  const CALLS = ['GET /workspaces/:id', 'GET /keys', DELETE_KEY, DELETE_WORKSPACE];
  const faults: [string, ScheduledFault][] = [
    ['502', { kind: 'answer', status: 502, body: '<h1>Bad gateway</h1>' }],
    ['429', { kind: 'answer', status: 429, headers: { 'retry-after': '0' } }],
    ['a reset before it is carried out', { kind: 'reset' }],
    ['a reset after it was carried out', { kind: 'reset', applied: true }],
    ['an answer cut short', { kind: 'cut', applied: true }],
  ];

  test.each(faults)('each call is met by %s once', async (_, fault) => {
    const workspace = give({ keys: 3 });
    harness.sandbox.faults.push(...CALLS.map((on) => ({ on, ...fault })));
    const step = await remove({ 'delete-keys': 'true' });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toEqual(gone(workspace, 3));
    expect([exists(), keys().length]).toEqual([false, 0]);
    expect(harness.sandbox.faults).toEqual([]);
  });

  const kinds: [string, ScheduledFault][] = [
    ['502', { kind: 'answer', status: 502 }],
    ['a reset after it was carried out', { kind: 'reset', applied: true }],
  ];
  const requestsWithoutFaults = 8;
  test.each(kinds)(
    'each request in turn is met by %s',
    async (_, fault) => {
      for (let at = 0; at < requestsWithoutFaults; at += 1) {
        const workspace = give({ keys: 3 });
        let exchanges = 0;
        const schedule = () => {
          if (exchanges === at) harness.sandbox.faults.push(fault);
          exchanges += 1;
        };
        meanwhile = schedule;
        schedule();
        const step = await remove({ 'delete-keys': 'true' });
        expect(step.outputs).toEqual(gone(workspace, 3));
        expect(exchanges).toBeGreaterThanOrEqual(requestsWithoutFaults + 2);
        expect([exists(), keys().length]).toEqual([false, 0]);
      }
    },
    60_000,
  );
});

test('a server that asks to wait for an hour is not asked again', async () => {
  give({ keys: 300 });
  const plea: ScheduledFault = { kind: 'answer', status: 429, headers: { 'retry-after': '3600' } };
  harness.sandbox.faults.push(...Array(300).fill({ on: DELETE_KEY, ...plea }));
  const step = await remove({ 'delete-keys': 'true' });
  const { title, message } = expectFailure(step, expect.anything());
  expect(title).toBe('Could not delete 300 of 300 API keys of the workspace preview-42');
  expect(message).toContain('OpenRouter asks for fewer requests');
  expect(calls().filter((call) => call === DELETE_KEY).length).toBeLessThanOrEqual(8);
});

describe('partial failure', () => {
  const refused: ScheduledFault = {
    on: DELETE_KEY,
    kind: 'answer',
    status: 403,
    body: '{"error":{"message":"Not yours"}}',
  };

  test('says what is left, and another run finishes the work', async () => {
    const workspace = give({ keys: 12 });
    harness.sandbox.faults.push(refused, refused);
    const step = await remove({ 'delete-keys': 'true' });
    const outputs = { ...known(workspace), deleted: 'false', 'deleted-keys': '10' };
    const { title, message } = expectFailure(step, outputs);
    expect(title).toBe('Could not delete 2 of 12 API keys of the workspace preview-42');
    expect(message.match(/the answer was 403: Not yours/g)).toHaveLength(2);
    expect(message).toContain('API keys deleted before that: 10.');
    expect(message).toContain(`Left behind: the workspace preview-42, id ${workspace.id}`);
    expect(message).toContain('Deleting the workspace again finishes the work.');
    expect(message).not.toContain('Nothing was changed');
    expect([exists(), keys().length]).toEqual([true, 2]);

    const again = await remove({ 'delete-keys': 'true' });
    expect(again.outputs).toEqual(gone(workspace, 2));
  });

  test('of a single key names it', async () => {
    give({ keys: 1 });
    const label = keys()[0]?.label;
    harness.sandbox.faults.push(refused);
    const { title } = expectFailure(await remove({ 'delete-keys': 'true' }), expect.anything());
    expect(title).toBe(`Could not delete the API key "Key 1" (${label})`);
  });

  test('of the workspace says that the keys are gone', async () => {
    const workspace = give({ keys: 1 });
    harness.sandbox.faults.push({ on: DELETE_WORKSPACE, kind: 'answer', status: 403 });
    const step = await remove({ 'delete-keys': 'true' });
    const outputs = { ...known(workspace), deleted: 'false', 'deleted-keys': '1' };
    const { title, message } = expectFailure(step, outputs);
    expect(title).toBe('Could not delete the workspace preview-42');
    expect(message).toContain('API keys deleted before that: 1.');
  });

  test('a workspace that is still there after its deletion is red', async () => {
    const workspace = give();
    const body = '{"deleted":true}';
    harness.sandbox.faults.push({ on: DELETE_WORKSPACE, kind: 'answer', status: 200, body });
    const step = await remove();
    const { title } = expectFailure(step, { ...known(workspace), ...NOTHING_DELETED });
    expect(title).toBe('The workspace preview-42 is still there');
  });

  test.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'by %s half-way through, and another run finishes the work',
    async (signal) => {
      const workspace = give({ keys: 20 });
      const kill = Promise.withResolvers<void>();
      meanwhile = ({ method }) => {
        if (method === 'DELETE' && keys().length <= 10) kill.resolve();
      };
      const step = await harness.start('delete', { workspace: SLUG, 'delete-keys': 'true' });
      await kill.promise;
      for (let count = 0; count < 40; count += 1) harness.sandbox.faults.push({ kind: 'silence' });
      step.kill(signal);
      const { exitCode, commands } = await step.result;
      expect(exitCode).toBe(signal === 'SIGKILL' ? null : 1);
      if (signal !== 'SIGKILL') {
        const error = commands.find(({ name }) => name === 'error');
        expect(error?.data).toContain(`the run was cancelled (${signal})`);
        expect(error?.data).toContain('Deleting the workspace again finishes the work.');
      }
      harness.sandbox.faults.length = 0;
      const left = keys().length;
      expect(left).toBeGreaterThan(0);
      expect(exists()).toBe(true);

      const again = await remove({ 'delete-keys': 'true' });
      expect(again.outputs).toEqual(gone(workspace, left));
    },
  );
});

test('the management key is in nothing that is shown', async () => {
  const { managementKey } = harness.sandbox;
  const workspace = give({ name: `Key ${managementKey}` });
  seedKey(harness.sandbox, workspace, { name: managementKey });
  const steps = [
    await remove(),
    await remove({ 'delete-keys': 'true', 'dry-run': 'true' }),
    await remove({ 'delete-keys': 'true' }),
  ];
  for (const step of steps) {
    expect(step.masks[0]).toBe(managementKey);
    const shown = [printedBy(step), step.summary, JSON.stringify(step.outputs)];
    expect(shown.join()).not.toContain(managementKey);
  }
});

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { annotations, expectFailure, openHarness } from '../support/harness.ts';

const harness = openHarness();

const CONNECTION = { apiUrl: 'https://openrouter.test/api/v1', timeoutMs: 1_000 };

const held = (slug: string) =>
  harness.sandbox.account.workspaces.find((workspace) => workspace.slug === slug);
const exists = (slug: string) => held(slug) !== undefined;

const create = (slug: string, inputs: Record<string, string> = {}) =>
  harness.create({ slug, 'delete-after-job': 'true', ...inputs });

test('what the step created is deleted when the job ends', async () => {
  const main = await create('of-the-job');
  expect(main.outputs['created']).toBe('true');
  expect(exists('of-the-job')).toBe(true);
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  expect(exists('of-the-job')).toBe(false);
  expect(post.log).toBe(
    `Deleted the workspace of-the-job, id ${main.outputs['id']}, as delete-after-job asks for.`,
  );
});

test('without delete-after-job nothing is', async () => {
  const main = await harness.create({ slug: 'to-stay' });
  expect(main.state).not.toHaveProperty('clean-up');
  const before = harness.sandbox.requests.length;
  const post = await harness.post(main);
  expect(post).toMatchObject({ exitCode: 0, log: '', stderr: '' });
  expect(harness.sandbox.requests).toHaveLength(before);
  expect(exists('to-stay')).toBe(true);
});

test.each(['fail', 'reuse', 'update'])(
  'with if-exists: %s, what was there is left alone',
  async (policy) => {
    const slug = `there-before-${policy}`;
    await harness.create({ slug });
    const main = await create(slug, { 'if-exists': policy });
    const post = await harness.post(main);
    expect(post.exitCode).toBe(0);
    expect(exists(slug)).toBe(true);
  },
);

test('what to delete comes from state, whatever the inputs are by then', async () => {
  await harness.create({ slug: 'bystander' });
  const main = await create('deleted-by-state');
  const post = await harness.post(main, {
    slug: 'bystander',
    'delete-after-job': 'false',
    'api-url': 'https://elsewhere.example/v1',
    timeout: 'nonsense',
  });
  expect(post.exitCode).toBe(0);
  expect(exists('deleted-by-state')).toBe(false);
  expect(exists('bystander')).toBe(true);
});

test('gone already is success', async () => {
  const main = await create('gone-already');
  harness.sandbox.account.workspaces.pop();
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  expect(post.log).toMatch(/The workspace gone-already, id \S+, was gone already\./);
  expect(annotations(post, 'warning')).toEqual([]);
});

describe('a state that the step has not saved is a warning, and nothing is sent', () => {
  const id = '550e8400-e29b-41d4-a716-446655440000';
  const remains = { made: { id, slug: 'a' }, deleteKeys: false };
  const oddId = { made: { id: '..', slug: 'a' }, deleteKeys: false };
  test.each<[string, unknown]>([
    ['text', 'made'],
    ['a number', 5],
    ['a list', []],
    ['nothing that remains', { apiUrl: 'https://openrouter.ai/api/v1', timeoutMs: 1_000 }],
    [
      'what was intended and is not said',
      { ...CONNECTION, remains: { intended: {}, deleteKeys: false } },
    ],
    ['nothing of keys', { ...CONNECTION, remains: { made: { id, slug: 'a' } } }],
    ['a host without TLS', { ...CONNECTION, apiUrl: 'http://0.0.0.0:9/api/v1', remains }],
    ['an id that leads elsewhere', { ...CONNECTION, remains: oddId }],
    ['no host', { timeoutMs: 1_000, remains }],
  ])('%s', async (_, state) => {
    const main = await create('stateful');
    harness.sandbox.account.workspaces.pop();
    const before = harness.sandbox.requests.length;
    const post = await harness.post({ ...main, state: { 'clean-up': JSON.stringify(state) } });
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('What is to be cleaned up cannot be read');
    expect(warning?.data).toContain('It may be left behind at OpenRouter: whatever workspace');
    expect(harness.sandbox.requests).toHaveLength(before);
  });
});

test('a key that is missing by then is a warning that names what is left', async () => {
  const main = await create('without-key');
  const post = await harness.post(main, { 'management-key': '' });
  expect(post.exitCode).toBe(0);
  const [warning] = annotations(post, 'warning');
  expect(warning?.data).toContain('management-key is required, and is empty');
  expect(warning?.data).toContain(
    'It may be left behind at OpenRouter: the workspace without-key.',
  );
  expect(exists('without-key')).toBe(true);
});

test('a clean-up that fails is a warning that names what is left', async () => {
  const main = await create('stuck');
  const body = JSON.stringify({ error: { code: 400, message: 'Workspace has API keys' } });
  harness.sandbox.faults.push({ on: 'DELETE /workspaces/:id', kind: 'answer', status: 400, body });
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  const [warning] = annotations(post, 'warning');
  expect(warning?.properties['title']).toBe('Could not delete the workspace stuck');
  expect(warning?.data).toContain('Workspace has API keys');
  expect(warning?.data).toContain('It may be left behind at OpenRouter: the workspace stuck.');
});

describe('API keys that the job made in the workspace', () => {
  const keysOf = ({ id }: { id: string }) =>
    harness.sandbox.account.keys.filter(({ workspace_id }) => workspace_id === id);
  const make = async (slug: string, inputs: Record<string, string> = {}) => {
    const main = await create(slug, inputs);
    const workspace = held(slug) as Workspace;
    for (const name of ['First', 'Second']) seedKey(harness.sandbox, workspace, { name });
    return { main, workspace };
  };

  test('are deleted with it when delete-keys is true', async () => {
    const other = seedWorkspace(harness.sandbox, { slug: 'with-keys-too', keys: 1 });
    const { main, workspace } = await make('with-keys', { 'delete-keys': 'true' });
    const post = await harness.post(main);
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(exists('with-keys')).toBe(false);
    expect(keysOf(workspace)).toEqual([]);
    expect(keysOf(other)).toHaveLength(1);
    expect(post.log).toContain('Deleted the API key "First" (');
    expect(post.log).toContain('Deleted the workspace with-keys, id');
  });

  test('block its deletion when delete-keys is not given: a warning names them', async () => {
    const { main, workspace } = await make('kept-by-keys');
    const post = await harness.post(main);
    expect(post.exitCode).toBe(0);
    const [warning, ...more] = annotations(post, 'warning');
    expect(more).toEqual([]);
    expect(warning?.properties['title']).toBe(
      'The workspace kept-by-keys has 2 API keys, and delete-keys is false',
    );
    for (const { name, label } of keysOf(workspace)) {
      expect(warning?.data).toContain(`"${name}" (${label})`);
    }
    expect(warning?.data).toContain('With delete-keys: true they would be deleted first');
    expect(warning?.data).toContain(
      'It may be left behind at OpenRouter: the workspace kept-by-keys.',
    );
    expect(exists('kept-by-keys')).toBe(true);
    expect(keysOf(workspace)).toHaveLength(2);
  });

  test.each(['true', 'false'])(
    'are dealt with as the step was told, with delete-keys: %s, whatever the inputs are by then',
    async (given) => {
      const slug = `keys-by-state-${given}`;
      const { main, workspace } = await make(slug, { 'delete-keys': given });
      const post = await harness.post(main, { 'delete-keys': given === 'true' ? 'false' : 'true' });
      expect(post.exitCode).toBe(0);
      expect(exists(slug)).toBe(given === 'false');
      expect(keysOf(workspace)).toHaveLength(given === 'true' ? 0 : 2);
    },
  );

  test('are deleted also when the step was killed before the answer to its POST', async () => {
    const before = harness.sandbox.requests.length;
    harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence', applied: true });
    const inputs = { slug: 'killed-with-keys', 'delete-after-job': 'true', 'delete-keys': 'true' };
    const step = await harness.startCreate(inputs);
    await harness.sandbox.received(before + 2);
    step.kill('SIGKILL');
    const main = await step.result;
    const workspace = held('killed-with-keys') as Workspace;
    seedKey(harness.sandbox, workspace);
    const post = await harness.post(main);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(exists('killed-with-keys')).toBe(false);
    expect(keysOf(workspace)).toEqual([]);
  });

  test('are counted in the warning when the workspace then cannot be deleted', async () => {
    const { main } = await make('stuck-without-keys', { 'delete-keys': 'true' });
    harness.sandbox.faults.push({ on: 'DELETE /workspaces/:id', kind: 'answer', status: 403 });
    const post = await harness.post(main);
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('Could not delete the workspace stuck-without-keys');
    expect(warning?.data).toContain('API keys deleted before that: 2.');
    expect(warning?.data).toContain('Deleting the workspace again finishes the work.');
  });

  test('are left alone in a workspace that the step did not create', async () => {
    const workspace = seedWorkspace(harness.sandbox, { slug: 'there-with-keys', keys: 1 });
    const main = await create('there-with-keys', { 'if-exists': 'reuse', 'delete-keys': 'true' });
    const post = await harness.post(main);
    expect(post).toMatchObject({ exitCode: 0, log: '' });
    expect(keysOf(workspace)).toHaveLength(1);
  });
});

test.each<Record<string, string>>([{}, { 'delete-after-job': 'false' }])(
  'delete-keys: true is refused with %j',
  async (inputs) => {
    const before = harness.sandbox.requests.length;
    const { title, message } = expectFailure(
      await harness.create({ 'delete-keys': 'true', ...inputs }),
    );
    expect(title).toBe('One input cannot be used');
    expect(message.split('\n')[0]).toBe('delete-keys needs delete-after-job: true');
    expect(harness.sandbox.requests).toHaveLength(before);
  },
);

test('delete-keys: true adds no problem to a delete-after-job that is no flag', async () => {
  const inputs = { 'delete-keys': 'true', 'delete-after-job': 'yes' };
  const { message } = expectFailure(await harness.create(inputs));
  expect(message).toContain('delete-after-job must be true or false');
  expect(message).not.toContain('delete-keys');
});

test('delete-keys: false needs no delete-after-job', async () => {
  expect((await harness.create({ 'delete-keys': 'false' })).exitCode).toBe(0);
});

test('a clean-up that may have been applied says so, though a later attempt was throttled', async () => {
  const main = await create('half-deleted');
  const on = 'DELETE /workspaces/:id';
  harness.sandbox.faults.push(
    { on, kind: 'answer', status: 502, applied: true },
    { on, kind: 'answer', status: 429, headers: { 'retry-after': '3600' } },
  );
  const post = await harness.post(main);
  const [warning] = annotations(post, 'warning');
  expect(warning?.data).toContain('which may be there still');
  expect(warning?.data).not.toContain('nothing should have been changed');
});

test('a clean-up comes through a bad network', async () => {
  const main = await create('through-weather');
  harness.sandbox.faults.push(
    { on: 'DELETE /workspaces/:id', kind: 'answer', status: 502 },
    { on: 'DELETE /workspaces/:id', kind: 'reset', applied: true },
  );
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  expect(annotations(post, 'warning')).toEqual([]);
  expect(exists('through-weather')).toBe(false);
});

describe.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  /** Where in the exchange the step ends: at which request, and whether that was carried out. */
  const points: [string, number, ScheduledFault][] = [
    ['during the look', 1, { on: 'GET /workspaces/:id', kind: 'silence' }],
    ['after the POST has come in', 2, { on: 'POST /workspaces', kind: 'silence' }],
    [
      'after the POST was carried out',
      2,
      { on: 'POST /workspaces', kind: 'silence', applied: true },
    ],
    ['half-way through the answer', 2, { on: 'POST /workspaces', kind: 'stall', applied: true }],
  ];

  test.each(points)('%s: the post step leaves nothing behind', async (where, requests, fault) => {
    const slug = `ended-by-${signal.toLowerCase()}-${where.length}`;
    harness.sandbox.faults.push(fault);
    const before = harness.sandbox.requests.length;
    const step = await harness.startCreate({ slug, 'delete-after-job': 'true' });
    await harness.sandbox.received(before + requests);
    step.kill(signal);
    const main = await step.result;
    expect(main.exitCode).toBe(signal === 'SIGKILL' ? null : 1);
    expect(annotations(main)).toHaveLength(signal === 'SIGKILL' ? 0 : 1);

    const post = await harness.post(main);
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(exists(slug)).toBe(false);
  });
});

describe('a state that cannot be written', () => {
  const TITLE = 'The state for the end of the job could not be written';
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'state-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  /** Runs a create step whose state can be written until the POST of the slug is answered. */
  async function createUntilPost(slug: string, inputs: Record<string, string> = {}) {
    const { account } = harness.sandbox;
    const { handle } = account;
    const state = join(folder, slug);
    writeFileSync(state, '');
    account.handle = (request) => {
      if (request.method === 'POST') {
        rmSync(state);
        mkdirSync(state);
      }
      return handle(request);
    };
    const options = { slug, 'delete-after-job': 'true', ...inputs };
    const step = await harness.create(options, { GITHUB_STATE: state });
    account.handle = handle;
    return step;
  }

  test.each(['/dev/full', tmpdir()])('before the POST (%s): nothing is created', async (state) => {
    const inputs = { slug: 'stateless', 'delete-after-job': 'true' };
    const step = await harness.create(inputs, { GITHUB_STATE: state });
    const { title, message } = expectFailure(step);
    expect(title).toBe(TITLE);
    expect(message).toMatch(/^The runner's file for it cannot be written: E[A-Z]+: /);
    expect(message).toContain('Nothing was changed at OpenRouter.');
    expect(exists('stateless')).toBe(false);
  });

  test('after the POST: the error names the workspace that exists', async () => {
    const { title, message } = expectFailure(await createUntilPost('stateless-later'));
    const workspace = harness.sandbox.account.workspaces.find(
      ({ slug }) => slug === 'stateless-later',
    );
    expect(title).toBe(TITLE);
    expect(message).toContain(
      `The workspace exists: stateless-later, id ${workspace?.id}, https://openrouter.ai/workspaces/stateless-later`,
    );
  });

  test('after a POST that was refused: the refusal stays the error', async () => {
    harness.sandbox.faults.push({
      on: 'POST /workspaces',
      kind: 'answer',
      status: 401,
      applied: true,
    });
    const step = await createUntilPost('stateless-refused');
    expect(expectFailure(step).title).toBe('Could not create the workspace stateless-refused');
    expect(annotations(step, 'warning').map(({ properties }) => properties['title'])).toEqual([
      TITLE,
    ]);
  });
});

test('what somebody else made with the slug meanwhile is left alone', async () => {
  const before = harness.sandbox.requests.length;
  harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence' });
  const step = await harness.startCreate({ slug: 'of-others', 'delete-after-job': 'true' });
  await harness.sandbox.received(before + 2);
  step.kill('SIGKILL');
  const main = await step.result;
  await harness.create({ slug: 'of-others', name: 'Of others' });
  const post = await harness.post(main);
  expect(post.exitCode).toBe(0);
  expect(exists('of-others')).toBe(true);
  const [warning] = annotations(post, 'warning');
  expect(warning?.properties['title']).toBe('The workspace of-others was left alone');
});

import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../sandbox/faults.ts';
import { annotations, openBench } from './step.ts';

const bench = openBench();

const CONNECTION = { apiUrl: 'https://openrouter.test/api/v1', timeoutMs: 1_000 };

const exists = (slug: string) =>
  bench.sandbox.account.workspaces.some((workspace) => workspace.slug === slug);

const create = (slug: string, inputs: Record<string, string> = {}) =>
  bench.create({ slug, 'delete-after-job': 'true', ...inputs });

test('what the step created is deleted when the job ends', async () => {
  const main = await create('of-the-job');
  expect(main.outputs['created']).toBe('true');
  expect(exists('of-the-job')).toBe(true);
  const post = await bench.post(main);
  expect(post.exitCode).toBe(0);
  expect(exists('of-the-job')).toBe(false);
  expect(post.log).toBe(
    `Deleted the workspace of-the-job, id ${main.outputs['id']}, as delete-after-job asks for.`,
  );
});

test('without delete-after-job nothing is', async () => {
  const main = await bench.create({ slug: 'to-stay' });
  expect(main.state).toEqual({});
  const before = bench.sandbox.requests.length;
  const post = await bench.post(main);
  expect(post).toMatchObject({ exitCode: 0, log: '', stderr: '' });
  expect(bench.sandbox.requests).toHaveLength(before);
  expect(exists('to-stay')).toBe(true);
});

test.each(['fail', 'reuse', 'update'])(
  'with if-exists: %s, what was there is left alone',
  async (policy) => {
    const slug = `there-before-${policy}`;
    await bench.create({ slug });
    const main = await create(slug, { 'if-exists': policy });
    const post = await bench.post(main);
    expect(post.exitCode).toBe(0);
    expect(exists(slug)).toBe(true);
  },
);

test('what to delete comes from state, whatever the inputs are by then', async () => {
  await bench.create({ slug: 'bystander' });
  const main = await create('deleted-by-state');
  const post = await bench.post(main, {
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
  bench.sandbox.account.workspaces.pop();
  const post = await bench.post(main);
  expect(post.exitCode).toBe(0);
  expect(post.log).toMatch(/The workspace gone-already, id \S+, was gone already\./);
  expect(annotations(post, 'warning')).toEqual([]);
});

describe('a state that the step has not saved is a warning, and nothing is sent', () => {
  const id = '550e8400-e29b-41d4-a716-446655440000';
  const remains = { made: { id, slug: 'a' } };
  test.each<[string, unknown]>([
    ['text', 'made'],
    ['a number', 5],
    ['a list', []],
    ['nothing that remains', { apiUrl: 'https://openrouter.ai/api/v1', timeoutMs: 1_000 }],
    ['what was intended and is not said', { ...CONNECTION, remains: { intended: {} } }],
    ['a host without TLS', { ...CONNECTION, apiUrl: 'http://0.0.0.0:9/api/v1', remains }],
    ['an id that leads elsewhere', { ...CONNECTION, remains: { made: { id: '..', slug: 'a' } } }],
    ['no host', { timeoutMs: 1_000, remains }],
  ])('%s', async (_, state) => {
    const main = await create('stateful');
    bench.sandbox.account.workspaces.pop();
    const before = bench.sandbox.requests.length;
    const post = await bench.post({ ...main, state: { 'clean-up': JSON.stringify(state) } });
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('What is to be cleaned up cannot be read');
    expect(warning?.data).toContain('It may be left behind at OpenRouter: whatever workspace');
    expect(bench.sandbox.requests).toHaveLength(before);
  });
});

test('a key that is missing by then is a warning that names what is left', async () => {
  const main = await create('without-key');
  const post = await bench.post(main, { 'management-key': '' });
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
  bench.sandbox.faults.push({ on: 'DELETE /workspaces/:id', kind: 'answer', status: 400, body });
  const post = await bench.post(main);
  expect(post.exitCode).toBe(0);
  const [warning] = annotations(post, 'warning');
  expect(warning?.properties['title']).toBe('Could not delete the workspace stuck');
  expect(warning?.data).toContain('Workspace has API keys');
  expect(warning?.data).toContain('It may be left behind at OpenRouter: the workspace stuck.');
});

test('a clean-up comes through a bad network', async () => {
  const main = await create('through-weather');
  bench.sandbox.faults.push(
    { on: 'DELETE /workspaces/:id', kind: 'answer', status: 502 },
    { on: 'DELETE /workspaces/:id', kind: 'reset', committed: true },
  );
  const post = await bench.post(main);
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
      { on: 'POST /workspaces', kind: 'silence', committed: true },
    ],
    ['half-way through the answer', 2, { on: 'POST /workspaces', kind: 'stall', committed: true }],
  ];

  test.each(points)('%s: the post step leaves nothing behind', async (where, requests, fault) => {
    const slug = `ended-by-${signal.toLowerCase()}-${where.length}`;
    bench.sandbox.faults.push(fault);
    const before = bench.sandbox.requests.length;
    const step = await bench.startCreate({ slug, 'delete-after-job': 'true' });
    await bench.sandbox.received(before + requests);
    step.kill(signal);
    const main = await step.result;
    expect(main.exitCode).toBe(signal === 'SIGKILL' ? null : 1);
    expect(annotations(main)).toHaveLength(signal === 'SIGKILL' ? 0 : 1);

    const post = await bench.post(main);
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(exists(slug)).toBe(false);
  });
});

test('what somebody else made with the slug meanwhile is left alone', async () => {
  const before = bench.sandbox.requests.length;
  bench.sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence' });
  const step = await bench.startCreate({ slug: 'of-others', 'delete-after-job': 'true' });
  await bench.sandbox.received(before + 2);
  step.kill('SIGKILL');
  const main = await step.result;
  await bench.create({ slug: 'of-others', name: 'Of others' });
  const post = await bench.post(main);
  expect(post.exitCode).toBe(0);
  expect(exists('of-others')).toBe(true);
  const [warning] = annotations(post, 'warning');
  expect(warning?.properties['title']).toBe('The workspace of-others was left alone');
});

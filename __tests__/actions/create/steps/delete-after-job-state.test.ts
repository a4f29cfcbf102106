import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { annotations, expectFailure, openHarness } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';

const harness = openHarness();

const find = (slug: string) =>
  harness.sandbox.account.workspaces.find((workspace) => workspace.slug === slug);

const connection = { apiUrl: 'https://openrouter.test/api/v1', timeoutMs: 1_000 };
const created = { id: '550e8400-e29b-41d4-a716-446655440000', slug: 'a' };
const task = { target: { created }, deleteKeys: false };

const runPost = (state: unknown) => harness.post({ state: { task: JSON.stringify(state) } });

describe('a state that no step can have saved is a warning, and nothing is sent', () => {
  const oddId = { ...created, id: '..' };

  test.each<[string, unknown]>([
    ['text', 'created'],
    ['no task', connection],
    ['no workspace', { ...connection, task: { target: {}, deleteKeys: false } }],
    ['no word on API keys', { ...connection, task: { target: { created } } }],
    ['a host without TLS', { ...connection, apiUrl: 'http://0.0.0.0:9/api/v1', task }],
    [
      'an id that changes the path',
      { ...connection, task: { target: { created: oddId }, deleteKeys: false } },
    ],
  ])('%s', async (_, state) => {
    const before = harness.sandbox.requests.length;
    const post = await runPost(state);
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('openrouter-workspace, post step: state invalid');
    expect(post.summary).toContain('⚠️ OpenRouter: The post step cannot read its saved state');
    expect(warning?.data).toContain(
      'May still exist at OpenRouter: a workspace, if the step created one.',
    );
    expect(harness.sandbox.requests).toHaveLength(before);
  });
});

test('a state that is too long for some runners fails the step before anything is created', async () => {
  const tools = Array.from({ length: 10_000 }, (_, at) => `a${at}`).join();
  const before = harness.sandbox.requests.length;
  const step = await harness.create({
    'delete-after-job': 'true',
    'disabled-server-tools': tools,
  });
  const { code, lines } = expectFailure(step);
  expect(code).toBe('state-not-written');
  expect(lines).toEqual([
    "The runner's state file cannot be written: a state is limited to 60 kB",
    'Nothing was changed at OpenRouter.',
  ]);
  expect(step.state).not.toHaveProperty('task');
  expect(harness.sandbox.requests.slice(before).map(({ method }) => method)).not.toContain('POST');
});

test('a state that a step can have saved is no warning, and the workspace is deleted', async () => {
  const slug = 'saved-by-hand';
  const { outputs } = await harness.create({ slug });
  const target = { created: { id: outputs['id'], slug } };
  const post = await runPost({
    ...connection,
    apiUrl: harness.sandbox.url,
    task: { target, deleteKeys: false },
  });
  expect(annotations(post, 'warning')).toEqual([]);
  expect(find(slug)).toBeUndefined();
});

describe('a state that cannot be written', () => {
  const TITLE = 'The state for the post step could not be written';
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'state-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  /** Runs a create step whose state can be written until its POST has been received. */
  function createUntilPost(slug: string) {
    const state = join(folder, slug);
    writeFileSync(state, '');
    onNth(harness.sandbox, 'POST /workspaces', 1, () => {
      rmSync(state);
      mkdirSync(state);
    });
    return harness.create({ slug, 'delete-after-job': 'true' }, { GITHUB_STATE: state });
  }

  test.each(['/dev/full', tmpdir()])(
    'before the POST (%s) fails the step, which creates nothing',
    async (state) => {
      const inputs = { slug: 'stateless', 'delete-after-job': 'true' };
      const step = await harness.create(inputs, { GITHUB_STATE: state });
      const { title, message } = expectFailure(step);
      expect(title).toBe(TITLE);
      expect(message).toMatch(/^The runner's state file cannot be written: E[A-Z]+: /);
      expect(message).toContain('Nothing was changed at OpenRouter.');
      expect(find('stateless')).toBeUndefined();
    },
  );

  test('after the POST fails the step, and the error names the workspace that exists', async () => {
    const { title, message } = expectFailure(await createUntilPost('stateless-later'));
    expect(title).toBe(TITLE);
    expect(message).toContain(
      `Already exists at OpenRouter: the workspace "stateless-later", id ${find('stateless-later')?.id}, https://openrouter.ai/workspaces/stateless-later.`,
    );
    expect(message).not.toContain('Nothing was changed');
  });

  test('after a POST that was rejected is a warning, and the rejection the error', async () => {
    harness.sandbox.faults.push({
      on: 'POST /workspaces',
      kind: 'response',
      status: 401,
      applied: true,
    });
    const step = await createUntilPost('stateless-rejected');
    expect(expectFailure(step).title).toBe(
      'Could not create the workspace "stateless-rejected": OpenRouter rejected the management key (HTTP 401)',
    );
    expect(annotations(step, 'warning').map(({ data }) => data.split('\n')[0])).toEqual([TITLE]);
  });
});

import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { runningSince } from '../../src/runtime/main-process.ts';
import { annotations, openHarness, preloaded, type RunningStep } from '../support/harness.ts';
import { inHeldTime, passTime } from '../support/step-time.ts';

const harness = openHarness();

const describeOnLinux = existsSync('/proc/self/stat') ? describe : describe.skip;

/** Responds to the next `on` with 429, so that the step waits for an hour. */
const throttle = (on: string) =>
  harness.sandbox.faults.push({
    on,
    kind: 'response',
    status: 429,
    headers: { 'retry-after': '3600' },
  });

const workspaceAt = (slug: string) =>
  harness.sandbox.account.workspaces.find((workspace) => workspace.slug === slug);

const sent = (method: string, path: string) =>
  harness.sandbox.requests.filter((request) => request.method === method && request.path === path);

/** How long a step may take that waits: longer than for an hour. */
const TIMEOUT = { timeout: '24h' };

/** Starts a create step with delete-after-job; resolves once it has sent `requests` requests. */
async function startCreate(
  inputs: Record<string, string>,
  requests: number,
  env: Record<string, string> = {},
) {
  const before = harness.sandbox.requests.length;
  const main = await harness.startCreate(
    { 'delete-after-job': 'true', ...TIMEOUT, ...inputs },
    env,
  );
  await harness.sandbox.received(before + requests);
  return main;
}

/** Starts a key step; resolves once it has sent `requests` requests. */
async function startKey(slug: string, requests: number, env: Record<string, string> = {}) {
  seedWorkspace(harness.sandbox, { slug });
  const before = harness.sandbox.requests.length;
  const main = await harness.start('key', { workspace: slug, name: 'CI', ...TIMEOUT }, env);
  await harness.sandbox.received(before + requests);
  return main;
}

/** The post step has only so long to see its main step end. For it, no time passes meanwhile. */
const WITHOUT_HURRY = preloaded('process.hrtime.bigint = () => 0n');

const runPost = (main: Pick<StepResult, 'state'>) => harness.post(main, {}, WITHOUT_HURRY);
const runKeyPost = (main: Pick<StepResult, 'state'>) => harness.end('key', {}, main, WITHOUT_HURRY);

/** Expects that the main step ended early, and did not succeed. */
async function expectCancelled(main: RunningStep) {
  expect((await main.result).exitCode).toBe(1);
}

const WAS_ENDED = 'The step was still running. It was ended with SIGTERM before this cleanup.';

describeOnLinux('a post step that starts while its main step is still running', () => {
  test('ends a create before it cleans up', async () => {
    throttle('POST /workspaces');
    const main = await startCreate({ slug: 'in-container' }, 2);
    const post = await runPost(await main.abandon());
    expect(post.exitCode).toBe(0);
    expect(post.log).toBe(
      `${WAS_ENDED}\nThe workspace in-container does not exist: nothing to clean up.`,
    );
    await expectCancelled(main);
    expect(workspaceAt('in-container')).toBeUndefined();
    expect(sent('POST', '/workspaces')).toHaveLength(1);
  });

  test('deletes the workspace that the create created by then', async () => {
    harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence', applied: true });
    const main = await startCreate({ slug: 'created-in-container' }, 2);
    const post = await runPost(await main.abandon());
    expect(post.log).toContain(`${WAS_ENDED}\nDeleted the workspace created-in-container, id `);
    await expectCancelled(main);
    expect(workspaceAt('created-in-container')).toBeUndefined();
  });

  test('deletes the workspace that the create created after the runner gave up on it', async () => {
    throttle('POST /workspaces');
    const main = await startCreate({ slug: 'created-since' }, 2, inHeldTime());
    const left = await main.abandon();
    passTime(main);
    await main.result;
    expect(workspaceAt('created-since')).toBeDefined();
    const post = await runPost(left);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(workspaceAt('created-since')).toBeUndefined();
  });

  test('ends a key before it cleans up', async () => {
    throttle('POST /keys');
    const main = await startKey('key-in-container', 3);
    const post = await runKeyPost(await main.abandon());
    expect(post).toMatchObject({ exitCode: 0, log: WAS_ENDED });
    await expectCancelled(main);
    expect(harness.sandbox.account.keys).toEqual([]);
    expect(sent('POST', '/keys')).toHaveLength(1);
  });

  test('deletes the key that was created after the runner gave up on the step', async () => {
    const { account } = harness.sandbox;
    const main = await startKey('key-created-since', 0);
    const { handle } = account;
    account.handle = (request) => {
      const response = handle(request);
      if (request.method === 'POST') main.kill('SIGSTOP');
      return response;
    };
    await harness.sandbox.received(harness.sandbox.requests.length + 3);
    account.handle = handle;
    const left = await main.abandon();
    main.kill('SIGCONT');
    expect((await main.result).log).toContain('Already exists at OpenRouter: the API key ');
    expect(account.keys).toHaveLength(1);
    const post = await runKeyPost(left);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(account.keys).toEqual([]);
  });

  test('ends a create that had not saved yet what it would create, and warns', async () => {
    throttle('GET /workspaces/:id');
    const main = await startCreate({ slug: 'before-save' }, 1);
    const post = await runPost(await main.abandon());
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('The step was still running after its job ended');
    expect(warning?.data).toContain(
      'May still exist at OpenRouter: a workspace, if the step created one.',
    );
    await expectCancelled(main);
    expect(workspaceAt('before-save')).toBeUndefined();
  });

  test('ends a create without delete-after-job too, and warns', async () => {
    throttle('POST /workspaces');
    const main = await startCreate({ slug: 'not-to-be-deleted', 'delete-after-job': 'false' }, 1);
    const post = await runPost(await main.abandon());
    expect(annotations(post, 'warning')).toHaveLength(1);
    await expectCancelled(main);
    expect(workspaceAt('not-to-be-deleted')).toBeUndefined();
  });

  test('ends a key that had not saved yet what it would create, and warns', async () => {
    throttle('GET /workspaces/:id');
    const main = await startKey('key-before-save', 1);
    const post = await runKeyPost(await main.abandon());
    const [warning] = annotations(post, 'warning');
    expect(warning?.data).toContain(
      'May still exist at OpenRouter: an API key, if the step created one.',
    );
    await expectCancelled(main);
    expect(harness.sandbox.account.keys).toEqual([]);
  });

  test('ends a step that has nothing left to clean up, without a warning', async () => {
    throttle('GET /workspaces/:id');
    const main = await startCreate({ slug: 'cleared' }, 1);
    const { state } = await main.abandon();
    const post = await runPost({ state: { ...state, cleanup: 'null' } });
    expect(post).toMatchObject({ exitCode: 0, log: WAS_ENDED });
    await expectCancelled(main);
  });

  test('finds its main step under a name with spaces and parentheses', async () => {
    throttle('POST /workspaces');
    const named = preloaded("process.title = 'x) Z 1 (y';");
    const main = await startCreate({ slug: 'oddly-named' }, 2, named);
    const { state } = await main.abandon();
    const post = await runPost({ state: { ...state, cleanup: 'null' } });
    expect(post.log).toContain(WAS_ENDED);
    await expectCancelled(main);
  });

  test('warns about a step that does not end within 5 s, and cleans up anyway', async () => {
    harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence', applied: true });
    const main = await startCreate({ slug: 'frozen' }, 2);
    main.kill('SIGSTOP');
    const post = await harness.post(await main.abandon());
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('The step is still running after its job ended');
    expect(warning?.data).toContain('May still exist at OpenRouter: the workspace frozen.');
    expect(post.log).toContain('Deleted the workspace frozen, id ');
    expect(workspaceAt('frozen')).toBeUndefined();
    main.kill('SIGCONT');
    await expectCancelled(main);
  });

  test('does not end a process that only has the same id', async () => {
    throttle('POST /workspaces');
    const main = await startCreate({ slug: 'same-id' }, 2, inHeldTime());
    const { state } = await main.abandon();
    const { pid } = JSON.parse(state['main-process'] ?? '');
    const other = JSON.stringify({ pid, startTime: '1' });
    const post = await runPost({ state: { 'main-process': other } });
    expect(post).toMatchObject({ exitCode: 0, log: '' });
    passTime(main);
    await main.result;
    expect(workspaceAt('same-id')).toBeDefined();
  });

  test.each(['', 'null', '{}', '{"pid":-1,"startTime":"1"}', '{"pid":1.5,"startTime":"1"}'])(
    'signals no process if the state is %j',
    async (saved) => {
      const post = await runPost({ state: { 'main-process': saved } });
      expect(post).toMatchObject({ exitCode: 0, log: '' });
    },
  );
});

describeOnLinux('a step that the runner gave up on', () => {
  test('creates no key if its state can no longer be saved', async () => {
    throttle('POST /keys');
    const before = sent('POST', '/keys').length;
    const main = await startKey('key-never-created', 3, inHeldTime());
    await main.abandon();
    passTime(main);
    await expectCancelled(main);
    expect(harness.sandbox.account.keys).toEqual([]);
    expect(sent('POST', '/keys')).toHaveLength(before + 1);
  });

  test('creates no workspace if its state can no longer be saved', async () => {
    throttle('GET /workspaces/:id');
    const main = await startCreate({ slug: 'never-created' }, 1, inHeldTime());
    await main.abandon();
    passTime(main);
    await expectCancelled(main);
    expect(workspaceAt('never-created')).toBeUndefined();
  });
});

describe('runningSince', () => {
  const rest = '1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 123456 9 9 9';
  test.each([
    ['node', 'S'],
    ['Main Thread', 'R'],
    ['a) Z 1 (b', 'T'],
    ['((', 'D'],
  ])('finds the start time after the name %j and the state %s', (name, state) => {
    expect(runningSince(`42 (${name}) ${state} ${rest}\n`)).toBe('123456');
  });

  test.each(['Z', 'X'])('is undefined for a process that has ended: %s', (state) => {
    expect(runningSince(`42 (node) ${state} ${rest}\n`)).toBeUndefined();
  });
});

import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { startStep } from '../../sandbox/runner/runner.ts';
import { runningSince } from '../../src/runtime/main-process.ts';
import { annotations, openHarness, preloaded } from '../support/harness.ts';

const harness = openHarness();

const describeOnLinux = existsSync('/proc/self/stat') ? describe : describe.skip;

type RunningStep = Awaited<ReturnType<typeof startStep>>;

/** The next request of that name is answered with 429, so that whoever sent it waits. */
const throttle = (on: string, seconds = 5) =>
  harness.sandbox.faults.push({
    on,
    kind: 'answer',
    status: 429,
    headers: { 'retry-after': String(seconds) },
  });

const workspaceAt = (slug: string) =>
  harness.sandbox.account.workspaces.find((workspace) => workspace.slug === slug);

const sent = (method: string, path: string) =>
  harness.sandbox.requests.filter((request) => request.method === method && request.path === path);

/** Starts a create step that is to be deleted after the job; resolves at its request `requests`. */
async function startCreate(
  inputs: Record<string, string>,
  requests: number,
  env: Record<string, string> = {},
) {
  const before = harness.sandbox.requests.length;
  const main = await harness.startCreate({ 'delete-after-job': 'true', ...inputs }, env);
  await harness.sandbox.received(before + requests);
  return main;
}

async function startKey(slug: string, requests: number) {
  seedWorkspace(harness.sandbox, { slug });
  const before = harness.sandbox.requests.length;
  const main = await harness.start('key', { workspace: slug, name: 'CI' });
  await harness.sandbox.received(before + requests);
  return main;
}

/** The main step has ended by itself, and not as one that went on to its success. */
async function expectCancelled(main: RunningStep) {
  expect((await main.result).exitCode).toBe(1);
}

const WAS_ENDED = 'The step was still running, and was ended (SIGTERM) before this clean-up.';

describeOnLinux('a post step that begins while its main step is still running', () => {
  test('ends a create before it cleans up', async () => {
    throttle('POST /workspaces');
    const main = await startCreate({ slug: 'in-container' }, 2);
    const post = await harness.post(await main.abandon());
    expect(post.exitCode).toBe(0);
    expect(post.log).toBe(`${WAS_ENDED}\nThere is no workspace in-container: nothing to clean up.`);
    await expectCancelled(main);
    expect(workspaceAt('in-container')).toBeUndefined();
    expect(sent('POST', '/workspaces')).toHaveLength(1);
  });

  test('deletes what the create has made by then', async () => {
    harness.sandbox.faults.push({ on: 'POST /workspaces', kind: 'silence', applied: true });
    const main = await startCreate({ slug: 'made-in-container' }, 2);
    const post = await harness.post(await main.abandon());
    expect(post.log).toContain(`${WAS_ENDED}\nDeleted the workspace made-in-container, id `);
    await expectCancelled(main);
    expect(workspaceAt('made-in-container')).toBeUndefined();
  });

  test('deletes what the create has made since the runner took it for ended', async () => {
    throttle('POST /workspaces', 1);
    const main = await startCreate({ slug: 'made-since' }, 2);
    const left = await main.abandon();
    await main.result;
    expect(workspaceAt('made-since')).toBeDefined();
    const post = await harness.post(left);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(workspaceAt('made-since')).toBeUndefined();
  });

  test('ends a key before it cleans up', async () => {
    throttle('POST /keys');
    const main = await startKey('key-in-container', 3);
    const post = await harness.end('key', {}, await main.abandon());
    expect(post).toMatchObject({ exitCode: 0, log: WAS_ENDED });
    await expectCancelled(main);
    expect(harness.sandbox.account.keys).toEqual([]);
    expect(sent('POST', '/keys')).toHaveLength(1);
  });

  test('deletes the key that was made since the runner took the step for ended', async () => {
    throttle('POST /keys', 1);
    const main = await startKey('key-made-since', 3);
    const left = await main.abandon();
    await main.result;
    expect(harness.sandbox.account.keys).toHaveLength(1);
    const post = await harness.end('key', {}, left);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(harness.sandbox.account.keys).toEqual([]);
  });

  test('makes nothing once its intent cannot be saved any more', async () => {
    throttle('GET /workspaces/:id', 1);
    const main = await startCreate({ slug: 'never-made' }, 1);
    await main.abandon();
    await expectCancelled(main);
    expect(workspaceAt('never-made')).toBeUndefined();
  });

  test('ends a create that had not said yet what it is about to make, and warns', async () => {
    throttle('GET /workspaces/:id');
    const main = await startCreate({ slug: 'before-intent' }, 1);
    const post = await harness.post(await main.abandon());
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe(
      'The step was still running when its post step began',
    );
    expect(warning?.data).toContain(
      'It may be left behind at OpenRouter: whatever workspace the step made.',
    );
    await expectCancelled(main);
    expect(workspaceAt('before-intent')).toBeUndefined();
  });

  test('ends a create without delete-after-job too, and warns', async () => {
    throttle('POST /workspaces');
    const main = await startCreate({ slug: 'to-be-kept', 'delete-after-job': 'false' }, 1);
    const post = await harness.post(await main.abandon());
    expect(annotations(post, 'warning')).toHaveLength(1);
    await expectCancelled(main);
    expect(workspaceAt('to-be-kept')).toBeUndefined();
  });

  test('ends a key that had not said yet what it is about to make, and warns', async () => {
    throttle('GET /workspaces/:id');
    const main = await startKey('key-before-intent', 1);
    const post = await harness.end('key', {}, await main.abandon());
    const [warning] = annotations(post, 'warning');
    expect(warning?.data).toContain(
      'It may be left behind at OpenRouter: whatever API key the step made.',
    );
    await expectCancelled(main);
    expect(harness.sandbox.account.keys).toEqual([]);
  });

  test('ends a step that has nothing to clean up any more, without a warning', async () => {
    throttle('GET /workspaces/:id');
    const main = await startCreate({ slug: 'withdrawn' }, 1);
    const { state } = await main.abandon();
    const post = await harness.post({ state: { ...state, 'clean-up': 'null' } });
    expect(post).toMatchObject({ exitCode: 0, log: WAS_ENDED });
    await expectCancelled(main);
  });

  test('finds it under a name with blanks and parentheses', async () => {
    throttle('POST /workspaces');
    const named = preloaded("process.title = 'x) Z 1 (y';");
    const main = await startCreate({ slug: 'oddly-named' }, 2, named);
    const post = await harness.post(await main.abandon());
    expect(post.log).toContain(WAS_ENDED);
    await expectCancelled(main);
  });

  test('says within seconds that it does not end, and cleans up all the same', async () => {
    throttle('POST /workspaces');
    const main = await startCreate({ slug: 'frozen' }, 2);
    main.kill('SIGSTOP');
    const start = performance.now();
    const post = await harness.post(await main.abandon());
    expect(performance.now() - start).toBeLessThan(15_000);
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('The step could not be ended');
    expect(warning?.data).toContain('It may be left behind at OpenRouter: the workspace frozen.');
    expect(post.log).toContain('There is no workspace frozen: nothing to clean up.');
    main.kill('SIGCONT');
    await expectCancelled(main);
  });

  test('leaves a process alone that has only the same id', async () => {
    throttle('POST /workspaces', 1);
    const main = await startCreate({ slug: 'same-id' }, 2);
    const { state } = await main.abandon();
    const { pid } = JSON.parse(state['main-process'] ?? '');
    const other = JSON.stringify({ pid, startTime: '1' });
    const post = await harness.post({ state: { 'main-process': other } });
    expect(post).toMatchObject({ exitCode: 0, log: '' });
    await main.result;
    expect(workspaceAt('same-id')).toBeDefined();
  });

  test.each(['', 'null', '{}', '{"pid":-1,"startTime":"1"}', '{"pid":1.5,"startTime":"1"}'])(
    'signals nothing where the state is %j',
    async (saved) => {
      const post = await harness.post({ state: { 'main-process': saved } });
      expect(post).toMatchObject({ exitCode: 0, log: '' });
    },
  );
});

describe('the start of a process', () => {
  const rest = '1 2 3 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 11 0 123456 9 9 9';
  test.each([
    ['node', 'S'],
    ['Main Thread', 'R'],
    ['a) Z 1 (b', 'T'],
    ['((', 'D'],
  ])('is found behind the name %j, in the state %s', (name, state) => {
    expect(runningSince(`42 (${name}) ${state} ${rest}\n`)).toBe('123456');
  });

  test.each(['Z', 'X'])('is none of one that has ended: %s', (state) => {
    expect(runningSince(`42 (node) ${state} ${rest}\n`)).toBeUndefined();
  });
});

import { existsSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { runningSince } from '../../src/runtime/main-process.ts';
import { annotations, openHarness, preloaded, type RunningStep } from '../support/harness.ts';
import { inHeldTime, inUnseenTime, inVirtualTime, passTime } from '../support/step-time.ts';

const harness = openHarness();

const describeOnLinux = existsSync('/proc/self/stat') ? describe : describe.skip;

const FIND = 'GET /workspaces/:id';
const CREATE = 'POST /workspaces';
const CREATE_KEY = 'POST /keys';

beforeEach(() => {
  const { account, requests } = harness.sandbox;
  account.workspaces.length = 1;
  for (const list of [account.keys, requests]) list.length = 0;
});

/** Responds to the next `on` with 429, so that the step waits for an hour. */
const throttle = (on: string) =>
  harness.sandbox.faults.push({
    on,
    kind: 'response',
    status: 429,
    headers: { 'retry-after': '3600' },
  });

const lose = (on: string) => harness.sandbox.faults.push({ on, kind: 'silence', applied: true });

/** How long a step may take that waits: longer than for an hour. */
const TIMEOUT = { timeout: '24h' };
const KEEP = { 'delete-after-job': 'false' };

/** The slugs of the workspaces besides the default one. */
const slugs = () => harness.sandbox.account.workspaces.slice(1).map(({ slug }) => slug);

/** How many requests of the main step have arrived for `call`. */
const sent = (call: string) =>
  harness.sandbox.requests.filter(({ method, path }) => `${method} ${path}` === call).length;

type Inputs = Record<string, string>;
type MainState = Pick<StepResult, 'state'>;

// The post step has only so long to see its main step end. For it, no time passes meanwhile.

/** The create step and its post step. */
const create = {
  call: CREATE,
  /** Resolves once the step has sent `requests` requests. */
  async start(requests: number, inputs: Inputs = {}, env: Inputs = {}) {
    const all = { slug: 'preview', 'delete-after-job': 'true', ...TIMEOUT, ...inputs };
    const main = await harness.startCreate(all, env);
    await harness.sandbox.received(requests);
    return main;
  },
  runPost: (main: MainState) => harness.post(main, {}, inUnseenTime()),
  created: slugs,
};

/** The key step and its post step. */
const key = {
  call: CREATE_KEY,
  async start(requests: number, inputs: Inputs = {}, env: Inputs = {}) {
    seedWorkspace(harness.sandbox, { slug: 'preview' });
    const all = { workspace: 'preview', name: 'CI', ...TIMEOUT, ...inputs };
    const main = await harness.start('key', all, env);
    await harness.sandbox.received(requests);
    return main;
  },
  runPost: (main: MainState) => harness.end('key', {}, main, { env: inUnseenTime() }),
  created: () => harness.sandbox.account.keys,
};

/** Expects that the main step ended early, and did not succeed. */
async function expectCancelled(main: RunningStep) {
  expect((await main.result).exitCode).toBe(1);
}

const WAS_ENDED = 'The step was still running. It was ended with SIGTERM before this post step.';
const STILL_RUNNING = 'The step was still running after its job ended';

describeOnLinux('a post step that starts while its main step is still running', () => {
  test.each([
    ['create', create, 2, '\nThe workspace preview does not exist: nothing to delete.'],
    ['key', key, 3, '\nFound no API key whose secret was lost.'],
  ])('ends a %s before it deletes', async (_, { call, ...action }, requests, line) => {
    throttle(call);
    const main = await action.start(requests);
    const post = await action.runPost(await main.abandon());
    expect(post).toMatchObject({ exitCode: 0, log: `${WAS_ENDED}${line}` });
    await expectCancelled(main);
    expect(action.created()).toEqual([]);
    expect(sent(call)).toBe(1);
  });

  test('deletes the workspace that the create created by then', async () => {
    lose(CREATE);
    const main = await create.start(2);
    const post = await create.runPost(await main.abandon());
    expect(post.log).toContain(`${WAS_ENDED}\nDeleted the workspace preview, id `);
    await expectCancelled(main);
    expect(slugs()).toEqual([]);
  });

  test('deletes the workspace that the create created after the runner gave up on it', async () => {
    throttle(CREATE);
    const main = await create.start(2, {}, inHeldTime());
    const left = await main.abandon();
    passTime(main);
    await main.result;
    expect(slugs()).toEqual(['preview']);
    const post = await create.runPost(left);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(slugs()).toEqual([]);
  });

  test('deletes the key that was created after the runner gave up on the step', async () => {
    const { account } = harness.sandbox;
    const main = await key.start(0);
    const { handle } = account;
    account.handle = (request) => {
      const response = handle(request);
      if (request.method === 'POST') main.kill('SIGSTOP');
      return response;
    };
    await harness.sandbox.received(3);
    account.handle = handle;
    const left = await main.abandon();
    main.kill('SIGCONT');
    expect((await main.result).log).toContain('Already exists at OpenRouter: the API key ');
    expect(account.keys).toHaveLength(1);
    const post = await key.runPost(left);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(account.keys).toEqual([]);
  });

  test.each([
    ['create that had not saved yet what it would create', create, FIND, {}, 'a workspace'],
    ['create without delete-after-job', create, CREATE, KEEP, 'a workspace'],
    ['key that had not saved yet what it would create', key, FIND, {}, 'an API key'],
  ])('ends a %s, and warns', async (_, action, call, inputs, leftover) => {
    throttle(call);
    const main = await action.start(1, inputs);
    const post = await action.runPost(await main.abandon());
    expect(post.exitCode).toBe(0);
    const warnings = annotations(post, 'warning');
    expect(warnings.map(({ properties }) => properties['title'])).toEqual([STILL_RUNNING]);
    expect(warnings[0]?.data).toContain(
      `May still exist at OpenRouter: ${leftover}, if the step created one.`,
    );
    await expectCancelled(main);
    expect(action.created()).toEqual([]);
  });

  test.each([
    ['', {}],
    [' under a name with spaces and parentheses', preloaded("process.title = 'x) Z 1 (y';")],
  ])('ends a step that has nothing left to do%s, without a warning', async (_, env) => {
    throttle(FIND);
    const main = await create.start(1, {}, env);
    const { state } = await main.abandon();
    const post = await create.runPost({ state: { ...state, task: 'null' } });
    expect(post).toMatchObject({ exitCode: 0, log: WAS_ENDED });
    await expectCancelled(main);
  });

  test('warns about a step that does not end within 5 s, and cleans up anyway', async () => {
    lose(CREATE);
    const main = await create.start(2);
    main.kill('SIGSTOP');
    const post = await harness.post(await main.abandon(), {}, inVirtualTime());
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('The step is still running after its job ended');
    expect(warning?.data).toContain('May still exist at OpenRouter: the workspace preview.');
    expect(post.log).toContain('Deleted the workspace preview, id ');
    expect(slugs()).toEqual([]);
    main.kill('SIGCONT');
    await expectCancelled(main);
  });

  test('does not end a process that only has the same id', async () => {
    throttle(CREATE);
    const main = await create.start(2, {}, inHeldTime());
    const { state } = await main.abandon();
    const { pid } = JSON.parse(state['main-process'] ?? '');
    const other = JSON.stringify({ pid, startTime: '1' });
    const post = await harness.post({ state: { 'main-process': other } });
    expect(post).toMatchObject({ exitCode: 0, log: '' });
    passTime(main);
    await main.result;
    expect(slugs()).toEqual(['preview']);
  });

  test.each(['', 'null', '{}', '{"pid":-1,"startTime":"1"}', '{"pid":1.5,"startTime":"1"}'])(
    'signals no process if the state is %j',
    async (saved) => {
      const post = await harness.post({ state: { 'main-process': saved } });
      expect(post).toMatchObject({ exitCode: 0, log: '' });
    },
  );
});

describeOnLinux('a step that the runner gave up on, whose state can no longer be saved,', () => {
  test.each([
    ['key', key, CREATE_KEY, 3, 1],
    ['workspace', create, FIND, 1, 0],
  ])('creates no %s', async (_, action, throttled, requests, posts) => {
    throttle(throttled);
    const main = await action.start(requests, {}, inHeldTime());
    await main.abandon();
    passTime(main);
    await expectCancelled(main);
    expect(action.created()).toEqual([]);
    expect(sent(action.call)).toBe(posts);
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

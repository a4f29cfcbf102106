import { existsSync } from 'node:fs';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { foldGroups } from '../../sandbox/runner/log.ts';
import type { StepResult } from '../../sandbox/runner/runner.ts';
import { runningSince } from '../../src/runtime/main-process.ts';
import { annotations, openHarness, type RunningStep } from '../support/harness.ts';
import { holdResponse } from '../support/held-response.ts';
import {
  inCancelledTime,
  inHeldTime,
  inUnseenTime,
  inVirtualTime,
  passTime,
} from '../support/step-time.ts';

const harness = openHarness();

const describeOnLinux = existsSync('/proc/self/stat') ? describe : describe.skip;

const FIND = 'GET /workspaces/:id';
const CREATE = 'POST /workspaces';

beforeEach(() => {
  const { account, requests } = harness.sandbox;
  account.workspaces.length = 1;
  requests.length = 0;
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

/** How many times the main step has sent the POST. */
const posts = () => harness.sandbox.requests.filter(({ method }) => method === 'POST').length;

type Inputs = Record<string, string>;

/** Starts a create step, and resolves once it has sent `requests` requests. */
async function start(requests: number, inputs: Inputs = {}, env: Inputs = {}) {
  const all = { slug: 'preview', 'delete-after-job': 'true', ...TIMEOUT, ...inputs };
  const main = await harness.startCreate(all, env);
  await harness.sandbox.received(requests);
  return main;
}

/** The post step has only so long to see its main step end. For it, no time passes meanwhile. */
const runPost = (main: Pick<StepResult, 'state'>) => harness.post(main, {}, inUnseenTime());

/** Expects that the main step ended early, and did not succeed. */
async function expectCancelled(main: RunningStep) {
  expect((await main.result).exitCode).toBe(1);
}

const WAS_ENDED = 'The step was still running. It was ended with SIGTERM before this post step.';
const STILL_RUNNING = 'The step was still running after its job ended';

describeOnLinux('a post step that starts while its main step is still running', () => {
  test('ends it before it deletes', async () => {
    throttle(CREATE);
    const main = await start(2);
    const post = await runPost(await main.abandon());
    expect(post.exitCode).toBe(0);
    expect(foldGroups(post.log.split('\n'))).toEqual([
      WAS_ENDED,
      '▸ Requests',
      expect.stringMatching(/^The workspace "preview" does not exist\. A late request may still /),
    ]);
    await expectCancelled(main);
    expect(slugs()).toEqual([]);
    expect(posts()).toBe(1);
  });

  test('deletes the workspace that the create created after the runner gave up on it', async () => {
    throttle(CREATE);
    const main = await start(2, {}, inHeldTime());
    const left = await main.abandon();
    passTime(main);
    await main.result;
    expect(slugs()).toEqual(['preview']);
    const post = await runPost(left);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(slugs()).toEqual([]);
  });

  test('waits for the response to its POST, and deletes what that created', async () => {
    const response = holdResponse(harness, CREATE);
    const main = await start(2, {}, response.env);
    const post = runPost(await main.abandon());
    await response.signalled(main, 1);
    response.release();
    expect(await post).toMatchObject({ exitCode: 0, log: expect.stringContaining(WAS_ENDED) });
    expect((await post).log).toContain('Deleted the workspace preview, id ');
    await expectCancelled(main);
    expect(slugs()).toEqual([]);
  });

  test.each([
    ['that had not saved yet what it would create', FIND, {}],
    ['without delete-after-job', CREATE, KEEP],
  ])('ends a step %s, and warns', async (_, call, inputs) => {
    throttle(call);
    const main = await start(1, inputs);
    const post = await runPost(await main.abandon());
    expect(post.exitCode).toBe(0);
    const warnings = annotations(post, 'warning');
    expect(warnings.map(({ data }) => data.split('\n')[0])).toEqual([STILL_RUNNING]);
    expect(warnings[0]?.data).toContain(
      'May still exist at OpenRouter: a workspace, if the step created one.',
    );
    await expectCancelled(main);
    expect(slugs()).toEqual([]);
  });

  test('ends a step that has nothing left to do, without a warning', async () => {
    throttle(FIND);
    const main = await start(1);
    const { state } = await main.abandon();
    const post = await runPost({ state: { ...state, task: 'null' } });
    expect(post).toMatchObject({ exitCode: 0, log: WAS_ENDED });
    await expectCancelled(main);
  });

  test('warns about a step that does not end within 8 s, and cleans up anyway', async () => {
    lose(CREATE);
    const main = await start(2, {}, inCancelledTime());
    main.kill('SIGSTOP');
    const post = await harness.post(await main.abandon(), {}, inVirtualTime());
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.data).toMatch(
      /^The step is still running after its job ended\n.* has not ended within 8 s\. /,
    );
    expect(warning?.data).toContain('May still exist at OpenRouter: the workspace "preview".');
    expect(post.log).toContain('Deleted the workspace preview, id ');
    expect(slugs()).toEqual([]);
    main.kill('SIGCONT');
    await expectCancelled(main);
  });

  test('does not end a process that only has the same id', async () => {
    throttle(CREATE);
    const main = await start(2, {}, inHeldTime());
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

describeOnLinux('a step that the runner gave up on', () => {
  test('creates nothing, because its state can no longer be saved', async () => {
    throttle(FIND);
    const main = await start(1, {}, inHeldTime());
    await main.abandon();
    passTime(main);
    await expectCancelled(main);
    expect(slugs()).toEqual([]);
    expect(posts()).toBe(0);
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

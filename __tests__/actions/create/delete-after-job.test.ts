import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { POST_GRACE_MS } from '../../../src/http/send.ts';
import { describeError } from '../../../src/report/describe-error.ts';
import {
  pass,
  runCreate,
  runPost,
  type Simulation,
  type StepRun,
} from '../../support/simulation.ts';
import {
  CONDITIONS,
  desired,
  detailsOf,
  failLookup,
  GET,
  LOST,
  POST,
  REQUEST,
  respondWith,
  simulate,
  slugsOf,
} from './fixtures.ts';

/** The lookup before the POST takes 20 ms, and the POST arrives 10 ms after it was sent. */
const KILLED = {
  beforeThePostArrives: { ...CONDITIONS, killedAfter: 25 },
  afterThePostArrived: { ...CONDITIONS, killedAfter: 35 },
};

async function expectDeleted(simulation: Simulation, run: Pick<StepRun, 'task'>): Promise<void> {
  const lines: string[] = [];
  expect(await runPost(simulation, run, CONDITIONS, lines)).toBeUndefined();
  expect(lines.join('\n')).toContain('Deleted the workspace preview-42, id ');
  expect(slugsOf(simulation)).toEqual(['default']);
}

async function expectLeftAlone(simulation: Simulation, run: Pick<StepRun, 'task'>): Promise<void> {
  const lines: string[] = [];
  expect(await runPost(simulation, run, CONDITIONS, lines)).toBeUndefined();
  expect(lines).toContain('The workspace "preview-42" was not deleted');
  expect(slugsOf(simulation)).toEqual(['default', 'preview-42']);
}

describe('the post step deletes the workspace of a step that failed', () => {
  const lost = respondWith(500, { applied: true });
  const throttled = (retryAfter: string) => respondWith(429, { retryAfter, applied: true });
  const WRONGLY_THROTTLED = { ambiguous: false, wasThrottled: true };
  test.each<[string, object, InProcessFault[]]>([
    ['a lost POST and long throttling', { ambiguous: true }, [lost, throttled('9999')]],
    ['a lost POST and HTTP 401', { ambiguous: true }, [lost, respondWith(401)]],
    ['wrong throttling and HTTP 401', WRONGLY_THROTTLED, [throttled('1'), respondWith(401)]],
    ['wrong throttling for longer than the timeout', WRONGLY_THROTTLED, [throttled('9999')]],
  ])('after %s', async (_, details, schedule) => {
    const simulation = simulate(schedule);
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    expect(detailsOf(run)).toMatchObject(details);
    await expectDeleted(simulation, run);
  });

  test('when the POST arrives while the post step polls', async () => {
    const simulation = simulate([{ on: POST, kind: 'late', after: 1_500 }]);
    const run = await runCreate(simulation, REQUEST, KILLED.afterThePostArrived);
    expect(run.killed).toBe(true);
    expect(slugsOf(simulation)).toEqual(['default']);
    await expectDeleted(simulation, run);
    expect(simulation.clock.now()).toBeGreaterThan(1_535);
  });
});

describe('the post step leaves a workspace alone', () => {
  test('that was created more than 10 s after the step failed, before its timeout', async () => {
    const simulation = simulate([respondWith(502)]);
    failLookup(simulation, 2);
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    expect(detailsOf(run).ambiguous).toBe(true);
    await pass(simulation, 15_000);
    seedWorkspace(simulation, desired);
    await expectLeftAlone(simulation, run);
  });

  test('that has other fields than requested', async () => {
    const simulation = simulate();
    const run = await runCreate(simulation, REQUEST, KILLED.beforeThePostArrives);
    expect(slugsOf(simulation)).toEqual(['default']);
    seedWorkspace(simulation, { ...desired, name: 'Of another job' });
    await expectLeftAlone(simulation, run);
  });
});

test.each([
  ['killed', { killedAfter: 35 }, 35],
  ['cancelled', { cancelledAfter: 35 }, 35 + POST_GRACE_MS],
])(
  'after a step that was %s, the post step polls for a pending workspace for three seconds',
  async (_, end, elapsed) => {
    const simulation = simulate([{ on: POST, kind: 'silence' }]);
    const run = await runCreate(simulation, REQUEST, { ...CONDITIONS, ...end });
    expect(run.elapsed).toBe(elapsed);
    const { network, clock } = simulation;
    network.calls.length = 0;
    const lines: string[] = [];
    const start = clock.now();
    expect(await runPost(simulation, run, CONDITIONS, lines)).toBeUndefined();
    expect(lines.at(-1)).toBe(
      'The workspace "preview-42" does not exist. A late request may still create it: then it stays until the action delete or sweep deletes it.',
    );
    expect(network.calls).toEqual([GET, GET, GET]);
    // Each lookup takes 20 ms.
    expect(clock.now() - start).toBe(3_000 + 3 * 20);
  },
);

test('after a step whose every POST was throttled, the post step finds nothing to delete', async () => {
  const throttled = respondWith(429, { retryAfter: '50' });
  const simulation = simulate([throttled, throttled]);
  const run = await runCreate(simulation, REQUEST, CONDITIONS);
  expect(run.error).toBeDefined();
  const lines: string[] = [];
  expect(await runPost(simulation, run, CONDITIONS, lines)).toBeUndefined();
  expect(lines.at(-1)).toBe('The workspace "preview-42" does not exist: nothing to delete.');
});

describe('a POST that is applied only after its workspace was created by a retry and deleted', () => {
  const late = (after: number): InProcessFault => ({ on: POST, kind: 'late', after });

  test('is deleted too, although another one is applied after that deletion', async () => {
    const simulation = simulate([late(46_000), late(18_000)], { takenSlugStatus: 409 });
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    expect(run.result?.outcome).toBe('created');
    const lines: string[] = [];
    expect(await runPost(simulation, run, CONDITIONS, lines)).toBeUndefined();
    expect(lines.at(-1)).toMatch(/: no late request created it again\.$/);
    await pass(simulation, 60_000);
    expect(slugsOf(simulation)).toEqual(['default']);
  });

  test('is named in a warning, if the step cannot have created it so late', async () => {
    const simulation = simulate([late(90_000)]);
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    expect(run.result?.outcome).toBe('created');
    await pass(simulation, 88_500 - simulation.clock.now());
    await expectLeftAlone(simulation, run);
  });

  test.each([
    ['every POST got a response', respondWith(429, { retryAfter: '1' })],
    ['the only ambiguous POST created the workspace', LOST],
  ])('is not looked for if %s', async (_, fault) => {
    const simulation = simulate([fault]);
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    simulation.network.calls.length = 0;
    await expectDeleted(simulation, run);
    expect(simulation.network.calls).not.toContain(GET);
  });

  test('is not confused with the deleted workspace, which a lookup that lags still returns', async () => {
    const simulation = simulate([respondWith(502)], { takenSlugStatus: 409 });
    const run = await runCreate(simulation, REQUEST, CONDITIONS);
    const body = JSON.stringify({ data: simulation.account.workspaces[1] });
    simulation.network.schedule.push({ on: GET, kind: 'response', status: 200, body });
    await expectDeleted(simulation, run);
    expect(simulation.network.schedule).toEqual([]);
  });
});

test('a created workspace that the post step cannot find in its time is named in a warning', async () => {
  const simulation = simulate();
  const run = await runCreate(simulation, REQUEST, CONDITIONS);
  const [workspace] = simulation.account.workspaces.splice(1);
  const start = simulation.clock.now();
  const error = await runPost(simulation, run, CONDITIONS);
  expect(describeError(error, 'none')).toMatchObject({
    code: 'created-workspace-missing',
    title: 'The workspace "preview-42" cannot be found',
    lines: [
      `This step created it, id ${workspace?.id}, and OpenRouter now reports that it does not exist.`,
      expect.stringContaining('belongs to another account'),
    ],
  });
  expect(simulation.clock.now() - start).toBeGreaterThan(15_000);
  const inShortTime = await runPost(simulation, run, { ...CONDITIONS, timeout: 2_000 });
  expect(inShortTime).toMatchObject({ code: 'created-workspace-missing' });
});

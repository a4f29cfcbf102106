import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/openrouter/in-process.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { sleep } from '../../../src/lib/clock.ts';
import type { ApiError } from '../../../src/openrouter/api-error.ts';
import type { HttpResponse } from '../../../src/openrouter/transport.ts';
import type { CreateRequest } from '../../../src/operations/create/request.ts';
import type { TimeWindow } from '../../../src/operations/shared/time-window.ts';
import {
  openSimulation,
  pass,
  type Ran,
  runCreate,
  runPost,
  type Simulation,
} from '../../support/simulation.ts';

const desired = { name: 'Preview', slug: 'preview-42', disabled_server_tools: ['openrouter:bash'] };
const REQUEST: CreateRequest = {
  desired,
  governance: {},
  governanceInputs: [],
  ifExists: 'fail',
  dryRun: false,
  deleteAfterJob: true,
  deleteKeys: false,
  timeoutMs: 60_000,
};
const LIFE = { timeout: 60_000, jitter: [0.5] };
/** A step that does not look before it posts. */
const WITHOUT_LOOK = { ...REQUEST, deleteAfterJob: false };

/** A world in which `schedule` goes wrong, and where another job makes the same after `others` ms. */
function given(
  schedule: InProcessFault[],
  { others, ...options }: { others?: number; takenSlugStatus?: 400 | 409 | 500 } = {},
): Simulation {
  const simulation = openSimulation({
    takenSlugStatus: 400,
    ...options,
    skew: 0,
    schedule,
    latency: 10,
    jitter: [],
  });
  if (others !== undefined)
    simulation.clock.after(others, () => seedWorkspace(simulation, desired));
  return simulation;
}

const POST = 'POST /workspaces';
const GET = 'GET /workspaces/:id';
const slugs = ({ account }: Simulation) => account.workspaces.map(({ slug }) => slug);
const factsOf = ({ error }: Ran) => (error as ApiError).details;

/** The workspace with the slug, as the account holds it: what a test changes in it is so from then on. */
function held({ account }: Simulation): Record<string, unknown> {
  const workspace = account.workspaces.find(({ slug }) => slug === desired.slug);
  if (!workspace) throw new Error('no workspace has the slug');
  return workspace;
}

/** Has each answer come to the step as `bend` makes it. */
function bendAnswers(simulation: Simulation, bend: (answer: HttpResponse) => HttpResponse): void {
  simulation.proxy = (direct) => async (request, signal) => bend(await direct(request, signal));
}

const withoutDate = ({ headers: { date: _, ...headers }, ...answer }: HttpResponse) => ({
  ...answer,
  headers,
});
const withoutCreatedAt = ({ body, ...answer }: HttpResponse) => ({
  ...answer,
  body: body.replace(/"created_at":"[^"]*",/, ''),
});
const inWholeSeconds = ({ body, ...answer }: HttpResponse) => ({
  ...answer,
  body: body.replace(/("created_at":"[^".]*)\.\d+Z"/, '$1Z"'),
});

/** Has the next look that is sent from `ms` on be refused for good. */
function failNextLook({ clock, network }: Simulation, ms: number): void {
  const refusal = { on: GET, kind: 'answer', status: 403 } as const;
  clock.after(ms, () => network.schedule.push(refusal));
}

/** When what `ran` was about to make may be carried out, as it has left it for the post step. */
function spanOf({ task }: Ran): TimeWindow {
  if (!task || !('pending' in task.target)) throw new Error('nothing is pending');
  if (!task.target.pending.window) throw new Error('it has no window');
  return task.target.pending.window;
}

/** What a step with `delete-after-job` says of what stays, and holds to. */
function expectWarningOf(simulation: Simulation, { log, task }: Ran): void {
  expect(log).toContain('The workspace preview-42 will not be deleted after the job');
  expect(log.join()).toContain(`id ${held(simulation)['id']}`);
  expect(task).toBeUndefined();
}

/** What a red step says where it found the slug taken. */
function expectTaken(ran: Ran, isKnown: 'by another' | 'cannot be told'): void {
  expect(ran.error).toMatchObject({ title: 'The slug preview-42 is taken' });
  expect(String(ran.error).includes('cannot be told')).toBe(isKnown === 'cannot be told');
}

describe('a POST that was lost is not forgotten when a later one fails for sure', () => {
  test.each<[string, InProcessFault]>([
    [
      'refused for long',
      { on: POST, kind: 'answer', status: 429, headers: { 'retry-after': '9999' } },
    ],
    ['refused the key', { on: POST, kind: 'answer', status: 401 }],
  ])('%s', async (_, fault) => {
    const simulation = given([{ on: POST, kind: 'answer', status: 500, applied: true }, fault]);
    const ran = await runCreate(simulation, REQUEST, LIFE);
    expect(factsOf(ran).ambiguous).toBe(true);
    expect(await runPost(simulation, ran, LIFE)).toBeUndefined();
    expect(slugs(simulation)).toEqual(['default']);
  });
});

describe('what another job makes is not taken for ours', () => {
  test('long after a POST that was lost, when a look has found nothing since', async () => {
    const simulation = given(
      [
        { on: POST, kind: 'answer', status: 502 },
        { on: POST, kind: 'answer', status: 429, headers: { 'retry-after': '30' } },
      ],
      { others: 20_000 },
    );
    const ran = await runCreate(simulation, REQUEST, LIFE);
    expect(ran.error).toMatchObject({ title: 'The slug preview-42 is taken' });
    expect(String(ran.error)).toContain('cannot be told');
    await runPost(simulation, ran, LIFE);
    expect(slugs(simulation)).toEqual(['default', 'preview-42']);
  });

  test.each([2_500, 5_000])('%i ms before a POST that was lost', async (age) => {
    const simulation = given([{ on: POST, kind: 'reset' }]);
    seedWorkspace(simulation, desired);
    await pass(simulation, age);
    expectTaken(await runCreate(simulation, WITHOUT_LOOK, LIFE), 'by another');
  });

  test('seconds before the step, where the look takes seconds to be answered', async () => {
    const simulation = given([{ on: POST, kind: 'reset' }]);
    simulation.proxy = (direct) => async (request, signal) => {
      const answer = await direct(request, signal);
      if (request.method !== 'GET') return answer;
      // Its head is sent by then, with the time in it; its body trickles.
      await sleep(simulation.clock, 5_000, signal);
      return { ...answer, bodyMs: 5_000 };
    };
    seedWorkspace(simulation, desired);
    await pass(simulation, 4_000);
    expectTaken(await runCreate(simulation, WITHOUT_LOOK, LIFE), 'by another');
  });

  test.each([1_500, 4_000, 20_000])(
    'but ours is, where a look takes %i ms to be answered',
    async (ms) => {
      const simulation = given([{ on: POST, kind: 'reset', applied: true }]);
      simulation.proxy = (direct) => async (request, signal) => {
        if (request.method === 'GET') await sleep(simulation.clock, ms, signal);
        return direct(request, signal);
      };
      const { result } = await runCreate(simulation, WITHOUT_LOOK, LIFE);
      expect(result?.outcome).toBe('created');
    },
  );

  test('after the step has failed, long before the end of timeout', async () => {
    const simulation = given([{ on: POST, kind: 'answer', status: 502 }]);
    failNextLook(simulation, 30);
    const ran = await runCreate(simulation, REQUEST, LIFE);
    expect(factsOf(ran).ambiguous).toBe(true);
    const { from, to } = spanOf(ran);
    // From when the first look was answered, after 20 ms.
    expect(to - from).toBe(ran.elapsed - 20 + 10_000);
    await pass(simulation, 15_000);
    seedWorkspace(simulation, desired);
    const lines: string[] = [];
    expect(await runPost(simulation, ran, LIFE, lines)).toBeUndefined();
    expect(lines).toContain('The workspace preview-42 was left alone');
    expect(slugs(simulation)).toEqual(['default', 'preview-42']);
  });

  test('with other fields', async () => {
    const simulation = given([{ on: POST, kind: 'reset' }]);
    simulation.clock.after(5, () => seedWorkspace(simulation, { ...desired, name: 'Theirs' }));
    const ran = await runCreate(simulation, { ...REQUEST, deleteAfterJob: false }, LIFE);
    expect(ran.error).toMatchObject({ title: 'The slug preview-42 is taken' });
    expect(String(ran.error)).not.toContain('cannot be told');
  });
});

describe('what is ours is known', () => {
  test.each<[string, (workspace: Record<string, unknown>) => void]>([
    ['by an answer without its time', (workspace) => delete workspace['created_at']],
    [
      'by an answer without the newest field',
      (workspace) => delete workspace['disabled_server_tools'],
    ],
    [
      'by a database whose clock is slow',
      (workspace) => {
        workspace['created_at'] = '2025-12-31T23:59:00.000Z';
      },
    ],
  ])('where it was looked for before, %s', async (_, bend) => {
    const simulation = given([{ on: POST, kind: 'reset', applied: true }]);
    simulation.clock.after(35, () => simulation.account.workspaces.slice(1).forEach(bend));
    const ran = await runCreate(simulation, REQUEST, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
    expect(await runPost(simulation, ran, LIFE)).toBeUndefined();
    expect(slugs(simulation)).toEqual(['default']);
  });
});

test('what cannot be told whose it is is not deleted, and said to stay', async () => {
  const schedule = [{ on: POST, kind: 'answer', status: 500, applied: true }] as const;
  const simulation = given([...schedule], { takenSlugStatus: 500 });
  const ran = await runCreate(simulation, { ...REQUEST, ifExists: 'reuse' }, LIFE);
  expect(ran.result).toMatchObject({ outcome: 'unchanged' });
  expect(ran.log).toContain('The workspace preview-42 will not be deleted after the job');
  expect(ran.task).toBeUndefined();
});

test('a POST that is lost once the slug is taken proves nothing', async () => {
  const simulation = given(
    [
      { on: POST, kind: 'answer', status: 500, applied: true },
      { on: POST, kind: 'reset' },
    ],
    { takenSlugStatus: 500 },
  );
  const ran = await runCreate(simulation, REQUEST, LIFE);
  expect(String(ran.error)).toContain('cannot be told');
});

test('a 503 whose Retry-After is no time is looked into, as any other', async () => {
  const headers = { 'retry-after': 'foo 5' };
  const simulation = given([{ on: POST, kind: 'answer', status: 503, headers, applied: true }]);
  const ran = await runCreate(simulation, WITHOUT_LOOK, LIFE);
  expect(ran.result).toMatchObject({ outcome: 'created' });
  expect(simulation.network.calls).toEqual([POST, GET]);
});

test('attempts are counted on, and backed off from, across looks', async () => {
  const simulation = given([
    { on: POST, kind: 'refused' },
    { on: POST, kind: 'refused' },
    { on: POST, kind: 'answer', status: 502 },
    { on: POST, kind: 'answer', status: 502 },
  ]);
  const { log } = await runCreate(simulation, { ...REQUEST, deleteAfterJob: false }, LIFE);
  expect(log.flatMap((line) => /again in (.*)\.$/.exec(line)?.[1] ?? [])).toEqual([
    '0.3 s',
    '0.5 s',
    '1.0 s',
    '2.0 s',
  ]);
});

describe('a POST that may come late is not forgotten when a later one was answered', () => {
  /** The first POST is carried out after `late` ms; what answers the others leaves no doubt by then. */
  const lateBy = (late: number, ...others: InProcessFault[]) =>
    given(
      [
        { on: POST, kind: 'late', after: late },
        { on: POST, kind: 'answer', status: 500 },
        ...others,
      ],
      { takenSlugStatus: 409 },
    );

  test('with 500, and then with a refusal of the key', async () => {
    const simulation = lateBy(35_000, { on: POST, kind: 'answer', status: 401 });
    const ran = await runCreate(simulation, REQUEST, LIFE);
    expect(factsOf(ran)).toMatchObject({ status: 401, ambiguous: true });
    expect(slugs(simulation)).toEqual(['default']);
    await pass(simulation, 5_000);
    expect(slugs(simulation)).toEqual(['default', 'preview-42']);
    expect(await runPost(simulation, ran, LIFE)).toBeUndefined();
    expect(slugs(simulation)).toEqual(['default']);
  });

  test('with 500, and then as a slug that is taken', async () => {
    const ran = await runCreate(lateBy(30_500), REQUEST, LIFE);
    expectTaken(ran, 'cannot be told');
  });

  test('with a refusal, and the look after it fails', async () => {
    const simulation = given([
      { on: POST, kind: 'answer', status: 502 },
      { on: POST, kind: 'answer', status: 400 },
    ]);
    failNextLook(simulation, 100);
    const { error, ...ran } = await runCreate(simulation, WITHOUT_LOOK, LIFE);
    expect(String(error)).toContain('The lookup that followed failed: GET /workspaces/');
    expect(factsOf({ error, ...ran })).toMatchObject({ status: 400, ambiguous: true });
  });
});

describe('a plea to wait that was carried out nevertheless cannot be told from another’s POST', () => {
  test.each([429, 503])('%i', async (status) => {
    const headers = { 'retry-after': '1' };
    const simulation = given([{ on: POST, kind: 'answer', status, headers, applied: true }], {
      takenSlugStatus: 409,
    });
    const ran = await runCreate(simulation, REQUEST, LIFE);
    expectTaken(ran, 'cannot be told');
    expectWarningOf(simulation, ran);
  });

  const throttled = (seconds: string): InProcessFault => {
    const headers = { 'retry-after': seconds };
    return { on: POST, kind: 'answer', status: 429, headers, applied: true };
  };
  test.each<[string, InProcessFault[]]>([
    ['where the key is refused then', [throttled('1'), { on: POST, kind: 'answer', status: 401 }]],
    ['where time is over at once', [throttled('9999')]],
  ])('and is looked for after the job, %s', async (_, schedule) => {
    const simulation = given(schedule);
    const ran = await runCreate(simulation, REQUEST, LIFE);
    expect(factsOf(ran)).toMatchObject({ ambiguous: false, wasThrottled: true });
    expect(await runPost(simulation, ran, LIFE)).toBeUndefined();
    expect(slugs(simulation)).toEqual(['default']);
  });
});

test.each<[string, InProcessFault]>([
  ['lost', { on: POST, kind: 'reset', applied: true }],
  ['answered with 500', { on: POST, kind: 'answer', status: 500, applied: true }],
])(
  'a workspace that the server has brought into a form of its own, and whose answer was %s, is named, and not deleted',
  async (_, fault) => {
    for (const ifExists of ['fail', 'reuse'] as const) {
      const simulation = given([fault]);
      simulation.clock.after(35, () => {
        held(simulation)['name'] = 'PREVIEW';
      });
      const ran = await runCreate(simulation, { ...REQUEST, ifExists }, LIFE);
      if (ifExists === 'fail') expectTaken(ran, 'cannot be told');
      else expect(ran.result).toMatchObject({ outcome: 'unchanged' });
      expectWarningOf(simulation, ran);
    }
  },
);

test('a success for another workspace is not asked for again, and names it', async () => {
  const body = '{"data":{"id":"1","slug":"preview-42-2","name":"Preview"}}';
  const simulation = given([{ on: POST, kind: 'answer', status: 201, body }]);
  const ran = await runCreate(simulation, WITHOUT_LOOK, LIFE);
  expect(String(ran.error)).toContain('it was the workspace "preview-42-2"');
  expect(factsOf(ran).ambiguous).toBe(true);
  expect(simulation.network.calls.filter((call) => call === POST)).toHaveLength(1);
});

describe('who made what is found after a lost POST is told by the server alone', () => {
  const lost: InProcessFault = { on: POST, kind: 'reset', applied: true };

  test.each<[string, (answer: HttpResponse) => HttpResponse]>([
    ['when its answers have no Date', withoutDate],
    ['when the workspace does not say when it was made', withoutCreatedAt],
  ])('and not at all %s', async (_, bend) => {
    const simulation = given([lost]);
    bendAnswers(simulation, bend);
    expectTaken(await runCreate(simulation, WITHOUT_LOOK, LIFE), 'cannot be told');
  });

  test('also where it tells whole seconds, and the step began late in one', async () => {
    const simulation = given([lost]);
    bendAnswers(simulation, inWholeSeconds);
    await pass(simulation, 980);
    const ran = await runCreate(simulation, WITHOUT_LOOK, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
    expect(ran.result?.workspace?.['created_at']).toBe('2026-01-01T00:00:00Z');
  });

  test('and needs no time once a look has found the slug free', async () => {
    const simulation = given([{ on: POST, kind: 'answer', status: 502 }, lost]);
    bendAnswers(simulation, withoutCreatedAt);
    const ran = await runCreate(simulation, WITHOUT_LOOK, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
  });
});

describe('a POST that is to show how a taken slug is answered', () => {
  const answered = (status: number, applied: boolean): InProcessFault => ({
    on: POST,
    kind: 'answer',
    status,
    applied,
  });

  test('is sent at once, and the one after it only after a wait', async () => {
    const simulation = given([answered(500, true), answered(502, false)]);
    const sentAt: number[] = [];
    simulation.proxy = (direct) => (request, signal) => {
      if (request.method === 'POST') sentAt.push(simulation.clock.now());
      return direct(request, signal);
    };
    const ran = await runCreate(simulation, WITHOUT_LOOK, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
    expect(sentAt).toEqual([0, 40, 580]);
  });

  test('has shown nothing any more once the slug is free again', async () => {
    const simulation = given([
      answered(500, true),
      answered(502, false),
      { on: POST, kind: 'reset', applied: true },
    ]);
    // Somebody deletes what the first has made, between the looks after the first and the second.
    simulation.clock.after(50, () => simulation.account.workspaces.pop());
    const ran = await runCreate(simulation, WITHOUT_LOOK, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
    expect(slugs(simulation)).toEqual(['default', 'preview-42']);
  });
});

describe('what a step leaves for after the job', () => {
  test('is nothing, where its key was refused', async () => {
    const simulation = given([{ on: POST, kind: 'answer', status: 401 }]);
    const ran = await runCreate(simulation, REQUEST, LIFE);
    expect(factsOf(ran)).toMatchObject({ status: 401, ambiguous: false });
    expect(ran.task).toBeUndefined();
  });

  test('is deleted, where it arrives while the post step looks', async () => {
    const simulation = given([{ on: POST, kind: 'late', after: 1_500 }]);
    const ran = await runCreate(simulation, REQUEST, { ...LIFE, killedAfter: 35 });
    expect(ran.killed).toBe(true);
    expect(slugs(simulation)).toEqual(['default']);
    expect(await runPost(simulation, ran, LIFE)).toBeUndefined();
    expect(simulation.clock.now()).toBeGreaterThan(1_535);
    expect(slugs(simulation)).toEqual(['default']);
    await pass(simulation, 60_000);
    expect(slugs(simulation)).toEqual(['default']);
  });

  test('is left alone, where it does not say when it was made', async () => {
    const simulation = given([]);
    const ran = await runCreate(simulation, REQUEST, { ...LIFE, killedAfter: 35 });
    delete held(simulation)['created_at'];
    const lines: string[] = [];
    expect(await runPost(simulation, ran, LIFE, lines)).toBeUndefined();
    expect(lines).toContain('The workspace preview-42 was left alone');
    expect(slugs(simulation)).toEqual(['default', 'preview-42']);
  });

  test.each([
    ['a second before its span', -1_000, true],
    ['more than a second before it', -1_001, false],
    ['a second after it', 6_000, true],
    ['more than a second after it', 6_001, false],
  ])('made %s: %i ms from its start, deleted: %s', async (_, offset, isDeleted) => {
    const simulation = given([]);
    seedWorkspace(simulation, { ...desired, age: -offset });
    const from = simulation.account.now().getTime();
    const pending = { desired, window: { from, to: from + 5_000 } };
    const task = { target: { pending }, deleteKeys: false };
    expect(await runPost(simulation, { task }, LIFE)).toBeUndefined();
    expect(slugs(simulation)).toEqual(isDeleted ? ['default'] : ['default', 'preview-42']);
  });

  test('is left alone, where it has other fields than were asked for', async () => {
    const simulation = given([]);
    const ran = await runCreate(simulation, REQUEST, { ...LIFE, killedAfter: 25 });
    expect(slugs(simulation)).toEqual(['default']);
    seedWorkspace(simulation, { ...desired, name: 'Theirs' });
    const lines: string[] = [];
    expect(await runPost(simulation, ran, LIFE, lines)).toBeUndefined();
    expect(lines).toContain('The workspace preview-42 was left alone');
    expect(slugs(simulation)).toEqual(['default', 'preview-42']);
  });

  test('is nothing without delete-after-job, however the step ends', async () => {
    const killed = await runCreate(given([]), WITHOUT_LOOK, { ...LIFE, killedAfter: 15 });
    expect(killed).toMatchObject({ killed: true });
    const simulation = given([{ on: POST, kind: 'reset', applied: true }]);
    failNextLook(simulation, 15);
    const red = await runCreate(simulation, WITHOUT_LOOK, LIFE);
    expect(factsOf(red).ambiguous).toBe(true);
    for (const { task } of [killed, red]) expect(task).toBeUndefined();
  });

  test('is left alone, where the server never said what time it was', async () => {
    const simulation = given([]);
    seedWorkspace(simulation, desired);
    const task = { target: { pending: { desired } }, deleteKeys: false };
    expect(await runPost(simulation, { task }, LIFE)).toBeUndefined();
    expect(slugs(simulation)).toEqual(['default', 'preview-42']);
  });
});

test.each([401, 403])('a %i, which refuses the key, is not looked into', async (status) => {
  const simulation = given([{ on: POST, kind: 'answer', status }]);
  const ran = await runCreate(simulation, WITHOUT_LOOK, LIFE);
  expect(factsOf(ran)).toMatchObject({ status, ambiguous: false });
  expect(simulation.network.calls).toEqual([POST]);
});

test('a POST that was under way when time was over is not looked into: nothing can be sent', async () => {
  const simulation = given([{ on: POST, kind: 'silence' }]);
  const ran = await runCreate(simulation, WITHOUT_LOOK, { ...LIFE, timeout: 500 });
  expect(factsOf(ran)).toMatchObject({ method: 'POST', ambiguous: true });
  expect(simulation.network.calls).toEqual([POST]);
});

test('a workspace that was updated is told as it is after the update', async () => {
  const simulation = given([]);
  seedWorkspace(simulation, { ...desired, name: 'Before' });
  const ran = await runCreate(simulation, { ...REQUEST, ifExists: 'update' }, LIFE);
  expect(ran.result).toMatchObject({ outcome: 'updated', workspace: { name: 'Preview' } });
});

import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/openrouter/in-process.ts';
import { giveWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { sleep } from '../../../src/lib/clock.ts';
import type { OpenRouterError } from '../../../src/openrouter/api-error.ts';
import type { HttpResponse } from '../../../src/openrouter/transport.ts';
import type { CreateRequest } from '../../../src/operations/create/request.ts';
import type { Span } from '../../../src/operations/shared/time-window.ts';
import {
  logTo,
  openWorld,
  pass,
  type Ran,
  runCreate,
  runPost,
  type World,
} from '../../support/simulation.ts';

const asked = { name: 'Preview', slug: 'preview-42', disabled_server_tools: ['openrouter:bash'] };
const REQUEST: CreateRequest = {
  asked,
  governance: {},
  governanceInputs: [],
  ifExists: 'fail',
  dryRun: false,
  deleteAfterJob: true,
  timeoutMs: 60_000,
};
const LIFE = { timeout: 60_000, jitter: [0.5] };
/** A step that does not look before it posts. */
const WITHOUT_LOOK = { ...REQUEST, deleteAfterJob: false };

/** A world in which `schedule` goes wrong, and where another job makes the same after `others` ms. */
function given(
  schedule: InProcessFault[],
  { others, ...options }: { others?: number; takenSlugStatus?: 400 | 409 | 500 } = {},
): World {
  const world = openWorld({
    takenSlugStatus: 400,
    ...options,
    skew: 0,
    schedule,
    latency: 10,
    jitter: [],
  });
  if (others !== undefined) world.clock.after(others, () => giveWorkspace(world, asked));
  return world;
}

const POST = 'POST /workspaces';
const GET = 'GET /workspaces/:id';
const slugs = ({ account }: World) => account.workspaces.map(({ slug }) => slug);
const factsOf = ({ error }: Ran) => (error as OpenRouterError).facts;

/** The workspace with the slug, as the account holds it: what a test changes in it is so from then on. */
function held({ account }: World): Record<string, unknown> {
  const workspace = account.workspaces.find(({ slug }) => slug === asked.slug);
  if (!workspace) throw new Error('no workspace has the slug');
  return workspace;
}

/** Has each answer come to the step as `bend` makes it. */
function bendAnswers(world: World, bend: (answer: HttpResponse) => HttpResponse): void {
  world.proxy = (direct) => async (request, signal) => bend(await direct(request, signal));
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
function failNextLook({ clock, network }: World, ms: number): void {
  const refusal = { on: GET, kind: 'answer', status: 403 } as const;
  clock.after(ms, () => network.schedule.push(refusal));
}

/** When what `ran` was about to make may be carried out, as it has left it for the post step. */
function spanOf({ remains }: Ran): Span {
  if (!remains || !('intended' in remains)) throw new Error('no intent is left');
  if (!remains.intended.span) throw new Error('it has no span');
  return remains.intended.span;
}

/** What a step with `delete-after-job` says of what stays, and holds to. */
function expectWarningOf(world: World, { log, remains }: Ran): void {
  expect(log).toContain('The workspace preview-42 will not be deleted after the job');
  expect(log.join()).toContain(`id ${held(world)['id']}`);
  expect(remains).toBeUndefined();
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
    const world = given([{ on: POST, kind: 'answer', status: 500, committed: true }, fault]);
    const ran = await runCreate(world, REQUEST, LIFE);
    expect(factsOf(ran).mayHaveLanded).toBe(true);
    expect(await runPost(world, ran, LIFE)).toBeUndefined();
    expect(slugs(world)).toEqual(['default']);
  });
});

describe('what another job makes is not taken for ours', () => {
  test('long after a POST that was lost, when a look has found nothing since', async () => {
    const world = given(
      [
        { on: POST, kind: 'answer', status: 502 },
        { on: POST, kind: 'answer', status: 429, headers: { 'retry-after': '30' } },
      ],
      { others: 20_000 },
    );
    const ran = await runCreate(world, REQUEST, LIFE);
    expect(ran.error).toMatchObject({ title: 'The slug preview-42 is taken' });
    expect(String(ran.error)).toContain('cannot be told');
    await runPost(world, ran, LIFE);
    expect(slugs(world)).toEqual(['default', 'preview-42']);
  });

  test.each([2_500, 5_000])('%i ms before a POST that was lost', async (age) => {
    const world = given([{ on: POST, kind: 'reset' }]);
    giveWorkspace(world, asked);
    await pass(world, age);
    expectTaken(await runCreate(world, WITHOUT_LOOK, LIFE), 'by another');
  });

  test('seconds before the step, where the look takes seconds to be answered', async () => {
    const world = given([{ on: POST, kind: 'reset' }]);
    world.proxy = (direct) => async (request, signal) => {
      const answer = await direct(request, signal);
      if (request.method !== 'GET') return answer;
      // Its head is sent by then, with the time in it; its body trickles.
      await sleep(world.clock, 5_000, signal);
      return { ...answer, bodyMs: 5_000 };
    };
    giveWorkspace(world, asked);
    await pass(world, 4_000);
    expectTaken(await runCreate(world, WITHOUT_LOOK, LIFE), 'by another');
  });

  test.each([1_500, 4_000, 20_000])(
    'but ours is, where a look takes %i ms to be answered',
    async (ms) => {
      const world = given([{ on: POST, kind: 'reset', committed: true }]);
      world.proxy = (direct) => async (request, signal) => {
        if (request.method === 'GET') await sleep(world.clock, ms, signal);
        return direct(request, signal);
      };
      const { result } = await runCreate(world, WITHOUT_LOOK, LIFE);
      expect(result?.outcome).toBe('created');
    },
  );

  test('after the step has failed, long before the end of timeout', async () => {
    const world = given([{ on: POST, kind: 'answer', status: 502 }]);
    failNextLook(world, 30);
    const ran = await runCreate(world, REQUEST, LIFE);
    expect(factsOf(ran).mayHaveLanded).toBe(true);
    const { from, to } = spanOf(ran);
    // From when the first look was answered, after 20 ms.
    expect(to - from).toBe(ran.elapsed - 20 + 10_000);
    await pass(world, 15_000);
    giveWorkspace(world, asked);
    const lines: string[] = [];
    expect(await runPost(world, ran, LIFE, logTo(lines))).toBeUndefined();
    expect(lines).toContain('The workspace preview-42 was left alone');
    expect(slugs(world)).toEqual(['default', 'preview-42']);
  });

  test('with other fields', async () => {
    const world = given([{ on: POST, kind: 'reset' }]);
    world.clock.after(5, () => giveWorkspace(world, { ...asked, name: 'Theirs' }));
    const ran = await runCreate(world, { ...REQUEST, deleteAfterJob: false }, LIFE);
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
    const world = given([{ on: POST, kind: 'reset', committed: true }]);
    world.clock.after(35, () => world.account.workspaces.slice(1).forEach(bend));
    const ran = await runCreate(world, REQUEST, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
    expect(await runPost(world, ran, LIFE)).toBeUndefined();
    expect(slugs(world)).toEqual(['default']);
  });
});

test('what cannot be told whose it is is not deleted, and said to stay', async () => {
  const schedule = [{ on: POST, kind: 'answer', status: 500, committed: true }] as const;
  const world = given([...schedule], { takenSlugStatus: 500 });
  const ran = await runCreate(world, { ...REQUEST, ifExists: 'reuse' }, LIFE);
  expect(ran.result).toMatchObject({ outcome: 'unchanged' });
  expect(ran.log).toContain('The workspace preview-42 will not be deleted after the job');
  expect(ran.remains).toBeUndefined();
});

test('a POST that is lost once the slug is taken proves nothing', async () => {
  const world = given(
    [
      { on: POST, kind: 'answer', status: 500, committed: true },
      { on: POST, kind: 'reset' },
    ],
    { takenSlugStatus: 500 },
  );
  const ran = await runCreate(world, REQUEST, LIFE);
  expect(String(ran.error)).toContain('cannot be told');
});

test('a 503 whose Retry-After is no time is looked into, as any other', async () => {
  const headers = { 'retry-after': 'foo 5' };
  const world = given([{ on: POST, kind: 'answer', status: 503, headers, committed: true }]);
  const ran = await runCreate(world, WITHOUT_LOOK, LIFE);
  expect(ran.result).toMatchObject({ outcome: 'created' });
  expect(world.network.calls).toEqual([POST, GET]);
});

test('attempts are counted on, and backed off from, across looks', async () => {
  const world = given([
    { on: POST, kind: 'refused' },
    { on: POST, kind: 'refused' },
    { on: POST, kind: 'answer', status: 502 },
    { on: POST, kind: 'answer', status: 502 },
  ]);
  const { log } = await runCreate(world, { ...REQUEST, deleteAfterJob: false }, LIFE);
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
    const world = lateBy(35_000, { on: POST, kind: 'answer', status: 401 });
    const ran = await runCreate(world, REQUEST, LIFE);
    expect(factsOf(ran)).toMatchObject({ status: 401, mayHaveLanded: true });
    expect(slugs(world)).toEqual(['default']);
    await pass(world, 5_000);
    expect(slugs(world)).toEqual(['default', 'preview-42']);
    expect(await runPost(world, ran, LIFE)).toBeUndefined();
    expect(slugs(world)).toEqual(['default']);
  });

  test('with 500, and then as a slug that is taken', async () => {
    const ran = await runCreate(lateBy(30_500), REQUEST, LIFE);
    expectTaken(ran, 'cannot be told');
  });

  test('with a refusal, and the look after it fails', async () => {
    const world = given([
      { on: POST, kind: 'answer', status: 502 },
      { on: POST, kind: 'answer', status: 400 },
    ]);
    failNextLook(world, 100);
    const { error, ...ran } = await runCreate(world, WITHOUT_LOOK, LIFE);
    expect(String(error)).toContain('The lookup that followed failed: GET /workspaces/');
    expect(factsOf({ error, ...ran })).toMatchObject({ status: 400, mayHaveLanded: true });
  });
});

describe('a plea to wait that was carried out nevertheless cannot be told from another’s POST', () => {
  test.each([429, 503])('%i', async (status) => {
    const headers = { 'retry-after': '1' };
    const world = given([{ on: POST, kind: 'answer', status, headers, committed: true }], {
      takenSlugStatus: 409,
    });
    const ran = await runCreate(world, REQUEST, LIFE);
    expectTaken(ran, 'cannot be told');
    expectWarningOf(world, ran);
  });

  const throttled = (seconds: string): InProcessFault => {
    const headers = { 'retry-after': seconds };
    return { on: POST, kind: 'answer', status: 429, headers, committed: true };
  };
  test.each<[string, InProcessFault[]]>([
    ['where the key is refused then', [throttled('1'), { on: POST, kind: 'answer', status: 401 }]],
    ['where time is over at once', [throttled('9999')]],
  ])('and is looked for after the job, %s', async (_, schedule) => {
    const world = given(schedule);
    const ran = await runCreate(world, REQUEST, LIFE);
    expect(factsOf(ran)).toMatchObject({ mayHaveLanded: false, pleaded: true });
    expect(await runPost(world, ran, LIFE)).toBeUndefined();
    expect(slugs(world)).toEqual(['default']);
  });
});

test.each<[string, InProcessFault]>([
  ['lost', { on: POST, kind: 'reset', committed: true }],
  ['answered with 500', { on: POST, kind: 'answer', status: 500, committed: true }],
])(
  'a workspace that the server has brought into a form of its own, and whose answer was %s, is named, and not deleted',
  async (_, fault) => {
    for (const ifExists of ['fail', 'reuse'] as const) {
      const world = given([fault]);
      world.clock.after(35, () => {
        held(world)['name'] = 'PREVIEW';
      });
      const ran = await runCreate(world, { ...REQUEST, ifExists }, LIFE);
      if (ifExists === 'fail') expectTaken(ran, 'cannot be told');
      else expect(ran.result).toMatchObject({ outcome: 'unchanged' });
      expectWarningOf(world, ran);
    }
  },
);

test('a success for another workspace is not asked for again, and names it', async () => {
  const body = '{"data":{"id":"1","slug":"preview-42-2","name":"Preview"}}';
  const world = given([{ on: POST, kind: 'answer', status: 201, body }]);
  const ran = await runCreate(world, WITHOUT_LOOK, LIFE);
  expect(String(ran.error)).toContain('it was the workspace "preview-42-2"');
  expect(factsOf(ran).mayHaveLanded).toBe(true);
  expect(world.network.calls.filter((call) => call === POST)).toHaveLength(1);
});

describe('who made what is found after a lost POST is told by the server alone', () => {
  const lost: InProcessFault = { on: POST, kind: 'reset', committed: true };

  test.each<[string, (answer: HttpResponse) => HttpResponse]>([
    ['when its answers have no Date', withoutDate],
    ['when the workspace does not say when it was made', withoutCreatedAt],
  ])('and not at all %s', async (_, bend) => {
    const world = given([lost]);
    bendAnswers(world, bend);
    expectTaken(await runCreate(world, WITHOUT_LOOK, LIFE), 'cannot be told');
  });

  test('also where it tells whole seconds, and the step began late in one', async () => {
    const world = given([lost]);
    bendAnswers(world, inWholeSeconds);
    await pass(world, 980);
    const ran = await runCreate(world, WITHOUT_LOOK, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
    expect(ran.result?.workspace?.['created_at']).toBe('2026-01-01T00:00:00Z');
  });

  test('and needs no time once a look has found the slug free', async () => {
    const world = given([{ on: POST, kind: 'answer', status: 502 }, lost]);
    bendAnswers(world, withoutCreatedAt);
    const ran = await runCreate(world, WITHOUT_LOOK, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
  });
});

describe('a POST that is to show how a taken slug is answered', () => {
  const answered = (status: number, committed: boolean): InProcessFault => ({
    on: POST,
    kind: 'answer',
    status,
    committed,
  });

  test('is sent at once, and the one after it only after a wait', async () => {
    const world = given([answered(500, true), answered(502, false)]);
    const sentAt: number[] = [];
    world.proxy = (direct) => (request, signal) => {
      if (request.method === 'POST') sentAt.push(world.clock.now());
      return direct(request, signal);
    };
    const ran = await runCreate(world, WITHOUT_LOOK, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
    expect(sentAt).toEqual([0, 40, 580]);
  });

  test('has shown nothing any more once the slug is free again', async () => {
    const world = given([
      answered(500, true),
      answered(502, false),
      { on: POST, kind: 'reset', committed: true },
    ]);
    // Somebody deletes what the first has made, between the looks after the first and the second.
    world.clock.after(50, () => world.account.workspaces.pop());
    const ran = await runCreate(world, WITHOUT_LOOK, LIFE);
    expect(ran.result).toMatchObject({ outcome: 'created' });
    expect(slugs(world)).toEqual(['default', 'preview-42']);
  });
});

describe('what a step leaves for after the job', () => {
  test('is nothing, where its key was refused', async () => {
    const world = given([{ on: POST, kind: 'answer', status: 401 }]);
    const ran = await runCreate(world, REQUEST, LIFE);
    expect(factsOf(ran)).toMatchObject({ status: 401, mayHaveLanded: false });
    expect(ran.remains).toBeUndefined();
  });

  test('is deleted, where it arrives while the post step looks', async () => {
    const world = given([{ on: POST, kind: 'late', after: 1_500 }]);
    const ran = await runCreate(world, REQUEST, { ...LIFE, killedAfter: 35 });
    expect(ran.killed).toBe(true);
    expect(slugs(world)).toEqual(['default']);
    expect(await runPost(world, ran, LIFE)).toBeUndefined();
    expect(world.clock.now()).toBeGreaterThan(1_535);
    expect(slugs(world)).toEqual(['default']);
    await pass(world, 60_000);
    expect(slugs(world)).toEqual(['default']);
  });

  test('is left alone, where it does not say when it was made', async () => {
    const world = given([]);
    const ran = await runCreate(world, REQUEST, { ...LIFE, killedAfter: 35 });
    delete held(world)['created_at'];
    const lines: string[] = [];
    expect(await runPost(world, ran, LIFE, logTo(lines))).toBeUndefined();
    expect(lines).toContain('The workspace preview-42 was left alone');
    expect(slugs(world)).toEqual(['default', 'preview-42']);
  });

  test.each([
    ['a second before its span', -1_000, true],
    ['more than a second before it', -1_001, false],
    ['a second after it', 6_000, true],
    ['more than a second after it', 6_001, false],
  ])('made %s: %i ms from its start, deleted: %s', async (_, offset, isDeleted) => {
    const world = given([]);
    giveWorkspace(world, { ...asked, age: -offset });
    const from = world.account.now().getTime();
    const intended = { asked, span: { from, to: from + 5_000 } };
    const remains = { intended, deleteKeys: false };
    expect(await runPost(world, { remains }, LIFE)).toBeUndefined();
    expect(slugs(world)).toEqual(isDeleted ? ['default'] : ['default', 'preview-42']);
  });

  test('is left alone, where it has other fields than were asked for', async () => {
    const world = given([]);
    const ran = await runCreate(world, REQUEST, { ...LIFE, killedAfter: 25 });
    expect(slugs(world)).toEqual(['default']);
    giveWorkspace(world, { ...asked, name: 'Theirs' });
    const lines: string[] = [];
    expect(await runPost(world, ran, LIFE, logTo(lines))).toBeUndefined();
    expect(lines).toContain('The workspace preview-42 was left alone');
    expect(slugs(world)).toEqual(['default', 'preview-42']);
  });

  test('is nothing without delete-after-job, however the step ends', async () => {
    const killed = await runCreate(given([]), WITHOUT_LOOK, { ...LIFE, killedAfter: 15 });
    expect(killed).toMatchObject({ killed: true });
    const world = given([{ on: POST, kind: 'reset', committed: true }]);
    failNextLook(world, 15);
    const red = await runCreate(world, WITHOUT_LOOK, LIFE);
    expect(factsOf(red).mayHaveLanded).toBe(true);
    for (const { remains } of [killed, red]) expect(remains).toBeUndefined();
  });

  test('is left alone, where the server never said what time it was', async () => {
    const world = given([]);
    giveWorkspace(world, asked);
    const remains = { intended: { asked }, deleteKeys: false };
    expect(await runPost(world, { remains }, LIFE)).toBeUndefined();
    expect(slugs(world)).toEqual(['default', 'preview-42']);
  });
});

test.each([401, 403])('a %i, which refuses the key, is not looked into', async (status) => {
  const world = given([{ on: POST, kind: 'answer', status }]);
  const ran = await runCreate(world, WITHOUT_LOOK, LIFE);
  expect(factsOf(ran)).toMatchObject({ status, mayHaveLanded: false });
  expect(world.network.calls).toEqual([POST]);
});

test('a POST that was under way when time was over is not looked into: nothing can be sent', async () => {
  const world = given([{ on: POST, kind: 'silence' }]);
  const ran = await runCreate(world, WITHOUT_LOOK, { ...LIFE, timeout: 500 });
  expect(factsOf(ran)).toMatchObject({ method: 'POST', mayHaveLanded: true });
  expect(world.network.calls).toEqual([POST]);
});

test('a workspace that was updated is told as it is after the update', async () => {
  const world = given([]);
  giveWorkspace(world, { ...asked, name: 'Before' });
  const ran = await runCreate(world, { ...REQUEST, ifExists: 'update' }, LIFE);
  expect(ran.result).toMatchObject({ outcome: 'updated', workspace: { name: 'Preview' } });
});

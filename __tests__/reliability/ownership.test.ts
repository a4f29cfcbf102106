import { describe, expect, test } from '@jest/globals';
import { giveWorkspace } from '../../sandbox/given.ts';
import type { InProcessFault } from '../../sandbox/in-process.ts';
import type { OpenRouterError } from '../../src/openrouter/error.ts';
import type { CreateRequest } from '../../src/workspace/request.ts';
import { openWorld, type Ran, runCreate, runPost, type World } from './world.ts';

const asked = { name: 'Preview', slug: 'preview-42', disabled_server_tools: ['openrouter:bash'] };
const REQUEST: CreateRequest = {
  asked,
  governance: {},
  ifExists: 'fail',
  dryRun: false,
  deleteAfterJob: true,
  timeoutMs: 60_000,
};
const LIFE = { timeout: 60_000, jitter: [0.5] };

/** A world in which `schedule` goes wrong, and where another job makes the same after `others` ms. */
function given(
  schedule: InProcessFault[],
  { others, ...options }: { others?: number; takenSlugStatus?: 400 | 500 } = {},
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
const slugs = ({ account }: World) => account.workspaces.map(({ slug }) => slug);
const factsOf = ({ error }: Ran) => (error as OpenRouterError).facts;

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

import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { SWEEP } from '../../../src/actions/sweep/report.ts';
import { type SweepRequest, sweep } from '../../../src/actions/sweep/sweep-workspaces.ts';
import { MAX_CONCURRENCY } from '../../../src/http/client.ts';
import { attemptTimeout } from '../../../src/http/retry-policy.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { sweepFailure } from '../../../src/teardown/failures.ts';
import { type SweepResult, withOutcome } from '../../../src/teardown/outcome.ts';
import { JITTER, openPlainSimulation } from '../../support/plain-simulation.ts';
import {
  connect,
  onResponse,
  pass,
  type Simulation,
  type StepConditions,
  storyOf,
} from '../../support/simulation.ts';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TIMEOUT = 300_000;

const REQUEST: SweepRequest = {
  slugPattern: 'pr-*',
  olderThanMs: DAY,
  keep: [],
  deleteKeys: false,
  maxDeletions: 50,
  dryRun: false,
};

async function runSweep(
  simulation: Simulation,
  request: Partial<SweepRequest> = {},
  conditions: Partial<StepConditions> = {},
): Promise<{ result: SweepResult; story: string[] }> {
  const lines: string[] = [];
  const usual = { timeout: TIMEOUT, jitter: JITTER };
  const context = connect(simulation, { ...usual, ...conditions }, { lines });
  const result = await simulation.clock.run(sweep({ ...REQUEST, ...request }, context));
  return { result, story: storyOf(lines) };
}

const slugsOf = (workspaces: readonly { slug: string }[]) =>
  workspaces.map(({ slug }) => slug).sort();

test.each<InProcessFault>([{ kind: 'silence' }, { kind: 'response', status: 500 }])(
  'a sweep whose first deletions all fail with %j deletes the other workspaces after half of its time',
  async (fault) => {
    const simulation = openPlainSimulation();
    const { clock, network } = simulation;
    const seed = (slug: string) => seedWorkspace(simulation, { slug, age: 2 * DAY });
    const bad = Array.from({ length: MAX_CONCURRENCY }, (_, at) => seed(`pr-bad-${at}`));
    const good = Array.from({ length: 12 }, (_, at) => seed(`pr-good-${at}`));
    for (const { id } of bad) {
      const scheduled = { ...fault, on: `DELETE /workspaces/${id}` };
      network.schedule.push(...Array<InProcessFault>(100).fill(scheduled));
    }

    const deletedAt: number[] = [];
    onResponse(simulation, (response, { method }) => {
      if (method === 'DELETE' && response.status === 200) deletedAt.push(clock.now());
      return response;
    });
    const { result } = await runSweep(simulation);
    expect(slugsOf(withOutcome(result, 'deleted'))).toEqual(slugsOf(good));
    expect(withOutcome(result, 'failed')).toHaveLength(MAX_CONCURRENCY);
    expect(Math.min(...deletedAt)).toBeGreaterThan(TIMEOUT / 4);
    expect(Math.max(...deletedAt)).toBeLessThan(TIMEOUT / 2 + attemptTimeout(0));
  },
);

/** So many workspaces from `pr-1` on, each `age` milliseconds old. */
function seedAll(simulation: Simulation, count: number, age: number): void {
  for (let n = 1; n <= count; n += 1) seedWorkspace(simulation, { slug: `pr-${n}`, age });
}

/** A stale workspace with a key, a young one, one in `keep`, and one that the pattern does not match. */
function seedSome(simulation: Simulation) {
  const seed = (slug: string, age: number, keys = 0) => {
    const { id, created_at } = seedWorkspace(simulation, { slug, age, keys });
    return { id, slug, created_at, age };
  };
  const entries = {
    stale: { ...seed('pr-1', 3 * DAY, 1), reason: '3 d old' },
    young: { ...seed('pr-2', DAY / 2), reason: 'only 12 h old' },
    kept: { ...seed('pr-main', 9 * DAY), reason: 'matches *-main in keep' },
  };
  seed('production', 99 * DAY);
  return entries;
}

test('a sweep logs and returns what it deleted, and why it kept the others', async () => {
  const simulation = openPlainSimulation();
  await pass(simulation, 50_000);
  const { stale, young, kept } = seedSome(simulation);
  seedUsage(simulation, simulation.account.keys[0] as Key, { credits: 0.25 });
  const { result, story } = await runSweep(simulation, { deleteKeys: true, keep: ['*-main'] });
  expect(result).toEqual([
    {
      ...stale,
      outcome: 'deleted',
      keys: [expect.anything()],
      spent: { amount: toUsd(0.25), isExact: false },
    },
    { ...young, outcome: 'kept', keys: [] },
    { ...kept, outcome: 'kept', keys: [] },
  ]);
  expect(story).toEqual([
    'Looking for workspaces with a slug that matches pr-*, older than 1 d.',
    'Stale: 1 workspace. Kept, although the slug matches slug-pattern: 2 workspaces.',
    expect.stringMatching(/^Deleted 1 API key of the workspace pr-1: "Key 1" \(\S+\)\.$/),
    'Deleted "pr-1", 3 d old: 1 API key, at least $0.25 spent.',
    'Deleted 1 of 1, in 0.1 s.',
  ]);
  expect(simulation.network.calls).toEqual([
    'GET /workspaces',
    'GET /keys',
    'DELETE /keys/:hash',
    'DELETE /workspaces/:id',
  ]);
});

test('a workspace whose age is exactly older-than is kept, and one that is a second older is deleted', async () => {
  const simulation = openPlainSimulation();
  seedWorkspace(simulation, { slug: 'pr-exactly', age: DAY });
  seedWorkspace(simulation, { slug: 'pr-older', age: DAY + 1_000 });
  const { result } = await runSweep(simulation);
  expect(slugsOf(withOutcome(result, 'deleted'))).toEqual(['pr-older']);
  expect(withOutcome(result, 'kept')).toMatchObject([
    { slug: 'pr-exactly', reason: 'only 1 d old' },
  ]);
});

test('a workspace that matches the pattern is kept if it is the default workspace', async () => {
  const simulation = openPlainSimulation();
  const [workspace] = simulation.account.workspaces;
  if (workspace) workspace.created_at = '2024-01-01T00:00:00Z';
  const { result } = await runSweep(simulation, { slugPattern: '*', keep: ['def*'] });
  expect(withOutcome(result, 'kept')).toMatchObject([
    { slug: 'default', reason: 'the default workspace' },
  ]);
});

describe('a workspace of unknown age is kept', () => {
  test.each<[string, unknown, created_at: string | undefined]>([
    ['a number as created_at', 1_577_836_800_000, undefined],
    ['the beginning of 1970 as created_at', '1970-01-01T00:00:00Z', '1970-01-01T00:00:00Z'],
  ])('with %s', async (_, value, created_at) => {
    const simulation = openPlainSimulation();
    const workspace = seedWorkspace(simulation, { slug: 'pr-1' });
    const { id } = workspace;
    Object.assign(workspace, { created_at: value });
    const { result } = await runSweep(simulation);
    const reason = 'its age is unknown';
    expect(result).toEqual([
      { id, slug: 'pr-1', created_at, age: undefined, outcome: 'kept', reason, keys: [] },
    ]);
  });
});

test.each([false, true])(
  'of more stale workspaces than max-deletions allows none is deleted, and each is logged (dry run: %s)',
  async (dryRun) => {
    const simulation = openPlainSimulation();
    seedAll(simulation, 3, 2 * DAY);
    const { result, story } = await runSweep(simulation, { maxDeletions: 2, dryRun });
    const reason = 'more workspaces are stale than max-deletions allows';
    expect(result).toMatchObject(
      ['pr-1', 'pr-2', 'pr-3'].map((slug) => ({ slug, outcome: 'too-many', reason })),
    );
    expect(sweepFailure(result, SWEEP, { maxDeletions: 2 })).toMatchObject({
      code: 'too-many-stale',
      details: { result, maxDeletions: 2 },
    });
    expect(story.slice(2)).toEqual([
      `Nothing was deleted: ${reason}.`,
      ...[1, 2, 3].map((n) => `  "pr-${n}", 2 d old`),
    ]);
    expect(simulation.network.calls).toEqual(['GET /workspaces']);
  },
);

test('the log lists the first 1,000 of too many stale workspaces, and counts the others', async () => {
  const simulation = openPlainSimulation();
  seedAll(simulation, 1_010, 2 * DAY);
  const { result, story } = await runSweep(simulation);
  expect(withOutcome(result, 'too-many')).toHaveLength(1_010);
  expect(story.filter((line) => line.startsWith('  "pr-'))).toHaveLength(1_000);
  expect(story.at(-1)).toBe('… and 10 more');
});

test('a workspace that a sweep cannot delete is reported with the reason, and with what was spent by the API keys that were deleted before', async () => {
  const simulation = openPlainSimulation();
  const { stale } = seedSome(simulation);
  const on = 'DELETE /workspaces/:id';
  simulation.network.schedule.push({ on, kind: 'response', status: 403 });
  const { result, story } = await runSweep(simulation, { deleteKeys: true, keep: ['*-main'] });
  const reason = 'OpenRouter: HTTP 403. None of its API keys works.';
  const failure = expect.objectContaining({ code: 'teardown-incomplete' });
  const spent = { amount: 0n, isExact: false };
  expect(withOutcome(result, 'failed')).toEqual([
    { ...stale, outcome: 'failed', keys: [expect.anything()], spent, reason, failure },
  ]);
  expect(story).toContain(`Could not delete "pr-1": ${reason}`);
  expect(sweepFailure(result, SWEEP, REQUEST)).toMatchObject({
    code: 'sweep-incomplete',
    details: { result },
  });
});

test('after a cancellation, a sweep attempts no further deletion, and says so for each workspace', async () => {
  const simulation = openPlainSimulation();
  const count = MAX_CONCURRENCY + 2;
  seedAll(simulation, count, 2 * DAY);
  // The list takes 20 ms. The first requests for each of eight workspaces are in flight then.
  const { result } = await runSweep(simulation, {}, { cancelledAfter: 30 });
  expect(withOutcome(result, 'deleted')).toEqual([]);
  expect(withOutcome(result, 'failed')).toHaveLength(count);
  expect(
    withOutcome(result, 'failed')
      .slice(-2)
      .map(({ reason }) => reason),
  ).toEqual(Array(2).fill('not attempted: the run was cancelled (SIGTERM)'));
  expect(withOutcome(result, 'failed')[0]?.reason).toBe(
    'the run was cancelled (SIGTERM). Its API keys may still work, each up to its own limit.',
  );
});

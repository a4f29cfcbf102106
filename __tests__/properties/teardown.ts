import { expect } from 'expect';
import fc from 'fast-check';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { type DeleteRequest, deleteOne } from '../../src/operations/teardown/delete.ts';
import { type SweepRequest, sweep } from '../../src/operations/teardown/sweep.ts';
import { isPermanent, jitters, schedules } from '../support/faults.ts';
import { connect, openSimulation, pass, type Simulation } from '../support/simulation.ts';

const TIMEOUT = 120_000;
const HOUR = 3_600_000;
const EXPIRED = '2020-01-01T00:00:00.000Z';
const SLUGS = ['my-pr-1', 'pr-1', 'pr-2', 'pr-12', 'pr-1-api', 'pr', 'prod', 'preview-1', 'spare'];
const CALLS = [
  'GET /workspaces',
  'GET /workspaces/:id',
  'GET /keys',
  'DELETE /keys/:hash',
  'DELETE /workspaces/:id',
];

const account = fc.record({
  workspaces: fc.uniqueArray(
    fc.record({
      slug: fc.constantFrom(...SLUGS),
      age: fc.integer({ min: 0, max: 100 }).map((hours) => hours * HOUR),
      keys: fc.nat(3),
    }),
    { selector: ({ slug }) => slug },
  ),
  disabled: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
  expired: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
  inDefault: fc.nat(2),
});

/** What somebody else does to a workspace of the account, and when. */
const intrusions = fc.array(
  fc.record({
    after: fc.nat(2_000),
    what: fc.constantFrom('makes a key', 'deletes a key', 'deletes it', 'makes another'),
    to: fc.constantFrom(...SLUGS),
  }),
  { maxLength: 3 },
);

const weather = fc.record({
  account,
  intrusions,
  schedule: schedules(CALLS, 5),
  takenSlugStatus: fc.constant(400 as const),
  skew: fc.integer({ min: -1e9, max: 1e9 }),
  latency: fc.integer({ min: 1, max: 400 }),
  jitter: jitters,
});

type Weather = typeof weather extends fc.Arbitrary<infer Value> ? Value : never;

interface Scene {
  simulation: Simulation;
  /** As they were before. */
  workspaces: Workspace[];
  keys: Key[];
  /** What somebody else has taken away, by id and hash. */
  taken: Set<string>;
  appliedFaults(): boolean;
}

/** The account of `weather`, with whoever else is at it. */
async function openScene({ account: given, intrusions: others, ...rest }: Weather): Promise<Scene> {
  const simulation = openSimulation({ ...rest, schedule: [] });
  const { account: held, clock, network } = simulation;
  await pass(simulation, 200 * HOUR);
  for (const workspace of given.workspaces) seedWorkspace(simulation, workspace);
  const [first] = held.workspaces as [Workspace];
  for (let count = 0; count < given.inDefault; count += 1)
    seedKey(simulation, first, { name: 'Of default' });
  held.keys.forEach((key, at) => {
    key.disabled = given.disabled[at % given.disabled.length] ?? false;
    if (given.expired[at % given.expired.length]) key.expires_at = EXPIRED;
  });
  const scene = {
    simulation,
    workspaces: structuredClone(held.workspaces),
    keys: structuredClone(held.keys),
    taken: new Set<string>(),
    appliedFaults: () =>
      rest.schedule.some((fault) => isPermanent(fault) && !network.schedule.includes(fault)),
  };
  for (const { after, what, to } of others) {
    clock.after(after, () => applyConcurrentChange(scene, what, to));
  }
  network.schedule.push(...rest.schedule);
  return scene;
}

function applyConcurrentChange({ simulation, taken }: Scene, what: string, slug: string): void {
  const { workspaces, keys } = simulation.account;
  const workspace = workspaces.find((candidate) => candidate.slug === slug);
  const own = keys.filter(({ workspace_id }) => workspace_id === workspace?.id);
  if (!workspace) {
    if (what === 'makes another') seedWorkspace(simulation, { slug });
    return;
  }
  if (what === 'makes a key') seedKey(simulation, workspace, { name: 'Made meanwhile' });
  const gone = what === 'deletes it' ? own : what === 'deletes a key' ? own.slice(0, 1) : [];
  for (const key of gone) {
    taken.add(key.hash);
    keys.splice(keys.indexOf(key), 1);
  }
  if (what === 'deletes it') {
    taken.add(workspace.id);
    workspaces.splice(workspaces.indexOf(workspace), 1);
  }
}

/** What was there before, and was not taken by somebody else, and is there no more. */
function missing({ simulation, workspaces, keys, taken }: Scene) {
  const { account: held } = simulation;
  const lost = workspaces.filter(
    ({ id }) => !taken.has(id) && !held.workspaces.some((workspace) => workspace.id === id),
  );
  const lostKeys = keys.filter(
    ({ hash }) => !taken.has(hash) && !held.keys.some((key) => key.hash === hash),
  );
  return { slugs: lost.map(({ slug }) => slug), keys: lostKeys };
}

const isThere = ({ simulation }: Scene, id: string | undefined) =>
  simulation.account.workspaces.some((workspace) => workspace.id === id);

const deletions = fc.record({
  weather,
  target: fc.constantFrom(...SLUGS, 'default'),
  byId: fc.boolean(),
  request: fc.record({
    expectSlugPrefix: fc.constantFrom(undefined, undefined, 'pr-', 'p'),
    deleteKeys: fc.boolean(),
    dryRun: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  }),
});

/** Whatever goes wrong, and whoever else is at it: nothing is deleted that was not desired for. */
export const onlyWhatWasAskedFor = fc.asyncProperty(deletions, async (scenario) => {
  const scene = await openScene(scenario.weather);
  const { simulation } = scene;
  const { target, byId, request } = scenario;
  const before = scene.workspaces.find(({ slug }) => slug === target);
  const named = (byId && before?.id) || target;
  const isAllowed = target !== 'default' && target.startsWith(request.expectSlugPrefix ?? '');

  const first = await run({ ...request, workspace: named }, scenario.weather.jitter);
  // A request that arrives late may yet be carried out.
  await pass(simulation, 40_000);
  const lost = missing(scene);
  const mayDelete = isAllowed && !request.dryRun;
  const ownKeys = scene.keys.filter(({ workspace_id }) => workspace_id === before?.id);

  expect(lost.slugs.filter((slug) => slug !== target)).toEqual([]);
  expect(lost.keys.filter((key) => key.workspace_id !== before?.id)).toEqual([]);
  if (!mayDelete) expect(lost).toEqual({ slugs: [], keys: [] });
  if (!request.deleteKeys) expect(lost.keys).toEqual([]);

  const { result } = first;
  if (result?.deleted) {
    expect(isThere(scene, result.workspace?.id)).toBe(false);
    expect(result.failure).toBeUndefined();
  }
  for (const key of result && !request.dryRun ? result.keys : []) {
    expect(simulation.account.keys.some(({ hash }) => hash === key.hash)).toBe(false);
  }
  if (result && !result.workspace) expect(isThere(scene, before?.id)).toBe(false);

  const isGreen = result !== undefined && result.failure === undefined;
  const isQuiet = scenario.weather.intrusions.length === 0;
  const mustFail = before && (!isAllowed || (ownKeys.length > 0 && !request.deleteKeys));
  const hadAChance = !scene.appliedFaults() && first.elapsed < TIMEOUT - 40_000;
  if (isQuiet && mustFail) expect(isGreen).toBe(false);
  if (isQuiet && !mustFail && hadAChance) expect(isGreen).toBe(true);

  // Running it again finishes the work.
  simulation.network.schedule.length = 0;
  const again = await run({ ...request, workspace: named, deleteKeys: true }, [0.5]);
  if (!mayDelete) return;
  expect(again.error ?? again.result?.failure).toBeUndefined();
  expect(simulation.account.workspaces.some(({ slug }) => slug === target)).toBe(
    // Made anew by somebody else, and not what has the id.
    byId &&
      before !== undefined &&
      simulation.account.workspaces.some(({ slug }) => slug === target),
  );

  async function run(desired: DeleteRequest, jitter: number[]) {
    const { clock } = simulation;
    const start = clock.now();
    const context = connect(simulation, { timeout: TIMEOUT, jitter });
    const work = deleteOne(desired, context, () => undefined);
    const outcome = await clock.run(
      work.then(
        (done) => ({ result: done, error: undefined }),
        (error: unknown) => ({ result: undefined, error }),
      ),
    );
    return { ...outcome, elapsed: clock.now() - start };
  }
});

const PATTERNS: Record<string, RegExp> = {
  'pr-*': /^pr-/,
  'pr*': /^pr/,
  'pr-?': /^pr-.$/,
  'pr-1*': /^pr-1/,
  'pr-1': /^pr-1$/,
  'de*': /^de/,
};

const sweeps = fc.record({
  weather,
  request: fc.record({
    slugPattern: fc.constantFrom(...Object.keys(PATTERNS)),
    // Between two of the ages that there are.
    olderThanMs: fc.integer({ min: 0, max: 100 }).map((hours) => (hours + 0.5) * HOUR),
    keep: fc.subarray(['pr-1', 'pr-12', 'pr-1-api']),
    deleteKeys: fc.boolean(),
    maxDeletions: fc.oneof(
      { weight: 3, arbitrary: fc.constant(50) },
      fc.integer({ min: 1, max: 3 }),
    ),
    dryRun: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  }),
});

/** The same for a sweep. */
export const onlyWhatIsStale = fc.asyncProperty(sweeps, async ({ weather: given, request }) => {
  const scene = await openScene(given);
  const { simulation } = scene;
  const stale = scene.workspaces.filter(
    ({ slug }) => slug !== 'default' && isStale(slug, given, request),
  );
  const slugs = stale.map(({ slug }) => slug);

  const first = await run({ ...request, timeoutMs: 5 * TIMEOUT }, given.jitter);
  await pass(simulation, 40_000);
  const lost = missing(scene);
  const mayDelete = !request.dryRun && stale.length <= request.maxDeletions;

  expect(lost.slugs.filter((slug) => !slugs.includes(slug))).toEqual([]);
  const ids = stale.map(({ id }) => id);
  expect(lost.keys.filter((key) => !ids.includes(key.workspace_id))).toEqual([]);
  if (!request.deleteKeys) expect(lost.keys).toEqual([]);
  // Somebody else may have deleted enough of them in time.
  if (request.dryRun) expect(lost).toEqual({ slugs: [], keys: [] });
  const isQuiet = given.intrusions.length === 0;
  if (isQuiet && !mayDelete) expect(lost).toEqual({ slugs: [], keys: [] });

  const { result } = first;
  const hadAChance = !scene.appliedFaults() && first.elapsed < TIMEOUT - 40_000;
  if (hadAChance) expect(result).toBeDefined();
  if (!result) {
    expect(lost).toEqual({ slugs: [], keys: [] });
  } else {
    for (const { id } of result.deleted) expect(isThere(scene, id)).toBe(false);
    const { deleted, failed, wouldDelete, skipped } = result;
    const told = [...deleted, ...failed, ...wouldDelete, ...skipped].map(({ id }) => id);
    if (!request.dryRun) expect(wouldDelete).toEqual([]);
    expect(new Set(told).size).toBe(told.length);
    if (isQuiet) {
      expect(result.stale).toBe(stale.length);
      expect(told.length).toBe(stale.length);
    }
    const hasKeys = ({ id }: { id: string }) => scene.keys.some((key) => key.workspace_id === id);
    if (isQuiet && hadAChance && mayDelete) {
      expect(result.failed.map(({ id }) => id).sort()).toEqual(
        stale
          .filter((workspace) => !request.deleteKeys && hasKeys(workspace))
          .map(({ id }) => id)
          .sort(),
      );
    }
  }

  // Running it again finishes the work.
  if (request.dryRun) return;
  simulation.network.schedule.length = 0;
  const finishing = { ...request, deleteKeys: true, maxDeletions: 50, timeoutMs: 5 * TIMEOUT };
  const again = await run(finishing, [0.5]);
  expect(again.result?.failed).toEqual([]);
  for (const { id } of stale) expect(isThere(scene, id)).toBe(false);

  async function run(desired: SweepRequest, jitter: number[]) {
    const { clock } = simulation;
    const start = clock.now();
    const context = connect(simulation, { timeout: TIMEOUT, jitter });
    const outcome = await clock.run(
      sweep(desired, context).then(
        (done) => ({ result: done, error: undefined }),
        (error: unknown) => ({ result: undefined, error }),
      ),
    );
    return { ...outcome, elapsed: clock.now() - start };
  }
});

/** In words that are not the program's own. */
function isStale(
  slug: string,
  { account: given }: Weather,
  request: Omit<SweepRequest, 'timeoutMs'>,
): boolean {
  const age = given.workspaces.find((workspace) => workspace.slug === slug)?.age ?? 0;
  return (
    PATTERNS[request.slugPattern]?.test(slug) === true &&
    age > request.olderThanMs &&
    !request.keep.includes(slug)
  );
}

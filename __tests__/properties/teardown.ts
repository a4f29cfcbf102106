import { expect } from 'expect';
import fc from 'fast-check';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import {
  type DeleteRequest,
  type DeleteResult,
  deleteOne,
} from '../../src/actions/delete/delete-workspace.ts';
import { type SweepRequest, sweep } from '../../src/actions/sweep/sweep-workspaces.ts';
import type { Usd } from '../../src/lib/usd.ts';
import type { SeenKey } from '../../src/openrouter/settlement.ts';
import { type SweepResult, withOutcome } from '../../src/teardown/outcome.ts';
import { recordReadings } from '../support/record-readings.ts';
import {
  connect,
  openSimulation,
  outcomeOf,
  type ProcessRun,
  pass,
  type Simulation,
  scheduleFaults,
} from '../support/simulation.ts';
import { isPermanent, jitters, replicaLags, schedules } from '../support/some-faults.ts';

const TIMEOUT = 120_000;
/** How long after it was sent a request may still be applied: see `schedules`. */
const LATE = 40_000;
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

const accounts = fc.record({
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
  keysOfDefault: fc.nat(2),
  replicaLags,
});

const concurrentChanges = fc.array(
  fc.record({
    after: fc.nat(2_000),
    kind: fc.constantFrom('create-key', 'delete-key', 'delete-workspace', 'create-workspace'),
    slug: fc.constantFrom(...SLUGS),
  }),
  { maxLength: 3 },
);

type ConcurrentChange = ValueOf<typeof concurrentChanges>[number];

const networkConditions = fc.record({
  schedule: schedules(CALLS, 5),
  takenSlugStatus: fc.constant(400 as const),
  // Never near the difference of two ages.
  skew: fc.integer({ min: -250, max: 250 }).map((hours) => (hours + 0.25) * HOUR),
  latency: fc.integer({ min: 1, max: 400 }),
  jitter: jitters,
});

const situations = fc.record({ account: accounts, concurrentChanges, networkConditions });

type Situation = ValueOf<typeof situations>;

type ValueOf<Arbitrary> = Arbitrary extends fc.Arbitrary<infer Value> ? Value : never;

interface Scene {
  simulation: Simulation;
  isAlone: boolean;
  jitter: number[];
  workspaces: Workspace[];
  keys: Key[];
  deletedByOthers: Set<string>;
  /** The most that was read of each key, by hash. */
  readings: ReadonlyMap<string, Usd>;
  /** Whether a fault has been applied that no retry overcomes. */
  metPermanentFault(): boolean;
  /** Whether a fault has been applied after which a DELETE may have been applied. */
  mayHaveLostDeletion(): boolean;
}

async function openScene(situation: Situation): Promise<Scene> {
  const { schedule, ...conditions } = situation.networkConditions;
  const simulation = openSimulation({ ...conditions, schedule: [] });
  const { account, clock } = simulation;
  await pass(simulation, 200 * HOUR);
  seedAccount(simulation, situation.account);
  const metFaults = scheduleFaults(simulation, schedule);
  const scene: Scene = {
    simulation,
    isAlone: situation.concurrentChanges.length === 0,
    jitter: conditions.jitter,
    workspaces: structuredClone(account.workspaces),
    keys: structuredClone(account.keys),
    deletedByOthers: new Set(),
    readings: recordReadings(simulation),
    metPermanentFault: () => metFaults().some(isPermanent),
    mayHaveLostDeletion: () =>
      metFaults().some(({ on, kind }) => kind !== 'refused' && (!on || on.startsWith('DELETE'))),
  };
  for (const change of situation.concurrentChanges) {
    clock.after(change.after, () => applyConcurrentChange(scene, change));
  }
  return scene;
}

function seedAccount(simulation: Simulation, fixture: Situation['account']): void {
  const { account } = simulation;
  for (const workspace of fixture.workspaces) seedWorkspace(simulation, workspace);
  const [defaultWorkspace] = account.workspaces as [Workspace];
  for (let count = 0; count < fixture.keysOfDefault; count += 1) {
    seedKey(simulation, defaultWorkspace, { name: 'Of default' });
  }
  account.keys.forEach((key, at) => {
    key.disabled = fixture.disabled[at % fixture.disabled.length] ?? false;
    if (fixture.expired[at % fixture.expired.length]) key.expires_at = EXPIRED;
    seedUsage(simulation, key, { credits: 0.01, age: 20_000 });
    seedUsage(simulation, key, { credits: 0.02, age: 40_000 });
  });
  account.replicaLags.push(...fixture.replicaLags);
}

function applyConcurrentChange(scene: Scene, { kind, slug }: ConcurrentChange): void {
  const { simulation, deletedByOthers } = scene;
  const { workspaces, keys } = simulation.account;
  const workspace = workspaces.find((candidate) => candidate.slug === slug);
  if (!workspace) {
    if (kind === 'create-workspace') seedWorkspace(simulation, { slug });
    return;
  }
  if (kind === 'create-key') seedKey(simulation, workspace, { name: 'Of a concurrent job' });
  const own = keys.filter(({ workspace_id }) => workspace_id === workspace.id);
  const deleted: Record<string, Key[]> = { 'delete-workspace': own, 'delete-key': own.slice(0, 1) };
  for (const key of deleted[kind] ?? []) {
    deletedByOthers.add(key.hash);
    keys.splice(keys.indexOf(key), 1);
  }
  if (kind === 'delete-workspace') {
    deletedByOthers.add(workspace.id);
    workspaces.splice(workspaces.indexOf(workspace), 1);
  }
}

/** What existed at the start and was deleted since, but not by a concurrent job. */
interface Deleted {
  workspaces: Workspace[];
  keys: Key[];
}

function deletedByStep({ simulation, workspaces, keys, deletedByOthers }: Scene): Deleted {
  const { account } = simulation;
  return {
    workspaces: workspaces.filter(
      ({ id }) =>
        !deletedByOthers.has(id) && !account.workspaces.some((workspace) => workspace.id === id),
    ),
    keys: keys.filter(
      ({ hash }) => !deletedByOthers.has(hash) && !account.keys.some((key) => key.hash === hash),
    ),
  };
}

const NOTHING: Deleted = { workspaces: [], keys: [] };

function exists({ simulation }: Scene, id: string | undefined): boolean {
  return simulation.account.workspaces.some((workspace) => workspace.id === id);
}

/** Whether neither a fault nor the timeout can be the reason why a run failed. */
function couldSucceed(scene: Scene, { elapsed }: ProcessRun<unknown>): boolean {
  return !scene.metPermanentFault() && elapsed < TIMEOUT - LATE;
}

/** A run that has ended, and what was left after it. */
interface Ended<Request, Result> {
  scene: Scene;
  request: Request;
  first: ProcessRun<Result>;
  deleted: Deleted;
}

const deletions = fc.record({
  situation: situations,
  slug: fc.constantFrom(...SLUGS, 'default'),
  byId: fc.boolean(),
  request: fc.record({
    expectSlugPrefix: fc.constantFrom(undefined, undefined, 'pr-', 'p'),
    deleteKeys: fc.boolean(),
    dryRun: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.boolean()),
  }),
});

interface Deletion extends Ended<DeleteRequest, DeleteResult | undefined> {
  slug: string;
  byId: boolean;
  target: Workspace | undefined;
  isAllowed: boolean;
}

function runDelete({ simulation }: Scene, request: DeleteRequest, jitter: number[]) {
  const context = connect(simulation, { timeout: TIMEOUT, jitter });
  return outcomeOf(
    simulation,
    deleteOne(request, context, () => undefined),
  );
}

/** Whatever fails and whatever concurrent jobs do, a delete deletes only what was requested. */
export const deletesOnlyWhatIsRequested = fc.asyncProperty(
  deletions,
  async ({ situation, slug, byId, request: options }) => {
    const scene = await openScene(situation);
    const target = scene.workspaces.find((workspace) => workspace.slug === slug);
    const request = { ...options, workspace: (byId && target?.id) || slug };
    const isAllowed = slug !== 'default' && slug.startsWith(options.expectSlugPrefix ?? '');
    const first = await runDelete(scene, request, scene.jitter);
    await pass(scene.simulation, LATE);
    const deleted = deletedByStep(scene);
    const deletion = { scene, slug, byId, target, request, isAllowed, first, deleted };
    deletesNothingElse(deletion);
    reportsWhatIsDeleted(deletion);
    countsTheMostThatWasRead(scene, first.result?.keys ?? []);
    failsForAReason(deletion);
    await isFinishedByAnotherRun(deletion);
  },
);

function deletesNothingElse({ slug, target, request, isAllowed, deleted }: Deletion): void {
  expect(deleted.workspaces.filter((workspace) => workspace.slug !== slug)).toEqual([]);
  expect(deleted.keys.filter((key) => key.workspace_id !== target?.id)).toEqual([]);
  if (!request.deleteKeys) expect(deleted.keys).toEqual([]);
  if (!isAllowed || request.dryRun) expect(deleted).toEqual(NOTHING);
}

function reportsWhatIsDeleted({ scene, target, request, first }: Deletion): void {
  const { result, error } = first;
  if (error) return;
  if (!result) {
    expect(exists(scene, target?.id)).toBe(false);
    return;
  }
  const isDeleted = result.outcome === 'deleted';
  if (isDeleted) {
    expect(exists(scene, result.workspace.id)).toBe(false);
    expect(result.failure).toBeUndefined();
  }
  for (const { key } of request.dryRun ? [] : result.keys) {
    expect(scene.simulation.account.keys.some(({ hash }) => hash === key.hash)).toBe(false);
  }
  if (request.dryRun || result.failure) return;
  const { deletedByOthers } = scene;
  if (!isDeleted) expect(deletedByOthers).toContain(result.workspace.id);
  if (scene.mayHaveLostDeletion()) return;
  expect(isDeleted).toBe(!deletedByOthers.has(result.workspace.id));
  expect(result.keys.filter(({ key }) => deletedByOthers.has(key.hash))).toEqual([]);
}

function countsTheMostThatWasRead({ readings }: Scene, keys: readonly SeenKey[]): void {
  for (const { key } of keys) expect(key.usage).toBe(readings.get(key.hash));
}

/** Fails if the workspace is protected or has keys, and otherwise succeeds if nothing prevents it. */
function failsForAReason({ scene, target, request, isAllowed, first }: Deletion): void {
  if (!scene.isAlone) return;
  const hasKeys = scene.keys.some(({ workspace_id }) => workspace_id === target?.id);
  const mustFail = !isAllowed || (target && hasKeys && !request.deleteKeys);
  const succeeded = first.error === undefined && first.result?.failure === undefined;
  if (mustFail) expect(succeeded).toBe(false);
  else if (couldSucceed(scene, first)) expect(succeeded).toBe(true);
}

async function isFinishedByAnotherRun(deletion: Deletion): Promise<void> {
  const { scene, slug, byId, target, request, isAllowed } = deletion;
  const { account, network } = scene.simulation;
  network.schedule.length = 0;
  const again = await runDelete(scene, { ...request, deleteKeys: true }, [0.5]);
  if (!isAllowed || request.dryRun) return;
  expect(again.error ?? again.result?.failure).toBeUndefined();
  // By its id, a workspace is not found that a concurrent job has created with the same slug.
  if (byId && target) return;
  expect(account.workspaces.some((workspace) => workspace.slug === slug)).toBe(false);
}

const PATTERNS: Record<string, RegExp> = {
  'pr-*': /^pr-/,
  'pr*': /^pr/,
  'pr-?': /^pr-.$/,
  'pr-1*': /^pr-1/,
  'pr-1': /^pr-1$/,
  'de*': /^de/,
};

const sweeps = fc.record({
  situation: situations,
  request: fc.record({
    slugPattern: fc.constantFrom(...Object.keys(PATTERNS)),
    // Between two of the ages that exist.
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

interface Sweep extends Ended<SweepRequest, SweepResult> {
  stale: Workspace[];
  mayDelete: boolean;
}

function runSweep({ simulation }: Scene, request: SweepRequest, jitter: number[]) {
  const context = connect(simulation, { timeout: TIMEOUT, jitter });
  return outcomeOf(simulation, sweep(request, context));
}

/** Whatever fails and whatever concurrent jobs do, a sweep deletes only what is stale. */
export const sweepsOnlyWhatIsStale = fc.asyncProperty(
  sweeps,
  async ({ situation, request: options }) => {
    const scene = await openScene(situation);
    const request = { ...options, timeoutMs: 5 * TIMEOUT };
    const stale = scene.workspaces.filter(({ slug }) => isStale(slug, situation, request));
    const mayDelete = !request.dryRun && stale.length <= request.maxDeletions;
    const first = await runSweep(scene, request, scene.jitter);
    await pass(scene.simulation, LATE);
    const deleted = deletedByStep(scene);
    const facts = { scene, request, stale, mayDelete, first, deleted };
    deletesOnlyStale(facts);
    hasResultUnlessPrevented(facts);
    reportsEachWorkspaceOnce(facts);
    for (const { keys } of first.result ?? []) countsTheMostThatWasRead(scene, keys);
    failsOnlyForKeys(facts);
    await isFinishedByAnotherSweep(facts);
  },
);

/** Written independently of the program. */
function isStale(
  slug: string,
  { account, networkConditions: { skew } }: Situation,
  request: SweepRequest,
): boolean {
  const ageByServer = account.workspaces.find((workspace) => workspace.slug === slug)?.age ?? 0;
  const age = ageByServer - Math.max(skew, 0);
  return (
    slug !== 'default' &&
    PATTERNS[request.slugPattern]?.test(slug) === true &&
    age > request.olderThanMs &&
    !request.keep.includes(slug)
  );
}

function deletesOnlyStale({ scene, request, stale, mayDelete, deleted }: Sweep): void {
  const [slugs, ids] = [stale.map(({ slug }) => slug), stale.map(({ id }) => id)];
  expect(deleted.workspaces.filter(({ slug }) => !slugs.includes(slug))).toEqual([]);
  expect(deleted.keys.filter((key) => !ids.includes(key.workspace_id))).toEqual([]);
  if (!request.deleteKeys) expect(deleted.keys).toEqual([]);
  // A concurrent job may have deleted enough workspaces in time.
  if (request.dryRun || (scene.isAlone && !mayDelete)) expect(deleted).toEqual(NOTHING);
}

/** The list of workspaces is the only request whose failure is not part of the result. */
function hasResultUnlessPrevented({ scene, first, deleted }: Sweep): void {
  if (couldSucceed(scene, first)) expect(first.result).toBeDefined();
  if (!first.result) expect(deleted).toEqual(NOTHING);
}

function reportsEachWorkspaceOnce({ scene, request, stale, first: { result } }: Sweep): void {
  if (!result) return;
  const deleted = withOutcome(result, 'deleted');
  for (const { id } of deleted) expect(exists(scene, id)).toBe(false);
  for (const { id } of withOutcome(result, 'already-deleted')) {
    expect(scene.deletedByOthers).toContain(id);
  }
  if (!scene.mayHaveLostDeletion()) {
    expect(deleted.filter(({ id }) => scene.deletedByOthers.has(id))).toEqual([]);
  }
  const ids = result.map(({ id }) => id);
  if (!request.dryRun) expect(withOutcome(result, 'would-delete')).toEqual([]);
  expect(new Set(ids).size).toBe(ids.length);
  if (!scene.isAlone) return;
  expect(result.filter(({ outcome }) => outcome !== 'kept')).toHaveLength(stale.length);
}

/** If nothing else prevents it, only workspaces with keys are not deleted, unless keys are too. */
function failsOnlyForKeys({ scene, request, stale, mayDelete, first }: Sweep): void {
  if (!first.result || !scene.isAlone || !mayDelete || !couldSucceed(scene, first)) return;
  const hasKeys = ({ id }: Workspace) => scene.keys.some((key) => key.workspace_id === id);
  const blocked = stale.filter((workspace) => !request.deleteKeys && hasKeys(workspace));
  expect(
    withOutcome(first.result, 'failed')
      .map(({ id }) => id)
      .sort(),
  ).toEqual(blocked.map(({ id }) => id).sort());
}

async function isFinishedByAnotherSweep({ scene, request, stale }: Sweep): Promise<void> {
  if (request.dryRun) return;
  scene.simulation.network.schedule.length = 0;
  const again = await runSweep(scene, { ...request, deleteKeys: true, maxDeletions: 50 }, [0.5]);
  expect(withOutcome(again.result ?? [], 'failed')).toEqual([]);
  for (const { id } of stale) expect(exists(scene, id)).toBe(false);
}

import { expect } from 'expect';
import fc from 'fast-check';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import {
  type CreateRequest,
  type CreateResult,
  IF_EXISTS,
} from '../../src/actions/create/request.ts';
import type { Governance } from '../../src/governance/governance.ts';
import { ApiError } from '../../src/http/request.ts';
import { POST_GRACE_MS } from '../../src/http/send.ts';
import { toUsd } from '../../src/lib/usd.ts';
import type { CreateWorkspaceRequest } from '../../src/openrouter/resources/workspaces.ts';
import { describeError } from '../../src/report/describe-error.ts';
import {
  openSimulation,
  PLAIN_REQUEST,
  pass,
  runCreate,
  runPost,
  type Simulation,
  type StepRun,
  scheduleFaults,
} from '../support/simulation.ts';
import {
  falseNotFound,
  isPermanent,
  jitters,
  rarely,
  schedules,
  slowResponse,
} from '../support/some-faults.ts';

const SLUG = 'preview-42';
const TIMEOUT = 60_000;
/** Longer than any request takes that arrives late. */
const LATEST_ARRIVAL = 40_000;

const DELETIONS = ['DELETE /keys/:hash', 'DELETE /workspaces/:id'];

const CALLS = [
  'POST /workspaces',
  'GET /workspaces/:id',
  'PATCH /workspaces/:id',
  'PATCH /guardrails/:id',
  'PUT /workspaces/:id/budgets/:interval',
  'POST /workspaces/:id/members/add',
  'GET /workspaces/:id/members',
  'GET /keys',
  ...DELETIONS,
];

const desiredFields: fc.Arbitrary<CreateWorkspaceRequest> = fc.record(
  {
    name: fc.constantFrom('Preview', 'Other'),
    slug: fc.constant(SLUG),
    description: fc.constantFrom(null, 'Text'),
    io_logging_api_key_ids: fc.constantFrom(null, [1, 2], [2, 1, 2], [1, 3], []),
    disabled_server_tools: fc.constantFrom(null, [], ['a', 'b'], ['b', 'a'], ['a']),
    is_observability_broadcast_enabled: fc.boolean(),
  },
  { requiredKeys: ['name', 'slug'] },
);

const MEMBER = 'user_2bruno';

const governed: fc.Arbitrary<Governance> = fc.record(
  {
    guardrail: fc.constant({ limit_usd: toUsd(5), reset_interval: 'daily' as const }),
    budgets: fc.constant({ limits: { daily: toUsd(1), monthly: toUsd(20) } }),
    members: fc.constant([MEMBER]),
  },
  { requiredKeys: [] },
);

const THROTTLED_BUT_APPLIED: InProcessFault = {
  on: 'POST /workspaces',
  kind: 'response',
  status: 429,
  headers: { 'retry-after': '1' },
  applied: true,
};

const scenarios = fc.record({
  schedule: fc
    .tuple(schedules(CALLS, 5), fc.subarray(DELETIONS), rarely(slowResponse('POST /workspaces')))
    .map(([faults, missing, slow]) => [
      ...(slow ? [slow] : []),
      ...faults,
      ...missing.map(falseNotFound),
    ]),
  request: fc.record({
    desired: desiredFields,
    governance: fc.oneof({ weight: 2, arbitrary: fc.constant({}) }, governed),
    ifExists: fc.constantFrom(...IF_EXISTS),
    dryRun: fc.oneof({ weight: 5, arbitrary: fc.constant(false) }, fc.boolean()),
    deleteAfterJob: fc.boolean(),
  }),
  /** The workspace that has the slug before the step, and how old it is, in milliseconds. */
  existing: fc.oneof(
    fc.constant(null),
    fc.record({ fields: desiredFields, age: fc.integer({ min: 3_000, max: 1e9 }) }),
  ),
  takenSlugStatus: fc.constantFrom(400 as const, 409 as const, 500 as const),
  skew: fc.integer({ min: -1e9, max: 1e9 }),
  latency: fc.integer({ min: 1, max: 400 }),
  jitter: jitters,
  /** Whether another job creates the same workspace long after the step. */
  hasLaterJob: fc.boolean(),
  /** How many API keys the workspace has before the post step. */
  keys: fc.nat(2),
  deleteKeys: fc.boolean(),
  isFirstPostThrottledButApplied: fc.oneof(
    { weight: 9, arbitrary: fc.constant(false) },
    fc.boolean(),
  ),
  killedAfter: rarely(fc.nat(3_000), 3),
  cancelledAfter: rarely(fc.nat(3_000), 6),
});

type Scenario = typeof scenarios extends fc.Arbitrary<infer Value> ? Value : never;

interface Scene {
  scenario: Scenario;
  simulation: Simulation;
  request: CreateRequest;
  /** The workspace that had the slug before the step. */
  before: Workspace | undefined;
  run: StepRun;
  /** The faults of the schedule that hit a request. */
  appliedFaults: readonly InProcessFault[];
}

/** Whatever fails, and whatever exists before: what the step reports is what happened. */
export const createsOnceAndReportsIt = fc.asyncProperty(scenarios, async (scenario) => {
  const scene = await runScenario(scenario);
  const { run } = scene;
  createsOneWorkspaceAtMost(scene);
  endsSoonAfterACancellation(scene);
  if (run.result) reportsTheResult(scene, run.result);
  else if (!run.killed) await reportsTheFailure(scene);
  changesNothingUnlessRequested(scene);
  await cleansUpOnlyWhatItCreated(scene);
});

async function runScenario(scenario: Scenario): Promise<Scene> {
  const { existing, schedule, deleteKeys, ...ending } = scenario;
  const request = {
    ...scenario.request,
    governanceInputs: Object.keys(scenario.request.governance),
    deleteKeys,
    timeoutMs: TIMEOUT,
  };
  const simulation = openSimulation({ ...scenario, schedule: [] });
  if (existing) {
    seedWorkspace(simulation, existing.fields);
    await pass(simulation, existing.age);
  }
  const before = structuredClone(current(simulation));
  if (scenario.isFirstPostThrottledButApplied) {
    simulation.network.schedule.push(THROTTLED_BUT_APPLIED);
  }
  const metFaults = scheduleFaults(simulation, schedule);
  const run = await runCreate(simulation, request, { timeout: TIMEOUT, ...ending });
  return { scenario, simulation, request, before, run, appliedFaults: metFaults() };
}

function current({ account }: Simulation): Workspace | undefined {
  return account.workspaces.find(({ slug }) => slug === SLUG);
}

/** Whether it cannot be determined who created a workspace: docs/reliability.md lists the cases. */
function isCreatorUnknowable({ scenario, appliedFaults }: Scene): boolean {
  const with500 = appliedFaults.filter(
    (fault) =>
      fault.kind === 'response' &&
      fault.status === 500 &&
      ['POST /workspaces', undefined].includes(fault.on),
  );
  const isAppliedWith500 = with500.some((fault) => 'applied' in fault && fault.applied);
  return (
    appliedFaults.some(({ kind }) => kind === 'late') ||
    scenario.isFirstPostThrottledButApplied ||
    // The POST that is to find out what 500 means gets it, too.
    (isAppliedWith500 && (scenario.takenSlugStatus === 500 || with500.length > 1))
  );
}

/** In time. */
function createsOneWorkspaceAtMost({ simulation: { account }, run }: Scene): void {
  expect(run.elapsed).toBeLessThanOrEqual(TIMEOUT);
  const namesakes = account.workspaces.filter(({ slug }) => slug === SLUG);
  expect(namesakes.length).toBeLessThanOrEqual(1);
  expect(account.workspaces.length).toBeLessThanOrEqual(2);
}

function reportsTheResult(scene: Scene, result: CreateResult): void {
  warnsOfGovernanceThatWasNotApplied(scene, result);
  if (scene.request.dryRun) {
    reportsWhatADryRunWouldDo(scene, result);
  } else {
    reportsTheWorkspaceThatExists(scene, result);
    setsWhatWasRequested(scene, result);
    reportsWhetherItCreatedIt(scene, result);
  }
  reportsWhatItChanged(scene, result);
}

function warnsOfGovernanceThatWasNotApplied(
  { request, run }: Scene,
  { outcome }: CreateResult,
): void {
  const { governanceInputs, ifExists, dryRun } = request;
  const title = dryRun ? ' would not be applied to ' : ' not applied to ';
  const end = `${governanceInputs.join(', ')}.`;
  const isWarning = (line: string, at: number) =>
    line.includes(title) && run.log.slice(at + 1).some((after) => after.endsWith(end));
  expect(run.log.some(isWarning)).toBe(
    governanceInputs.length > 0 && ifExists === 'reuse' && outcome === 'unchanged',
  );
}

function reportsWhatADryRunWouldDo(
  { simulation, before }: Scene,
  { outcome, workspace }: CreateResult,
): void {
  expect(current(simulation)).toEqual(before);
  expect(outcome === 'would-create').toBe(!before);
  expect(workspace?.id).toBe(before?.id);
}

function reportsTheWorkspaceThatExists(
  { simulation, run }: Scene,
  { outcome, workspace }: CreateResult,
): void {
  const now = current(simulation);
  expect(now).toBeDefined();
  expect(workspace?.id).toBe(now?.id);
  expect(run.known).toEqual({ workspace, created: outcome === 'created' });
}

/** Fields and governance are as requested; a workspace that `reuse` found keeps its own. */
function setsWhatWasRequested(scene: Scene, { outcome }: CreateResult): void {
  const { simulation, request, before } = scene;
  const { desired, ifExists, governanceInputs } = request;
  const isReused = before !== undefined && ifExists === 'reuse';
  if (!isReused) expect(differing(current(simulation) as Workspace, desired)).toEqual([]);
  if (outcome === 'created' || ifExists === 'update') expect(isGoverned(scene)).toBe(true);
  if (isReused && governanceInputs.length > 0) expect(isGoverned(scene)).toBe(false);
}

function reportsWhetherItCreatedIt(scene: Scene, { outcome }: CreateResult): void {
  const { before } = scene;
  const isCreated = outcome === 'created';
  if (!isCreated && !before) expect(isCreatorUnknowable(scene)).toBe(true);
  else expect(isCreated).toBe(!before);
}

function reportsWhatItChanged(
  { request, before }: Scene,
  { outcome, changes, governanceChanges }: CreateResult,
): void {
  const { desired, ifExists, dryRun, governanceInputs } = request;
  const [create, update] = dryRun
    ? (['would-create', 'would-update'] as const)
    : (['created', 'updated'] as const);
  if (before) {
    const expected = ifExists === 'update' ? differing(before, desired) : [];
    expect(changes.map(({ field }) => field).sort()).toEqual(expected.sort());
    expect(outcome === update).toBe(
      expected.length > 0 || (governanceInputs.length > 0 && ifExists === 'update'),
    );
  }
  expect(changes.length > 0 || (outcome !== create && governanceChanges.length > 0)).toBe(
    outcome === update,
  );
}

/** A step that fails has a reason to, and has changed nothing if it says so. */
async function reportsTheFailure(scene: Scene): Promise<void> {
  const { scenario, simulation, before, run } = scene;
  if (!hasReasonToFail(scene)) throw run.error;
  const { lines } = describeError(run.error, run.effect.current());
  const saysNothingChanged = lines.includes('Nothing was changed at OpenRouter.');
  const isCertain = run.error instanceof ApiError && !run.error.details.ambiguous;
  const isTrusted = isCertain && !scenario.isFirstPostThrottledButApplied;
  if (saysNothingChanged || (isTrusted && !before && !run.known)) {
    // Nor does a request arrive later.
    await pass(simulation, LATEST_ARRIVAL);
    expect(current(simulation)).toEqual(before);
  }
}

function hasReasonToFail(scene: Scene): boolean {
  const { request, before, run, appliedFaults } = scene;
  const mayBeTaken = before !== undefined || isCreatorUnknowable(scene);
  return (
    (mayBeTaken && request.ifExists === 'fail') ||
    run.elapsed > TIMEOUT - 10_000 ||
    isCancelled(scene) ||
    appliedFaults.some(isPermanent)
  );
}

function isCancelled({ scenario: { cancelledAfter }, run }: Scene): boolean {
  return cancelledAfter !== undefined && cancelledAfter <= run.elapsed;
}

/** No request begins after a cancellation, and only a POST goes on. */
function endsSoonAfterACancellation(scene: Scene): void {
  const { scenario, run } = scene;
  if (!isCancelled(scene)) return;
  expect(run.elapsed - (scenario.cancelledAfter ?? 0)).toBeLessThanOrEqual(POST_GRACE_MS);
}

function changesNothingUnlessRequested({ simulation, request, before }: Scene): void {
  if (before && request.ifExists !== 'update') expect(current(simulation)).toEqual(before);
  if (request.dryRun) {
    expect(simulation.network.calls.every((call) => call.startsWith('GET'))).toBe(true);
  }
}

/** The post step deletes the workspace that the step created, and leaves any other unchanged. */
async function cleansUpOnlyWhatItCreated(scene: Scene): Promise<void> {
  const { scenario, simulation, request } = scene;
  if (!request.deleteAfterJob || request.dryRun) return;
  if (scenario.hasLaterJob) {
    await pass(simulation, 2 * TIMEOUT);
    if (!current(simulation)) {
      seedWorkspace(simulation, request.desired);
      await leavesTheWorkspaceUnchanged(scene);
      return;
    }
  }
  const isBlocked = current(simulation) && scenario.keys > 0 && !scenario.deleteKeys;
  if (scene.before || isBlocked) await leavesTheWorkspaceUnchanged(scene);
  else await deletesTheWorkspace(scene);
}

async function leavesTheWorkspaceUnchanged(scene: Scene): Promise<void> {
  const { scenario, simulation } = scene;
  const workspace = structuredClone(current(simulation));
  await endJob(scene);
  expect(current(simulation)).toEqual(workspace);
  expect(simulation.account.keys).toHaveLength(scenario.keys);
}

/** It may be left only with a warning, or where it cannot be determined who created it. */
async function deletesTheWorkspace(scene: Scene): Promise<void> {
  const { error, log } = await endJob(scene);
  if (!error && !isCreatorUnknowable(scene)) expect(current(scene.simulation)).toBeUndefined();
  if (error || scene.run.result?.outcome !== 'created') return;
  expect(leftUnnoticed(scene) && log.includes(LEFT_ALONE)).toBe(leftUnnoticed(scene));
}

const LEFT_ALONE = `The workspace "${SLUG}" was not deleted`;

/** Whether a late POST has created the workspace again before the last lookup was answered. */
function leftUnnoticed({ scenario, simulation }: Scene): boolean {
  const createdAt = Date.parse(String(current(simulation)?.created_at));
  return createdAt < simulation.account.now().getTime() - scenario.latency;
}

/**
 * Adds API keys to the workspace, then runs the post step. Returns what it logged, and the error of its
 * warning.
 */
async function endJob(scene: Scene): Promise<{ error: unknown; log: string[] }> {
  const { scenario, simulation, run } = scene;
  const workspace = current(simulation);
  for (let key = 0; workspace && key < scenario.keys; key += 1) seedKey(simulation, workspace);
  const log: string[] = [];
  const conditions = { timeout: TIMEOUT, jitter: scenario.jitter };
  const error = await runPost(simulation, run, conditions, log);
  return { error, log };
}

/** Whether the workspace has all of the guardrail, budgets and members that were requested. */
function isGoverned({ simulation, request }: Scene): boolean {
  const { guardrail, budgets: limits, members } = request.governance;
  const { account } = simulation;
  const id = current(simulation)?.id;
  const isOwn = ({ workspace_id }: { workspace_id: string }) => workspace_id === id;
  const amounts = account.budgets
    .filter(isOwn)
    .map(({ limit_usd }) => limit_usd)
    .sort((a, b) => a - b);
  return (
    (!guardrail || account.guardrails.some((set) => isOwn(set) && set.limit_usd === 5)) &&
    (!limits || amounts.join() === '1,20') &&
    (!members || account.memberships.some(({ user_id }) => user_id === MEMBER))
  );
}

/**
 * The requested fields that `workspace` has otherwise, by the rules of docs/reliability.md: lists are
 * sets, and null is the empty list of tools. Written again here, so that the source is not compared
 * with itself.
 */
function differing(workspace: Workspace, desired: CreateWorkspaceRequest): string[] {
  return Object.entries(desired).flatMap(([field, value]) => {
    const none = field === 'disabled_server_tools' ? [] : null;
    const [is, should] = [workspace[field] ?? none, value ?? none];
    const isSame =
      Array.isArray(is) && Array.isArray(should) ? isSameSet(is, should) : is === should;
    return isSame ? [] : [field];
  });
}

function isSameSet(some: readonly unknown[], others: readonly unknown[]): boolean {
  return some.every((one) => others.includes(one)) && others.every((one) => some.includes(one));
}

const concurrentJobs = fc.record({
  desired: desiredFields,
  ifExists: fc.constantFrom(...IF_EXISTS),
  takenSlugStatus: fc.constantFrom(400 as const, 409 as const, 500 as const),
  latency: fc.integer({ min: 1, max: 400 }),
  jitter: jitters,
  count: fc.integer({ min: 2, max: 5 }),
  lookupLag: fc.nat(2_500),
  // No fault that makes a POST ambiguous: docs/reliability.md says what cannot be determined then.
  schedule: fc.array(
    fc.constantFrom<InProcessFault>(
      { kind: 'refused' },
      { kind: 'response', status: 429, headers: { 'retry-after': '1' } },
      { on: 'GET /workspaces/:id', kind: 'reset' },
    ),
    { maxLength: 4 },
  ),
});

/** Of several jobs that create the same workspace at the same moment, exactly one reports that it did. */
export const oneOfConcurrentJobsCreates = fc.asyncProperty(concurrentJobs, async (scenario) => {
  const { desired, ifExists, count, jitter, lookupLag } = scenario;
  const simulation = openSimulation({ ...scenario, skew: 0, schedule: [...scenario.schedule] });
  simulation.account.lookups.lag = lookupLag;
  const request = { ...PLAIN_REQUEST, desired, ifExists, timeoutMs: TIMEOUT };
  const runs = await Promise.all(
    Array.from({ length: count }, () =>
      runCreate(simulation, request, { timeout: TIMEOUT, jitter }),
    ),
  );
  expect(runs.filter(({ result }) => result?.outcome === 'created')).toHaveLength(1);
  expect(simulation.account.workspaces).toHaveLength(2);
  const succeeded = runs.filter(({ result }) => result);
  expect(succeeded).toHaveLength(ifExists === 'fail' ? 1 : count);
});

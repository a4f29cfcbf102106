import { expect } from 'expect';
import fc from 'fast-check';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { findForModels } from '../../sandbox/openrouter/routes/keys.ts';
import {
  type KeyFixture,
  seedKey,
  seedUsage,
  seedWorkspace,
} from '../../sandbox/openrouter/seed.ts';
import { describeKeysLeft } from '../../src/actions/key/failures.ts';
import { ApiError } from '../../src/http/request.ts';
import { POST_GRACE_MS } from '../../src/http/send.ts';
import { Cancellation } from '../../src/lib/cancellation.ts';
import { toJson } from '../../src/lib/json.ts';
import { toNumber, toUsd, type Usd } from '../../src/lib/usd.ts';
import { type KeyPost, type KeyStep, runKey, runKeyPost } from '../support/key-simulation.ts';
import { recordReadings } from '../support/record-readings.ts';
import { secretsIn } from '../support/secret-forms.ts';
import { openSimulation, pass, type Simulation, scheduleFaults } from '../support/simulation.ts';
import {
  falseNotFound,
  isPermanent,
  jitters,
  rarely,
  replicaLags,
  schedules,
  slowResponse,
} from '../support/some-faults.ts';

const TIMEOUT_MS = 60_000;
/** After that long, every request that is delayed has arrived. */
const LATEST_MS = 45_000;
const SLUG = 'preview-42';
const DELETE = 'DELETE /keys/:hash';
const DISABLE = 'PATCH /keys/:hash';
const CALLS = ['POST /keys', 'GET /keys', 'GET /workspaces/:id', 'GET /keys/:hash', DELETE];
const NAMES = ['CI', 'Other'];
const ENDINGS = ['', ' #other1'];
const UNLIMITED = { limit: null, expires_at: null };

const concurrentChanges = fc.array(
  fc.record({
    after: fc.nat(4_000),
    what: fc.constantFrom(
      'creates a key',
      'creates a key like the new one',
      'deletes the oldest',
      'deletes the newest',
    ),
    name: fc.constantFrom(...NAMES),
    limit: fc.constantFrom(null, 5),
  }),
  { maxLength: 3 },
);

const requests = fc.record({
  workspace: fc.constant(SLUG),
  desired: fc.record(
    { name: fc.constantFrom(...NAMES), limit: fc.constantFrom(0n, toUsd(5)) },
    { requiredKeys: ['name'] },
  ),
  expiresInMs: fc.option(fc.constant(21_600_000), { freq: 5 }),
  endsAfterJob: fc.boolean(),
  replace: fc.boolean(),
  isSealed: fc.boolean(),
});

const scenarios = fc.record({
  schedule: fc
    .tuple(
      schedules(CALLS, 5),
      schedules([DISABLE, DISABLE, DELETE], 4),
      fc.boolean(),
      rarely(slowResponse('POST /keys')),
    )
    .map(([faults, faultsAtTheEnd, isMissing, slow]) => [
      ...(slow ? [slow] : []),
      ...faults,
      ...faultsAtTheEnd.filter(({ on }) => on !== undefined),
      ...(isMissing ? [falseNotFound(DELETE)] : []),
    ]),
  request: requests,
  before: fc.array(
    fc.tuple(fc.constantFrom(...NAMES), fc.constantFrom(...ENDINGS)).map((parts) => parts.join('')),
    { maxLength: 3 },
  ),
  concurrentChanges,
  /** Whether each response to a POST reports neither a limit nor an expiry. */
  isUnlimited: fc.constantFrom(false, false, false, false, true),
  /** Whether every delayed request has arrived before the job ends. */
  waits: fc.boolean(),
  /** The timeout of the post step. */
  postTimeout: fc.constantFrom(TIMEOUT_MS, 8_000),
  /** When the key spends something, if it works then, in milliseconds from the end of the step. */
  spendsAfter: fc.array(fc.nat(20_000), { maxLength: 3 }),
  /** How late the counters are, in milliseconds. */
  delay: fc.constantFrom(0, 40_000, 150_000),
  replicaLags,
  /** For how long a key that was used goes on working at most, in milliseconds. */
  revocationDelay: fc.constantFrom(0, 15_000, 30_000),
  takenSlugStatus: fc.constant(400 as const),
  skew: fc.integer({ min: -1e9, max: 1e9 }),
  latency: fc.integer({ min: 1, max: 400 }),
  jitter: jitters,
  killedAfter: rarely(fc.nat(4_000), 3),
  cancelledAfter: rarely(fc.nat(4_000), 6),
});

type Scenario = typeof scenarios extends fc.Arbitrary<infer Value> ? Value : never;

interface Ledger {
  /** The secrets of the keys that the step created, by hash. */
  ours: Map<string, string>;
  /** Hashes of the keys that existed before or that others created, and that others did not delete. */
  others: Set<string>;
  /** Hashes of keys that the step created and others deleted. */
  deletedByOthers: Set<string>;
  /** Hashes of the keys with the same name that the step listed before its first POST. */
  listed: Set<string>;
}

interface Scene {
  scenario: Scenario;
  simulation: Simulation;
  ledger: Ledger;
  createOther(fields: KeyFixture): void;
}

/** The account of `scenario`, with a ledger of who does what to its keys. */
async function openScene(scenario: Scenario): Promise<Scene> {
  const simulation = openSimulation({ ...scenario, schedule: [] });
  const { account, managementKey, clock } = simulation;
  Object.assign(account.counterDelay, { from: scenario.delay, to: scenario.delay });
  account.replicaLags.push(...scenario.replicaLags);
  account.edge.delay = scenario.revocationDelay;
  // A copy, so that what others do does not count as the step's.
  const others = { managementKey, account: { ...account } };
  const workspace: Workspace = seedWorkspace(simulation, { slug: SLUG });
  const ledger: Ledger = {
    ours: new Map(),
    others: new Set(),
    deletedByOthers: new Set(),
    listed: new Set(),
  };
  const scene: Scene = {
    scenario,
    simulation,
    ledger,
    createOther: (fields) => ledger.others.add(seedKey(others, workspace, fields).hash),
  };
  recordStep(scene);
  for (const name of scenario.before) scene.createOther({ name });
  await pass(simulation, 10_000);
  for (const change of scenario.concurrentChanges) {
    clock.after(change.after, () => applyConcurrentChange(scene, change));
  }
  return scene;
}

/** What the author of a workflow calls a key. */
const baseOf = ({ name }: { name: string }) => name.split(' #', 1)[0];

/** Enters what the step does in the ledger. */
function recordStep({ scenario, simulation: { account, network }, ledger }: Scene): void {
  const { handle } = account;
  account.handle = (request) => {
    const call = account.callOf(request.method, request.path);
    const response = handle(request);
    if (call === 'GET /keys' && !network.calls.includes('POST /keys')) {
      for (const key of account.keys) {
        if (baseOf(key) === scenario.request.desired.name) ledger.listed.add(key.hash);
      }
    }
    if (call === 'POST /keys' && response.status === 201) {
      const { data, key } = response.body as { data: { hash: string }; key: string };
      ledger.ours.set(data.hash, key);
      if (scenario.isUnlimited) {
        return { ...response, body: { data: { ...data, ...UNLIMITED }, key } };
      }
    }
    return response;
  };
}

function applyConcurrentChange(
  { scenario, simulation, ledger, createOther }: Scene,
  { what, name, limit }: Scenario['concurrentChanges'][number],
): void {
  const { keys } = simulation.account;
  const { desired } = scenario.request;
  const ours = keys.find(({ hash }) => ledger.ours.has(hash));
  const namesakes = keys.filter((key) => baseOf(key) === name);
  switch (what) {
    case 'creates a key':
      createOther({ name, limit });
      return;
    case 'creates a key like the new one':
      createOther({
        name: desired.name,
        ...(desired.limit !== undefined && { limit: toNumber(desired.limit) }),
        ...(ours && { expires_at: ours.expires_at }),
      });
      return;
    default: {
      const deleted = what === 'deletes the oldest' ? namesakes.at(-1) : namesakes[0];
      if (!deleted) return;
      keys.splice(keys.indexOf(deleted), 1);
      if (!ledger.others.delete(deleted.hash)) ledger.deletedByOthers.add(deleted.hash);
    }
  }
}

interface Ended extends Scene {
  step: KeyStep;
  /** Hashes of the keys that existed before the step, with the name of the new one. */
  namesakes: readonly string[];
  appliedFaults: readonly InProcessFault[];
}

/** A job that has ended: its post step too. */
interface EndedJob extends Ended {
  post: KeyPost;
  /** When the post step began, by OpenRouter's clock, in milliseconds since 1970. */
  postStart: number;
  /** The requests of the post step that change a key. */
  changes: readonly KeyChange[];
  /** The most that the post step has read of each key, by hash. */
  readings: ReadonlyMap<string, Usd>;
}

interface KeyChange {
  method: string;
  hash: string;
  /** How long after the start of the post step it was sent, in milliseconds. */
  after: number;
}

const exists = ({ simulation }: Scene, hash: string) =>
  simulation.account.keys.some((key) => key.hash === hash);

/** Hashes of the keys that the step created and that no one has the secret of. */
const orphans = (ended: Ended) =>
  [...ended.ledger.ours.keys()].filter(
    (hash) => exists(ended, hash) && hash !== ended.step.handedOver?.key.hash,
  );

const hasWarned = ({ post }: EndedJob) => post.warnings.length > 0 || post.error !== undefined;

function othersKeysExistUnlessReplaced(ended: Ended): void {
  const { ledger, scenario, step, simulation } = ended;
  const disabled = simulation.account.keys.filter((key) => key.disabled);
  expect(disabled.filter(({ hash }) => ledger.others.has(hash))).toEqual([]);
  const missing = [...ledger.others].filter((hash) => !exists(ended, hash));
  const mayBeDeleted = scenario.request.replace && step.handedOver ? ledger.listed : new Set();
  expect(missing.filter((hash) => !mayBeDeleted.has(hash))).toEqual([]);
}

function successfulStepDeletedTheKeysItReplaces(ended: Ended): void {
  const { namesakes, scenario, step } = ended;
  if (!scenario.request.replace || !step.result) return;
  expect(namesakes.filter((hash) => exists(ended, hash))).toEqual([]);
}

/** It was registered before, and every step that succeeds has set it. */
function outputIsTheSecretOfAnExistingKey(ended: Ended): void {
  const { ledger, step } = ended;
  if (step.result) expect(step.result).toBe(step.handedOver);
  if (!step.handedOver) return;
  const { key, secret } = step.handedOver;
  expect(step.secretWasRegistered).toBe(true);
  expect(ledger.ours.get(key.hash)).toBe(secret);
  expect(exists(ended, key.hash)).toBe(!ledger.deletedByOthers.has(key.hash));
}

/** Whether OpenRouter reports another limit or expiry than requested. */
const breaksPromise = ({ scenario: { isUnlimited, request } }: Scene) =>
  isUnlimited && ('limit' in request.desired || request.expiresInMs !== null);

/** In time; and it outputs no key that is not limited as requested. */
function stepSucceedsIfFaultsAndTimeAllow(ended: Ended): void {
  const { appliedFaults, step } = ended;
  expect(step.elapsed).toBeLessThanOrEqual(TIMEOUT_MS);
  if (breaksPromise(ended)) {
    expect(step.handedOver).toBeUndefined();
    return;
  }
  const hadTime = step.elapsed < TIMEOUT_MS - 10_000;
  const canSucceed = hadTime && !appliedFaults.some(isPermanent);
  if (canSucceed && !step.killed && !isCancelled(ended) && !step.result) throw step.error;
}

function isCancelled({ scenario: { cancelledAfter }, step }: Ended): boolean {
  return cancelledAfter !== undefined && cancelledAfter <= step.elapsed;
}

/** No request begins after a cancellation, and only a POST goes on. */
function stepEndsSoonAfterACancellation(ended: Ended): void {
  if (!isCancelled(ended)) return;
  const { scenario, step } = ended;
  expect(step.elapsed - (scenario.cancelledAfter ?? 0)).toBeLessThanOrEqual(POST_GRACE_MS);
}

/** Also no later, when delayed requests arrive. */
async function unambiguousFailureWithoutTaskLeavesNoOrphan(ended: Ended): Promise<void> {
  const { error, handedOver, task } = ended.step;
  if (!(error instanceof ApiError) || error.details.ambiguous || handedOver || task) return;
  await pass(ended.simulation, LATEST_MS);
  expect(orphans(ended)).toEqual([]);
}

function jobLeavesNoOrphan(job: EndedJob): void {
  const canBeLate = !job.scenario.waits && job.appliedFaults.some(({ kind }) => kind === 'late');
  if (!hasWarned(job) && !canBeLate) expect(orphans(job)).toEqual([]);
}

/** Also if the step was cancelled when it had just created the key. */
function keyIsRevokedAfterTheJobIfRequested(job: EndedJob): void {
  const { handedOver, task, error } = job.step;
  const isUnused = error instanceof Cancellation && (task?.afterJob ?? 'ends') === 'ends';
  const isRequested = job.scenario.request.endsAfterJob || isUnused;
  if (!handedOver || !isRequested) return;
  if (!hasWarned(job)) expect(exists(job, handedOver.key.hash)).toBe(false);
}

function keyOutlivesTheJobIfRequested(job: EndedJob): void {
  const { result } = job.step;
  if (!result || job.scenario.request.endsAfterJob) return;
  const { hash } = result.key;
  expect(works(job, hash)).toBe(!job.ledger.deletedByOthers.has(hash));
}

/** The key that the post step revokes, if it is to revoke one. */
const revoked = ({ step: { task } }: Ended) =>
  task?.afterJob === 'ends' ? task.created : undefined;

const works = ({ simulation }: Scene, hash: string) =>
  simulation.account.keys.some((key) => key.hash === hash && !key.disabled);

/** Whatever becomes of the request that disables it. */
function keyIsDeletedWithoutDelay(job: EndedJob): void {
  const key = revoked(job);
  if (!key) return;
  const deletion = job.changes.find(({ method, hash }) => method === 'DELETE' && hash === key.hash);
  const within = Math.min(5_000, job.scenario.postTimeout / 4);
  // Waits with a random part add up to such times as 2000.0000000000018.
  expect(Math.floor(deletion?.after ?? Number.NaN)).toBeLessThanOrEqual(within);
}

function onlyTheRevokedKeyIsDisabled(job: EndedJob): void {
  const disabled = job.changes.filter(({ method }) => method === 'PATCH');
  expect(disabled.filter(({ hash }) => hash !== revoked(job)?.hash)).toEqual([]);
}

/** In words that say whether it can still spend. */
function keyThatIsLeftIsDescribed(job: EndedJob): void {
  const key = revoked(job);
  if (!key || !exists(job, key.hash)) return;
  const { left } = job.post;
  const text = left ? describeKeysLeft(left) : '';
  expect(text).toContain(key.hash);
  if (works(job, key.hash)) expect(text).toMatch(/may work until /);
  else expect(text).toMatch(/disabled$|may work until /);
}

/**
 * The most that the post step has read: at least what all servers have counted by then, and never more than the key has
 * spent. Of a revoked key, that is all without a delay.
 */
function costIsRightOrUnknown(job: EndedJob): void {
  const { post, simulation, step } = job;
  const { created } = step.task ?? {};
  const isUnknown = post.lines.some((line) => line.includes('has spent is unknown: '));
  expect(post.spend !== undefined).toBe(created !== undefined && !isUnknown);
  if (!created || !post.spend) return;
  const spends = simulation.account.spends.filter(({ key_hash }) => key_hash === created.hash);
  const spent = (before: number) =>
    BigInt(spends.filter(({ at }) => at <= before).reduce((sum, one) => sum + one.credits, 0));
  const { isSoFar, spent: shown } = post.spend;
  expect(isSoFar).toBe(!revoked(job));
  expect(shown.isExact).toBe(false);
  expect(shown.amount).toBe(job.readings.get(created.hash));
  const { delay, replicaLags: lags, revocationDelay } = job.scenario;
  const latest = delay + Math.max(0, ...lags);
  const all = spent(Number.POSITIVE_INFINITY);
  expect(shown.amount).toBeGreaterThanOrEqual(spent(job.postStart - latest));
  expect(shown.amount).toBeLessThanOrEqual(all);
  if (!isSoFar && latest + revocationDelay === 0) expect(shown.amount).toBe(all);
}

function noSecretIsLoggedOrSaved({ ledger, simulation, step, post }: EndedJob): void {
  const { error, lines, task } = step;
  const secrets = [simulation.managementKey, ...ledger.ours.values()];
  const text = [...lines, ...post.lines, String(error), toJson([error, task])].join('\n');
  expect(secretsIn(text, secrets)).toEqual([]);
}

/** What holds when a step has ended, in this order: the last rule lets time pass. */
const STEP_RULES: readonly ((ended: Ended) => void | Promise<void>)[] = [
  othersKeysExistUnlessReplaced,
  successfulStepDeletedTheKeysItReplaces,
  outputIsTheSecretOfAnExistingKey,
  stepSucceedsIfFaultsAndTimeAllow,
  stepEndsSoonAfterACancellation,
  unambiguousFailureWithoutTaskLeavesNoOrphan,
];

const JOB_RULES: readonly ((job: EndedJob) => void)[] = [
  othersKeysExistUnlessReplaced,
  successfulStepDeletedTheKeysItReplaces,
  jobLeavesNoOrphan,
  keyIsRevokedAfterTheJobIfRequested,
  keyOutlivesTheJobIfRequested,
  keyIsDeletedWithoutDelay,
  onlyTheRevokedKeyIsDisabled,
  keyThatIsLeftIsDescribed,
  costIsRightOrUnknown,
  noSecretIsLoggedOrSaved,
];

/** Has the key spend something at times, as long as OpenRouter accepts it. */
function spendAtTimes(ended: Ended): void {
  const { simulation, scenario, step, ledger } = ended;
  const key = simulation.account.keys.find(({ hash }) => hash === step.task?.created?.hash);
  if (!key) return;
  const spend = () => {
    const accepted = findForModels(simulation.account, ledger.ours.get(key.hash) ?? '');
    if (accepted && !accepted.disabled) seedUsage(simulation, key, { credits: 0.01 });
  };
  spend();
  for (const after of scenario.spendsAfter) simulation.clock.after(after, spend);
}

/** Has the requests that change a key recorded from now on. */
function recordChanges(simulation: Simulation): readonly KeyChange[] {
  const changes: KeyChange[] = [];
  const start = simulation.clock.now();
  const { proxy } = simulation;
  simulation.proxy = (direct) => {
    const next = proxy(direct);
    return (request, signal) => {
      const { method, url } = request;
      const change = { method, hash: url.split('/').at(-1) ?? '' };
      if (method !== 'GET') changes.push({ ...change, after: simulation.clock.now() - start });
      return next(request, signal);
    };
  };
  return changes;
}

/**
 * Whatever fails, and whatever other jobs do at the same time: no key of another job is touched, a
 * step that succeeds outputs a key that exists, and no orphan outlives the job. A key that is to be revoked is
 * gone, or the post step says whether it can still spend.
 */
export const noKeyLostAndNoneOfOthers = fc.asyncProperty(scenarios, async (scenario) => {
  const scene = await openScene(scenario);
  const { simulation } = scene;
  const { request, jitter, killedAfter, cancelledAfter } = scenario;
  const namesakes = simulation.account.keys
    .filter((key) => baseOf(key) === request.desired.name)
    .map(({ hash }) => hash);

  const metFaults = scheduleFaults(simulation, scenario.schedule);
  const life = { timeout: TIMEOUT_MS, jitter };
  const step = await runKey(simulation, request, { ...life, killedAfter, cancelledAfter });
  const ended = { ...scene, step, namesakes, appliedFaults: metFaults() };
  for (const rule of STEP_RULES) await rule(ended);

  spendAtTimes(ended);
  if (scenario.waits) await pass(simulation, LATEST_MS);
  const changes = recordChanges(simulation);
  const readings = recordReadings(simulation);
  const postStart = simulation.account.now().getTime();
  const jobStatus = step.result ? 'success' : 'failure';
  const post = await runKeyPost(simulation, step, {
    ...life,
    timeout: scenario.postTimeout,
    jobStatus,
  });
  for (const rule of JOB_RULES) rule({ ...ended, post, postStart, changes, readings });
});

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'expect';
import fc from 'fast-check';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { createKey, type KeyRequest, type NewKey } from '../../src/actions/key/create-key.ts';
import { runKeyTask } from '../../src/actions/key/end-key.ts';
import { jobStatusOf } from '../../src/actions/key/job-status.ts';
import type { KeyTask } from '../../src/actions/key/task.ts';
import { toUsd } from '../../src/lib/usd.ts';
import { KEY_TASK } from '../support/key-simulation.ts';
import {
  type Ending,
  endings,
  isOfAKnownKind,
  type JobPlan,
  newProcess,
  type Process,
  randomsOf,
  runProcess,
  type Sent,
  timings,
  wait,
} from '../support/preview-simulation.ts';
import { openWorld, type World, works } from '../support/preview-world.ts';
import { saveIn, whileAlive } from '../support/simulation.ts';
import { falseNotFound, schedules } from '../support/some-faults.ts';

const SLUG = 'production-web';
const NAME = 'Production of web';
const REQUEST: KeyRequest = {
  workspace: SLUG,
  desired: { name: NAME, limit: toUsd(100), limit_reset: 'monthly' },
  expiresInMs: 70 * 86_400_000,
  endsAfterJob: false,
  replace: 'after-job',
  isSealed: false,
};

/** After that long, every request that is delayed has arrived. */
const LATEST_MS = 45_000;
const DELETE = 'DELETE /keys/:hash';
const CALLS = ['POST /keys', 'GET /keys', 'GET /workspaces/:id', 'GET /keys/:hash', DELETE];

interface Plan extends JobPlan {
  /** Whether the steps deploy the key, although one of them fails or is cancelled then. */
  deploysBefore: boolean;
}

const plans = fc.record<Plan>({
  ...timings(endings(12)),
  spends: fc.constant([]),
  // Empty: it succeeds, but the runner does not evaluate the input again.
  status: fc.constantFrom('success', 'success', 'success', 'failure', 'cancelled', ''),
  deploysBefore: fc.boolean(),
});

const faults = fc
  .tuple(schedules(CALLS, 4), fc.boolean())
  .map(([some, isMissing]) => (isMissing ? [...some, falseNotFound(DELETE)] : some));

const scenarios = fc.record({
  /** Whether a job can start before the one before it has ended. */
  overlap: fc.boolean(),
  skew: fc.integer({ min: -1e9, max: 1e9 }),
  jobs: fc.array(fc.record({ after: fc.nat(4_000), plan: plans }), { minLength: 1, maxLength: 5 }),
  before: fc.nat(3),
  faults: fc.array(fc.record({ after: fc.nat(60_000), faults }), { maxLength: 3 }),
});

type Scenario = typeof scenarios extends fc.Arbitrary<infer Value> ? Value : never;

interface Job {
  name: string;
  plan: Plan;
  main: Process<NewKey>;
  post?: Process<Awaited<ReturnType<typeof runKeyTask>>>;
  key?: NewKey;
  task?: KeyTask;
  warnings: string[];
}

interface Scene {
  scenario: Scenario;
  world: World;
  workspace: Workspace;
  jobs: Job[];
  /** Keys with other names, or of other workspaces. */
  others: Key[];
  /** The hash of the key that the service has. */
  inUse: string | undefined;
  deletedAt: Map<string, number>;
  /** The keys that were deleted while the service had them. */
  deletedInUse: string[];
}

function openScene(scenario: Scenario): Scene {
  const world = openWorld({ takenSlugStatus: 400, lags: [], squatter: undefined, ...scenario });
  const { simulation } = world;
  const workspace = seedWorkspace(simulation, { slug: SLUG });
  const old = Array.from({ length: scenario.before }, () =>
    seedKey(simulation, workspace, { name: NAME }),
  );
  seedKey(simulation, workspace, { name: `${NAME}, v1` });
  seedKey(simulation, seedWorkspace(simulation, { slug: 'production-shop' }), { name: NAME });
  const others = simulation.account.keys.filter((key) => !old.includes(key));
  const scene: Scene = {
    scenario,
    world,
    workspace,
    jobs: [],
    others: structuredClone(others),
    inUse: old.at(-1)?.hash,
    deletedAt: new Map(),
    deletedInUse: [],
  };
  recordDeletions(scene);
  return scene;
}

function recordDeletions(scene: Scene): void {
  const { account, clock } = scene.world.simulation;
  const { handle } = account;
  account.handle = (request) => {
    const response = handle(request);
    const isDeletion = account.callOf(request.method, request.path) === DELETE;
    if (isDeletion && response.status === 200) {
      const hash = hashIn(request);
      scene.deletedAt.set(hash, clock.now());
      if (hash === scene.inUse) scene.deletedInUse.push(hash);
    }
    return response;
  };
}

const hashIn = ({ path }: Pick<Sent, 'path'>) => path.split('/').at(-1) ?? '';

/** Runs a job: the step, what deploys its key, and the post step. */
async function runJob(scene: Scene, plan: Plan): Promise<Job> {
  const { world, jobs } = scene;
  const name = `17${String(jobs.length).padStart(3, '0')}.1`;
  const job: Job = { name, plan, main: newProcess(world), warnings: [] };
  jobs.push(job);
  await runMain(world, job);
  await wait(world, plan.work);
  if (job.main.result && (succeeds(job) || plan.deploysBefore)) {
    scene.inUse = job.main.result.key.hash;
  }
  if (plan.post && job.task) await runPost(world, job, job.task, plan.post);
  return job;
}

async function runMain(world: World, job: Job): Promise<void> {
  const alive = whileAlive(job.main);
  await runProcess(world, job.main, { job, ending: job.plan.main }, (context) =>
    createKey(REQUEST, {
      ...context,
      saveTask: saveIn(job, { process: job.main, schema: KEY_TASK }),
      registerSecrets: () => undefined,
      onKey: alive((result: NewKey) => {
        job.key = result;
      }),
      random: randomsOf(job.name),
    }),
  );
}

async function runPost(world: World, job: Job, task: KeyTask, ending: Ending): Promise<void> {
  job.post = newProcess(world);
  const status = jobStatusOf(job.main.result ? job.plan.status : 'failure', 'GitHub');
  await runProcess(world, job.post, { job, ending }, (context) =>
    runKeyTask(task, status, { ...context, warn: ({ code }) => job.warnings.push(code) }),
  );
}

const succeeds = ({ main, plan }: Job) =>
  main.result !== undefined && ['success', ''].includes(plan.status);

const hasEnded = ({ post }: Job) => post !== undefined && !post.killed && !post.error;

/** Whether a job is green: what is left of a replacement fails it. */
const isGreen = (job: Job) =>
  succeeds(job) && hasEnded(job) && job.post?.result?.incomplete?.left.replaced === undefined;

/** Whether a job is green, and its post step has done all it had to do. */
const isClean = (job: Job) =>
  isGreen(job) && job.post?.result?.incomplete === undefined && job.warnings.length === 0;

// The rules.

function errorsAreOfAKnownKind({ jobs }: Scene): void {
  for (const { main, post } of jobs) {
    const errors = [main.error, post?.error, post?.result?.incomplete?.error].filter(Boolean);
    for (const error of errors) {
      if (!isOfAKnownKind(error)) throw error;
    }
  }
}

function nothingElseIsTouched({ world, others }: Scene): void {
  const hashes = new Set(others.map(({ hash }) => hash));
  const now = world.simulation.account.keys.filter(({ hash }) => hashes.has(hash));
  if (!isDeepStrictEqual(now, others)) expect(now).toEqual(others);
}

/** Only after a success, and only what existed before the first POST of the job. */
function onlyOlderKeysAreReplaced({ jobs, world: { ledger } }: Scene): void {
  for (const { name, main, post, plan } of jobs) {
    const posted = main.sent.find(({ method }) => method === 'POST')?.at ?? 0;
    const ofOthers = (process: Process<unknown> | undefined) =>
      (process?.sent ?? []).filter((sent) => {
        const record = ledger.keys.find(({ key }) => key.hash === hashIn(sent));
        return sent.method === 'DELETE' && record?.job !== name;
      });
    expect(ofOthers(main)).toEqual([]);
    const replaced = ofOthers(post);
    if (!main.result || plan.status !== 'success') expect(replaced).toEqual([]);
    const createdAt = (sent: Sent) =>
      ledger.keys.find(({ key }) => key.hash === hashIn(sent))?.createdAt ?? 0;
    expect(replaced.filter((sent) => createdAt(sent) > posted)).toEqual([]);
  }
}

/** The last thing that a green job has seen is that its key works. */
function noGreenJobHasLostItsKey({ jobs, deletedAt }: Scene): void {
  for (const job of jobs.filter(isGreen)) {
    const hash = job.main.result?.key.hash ?? '';
    const last = job.post?.sent.at(-1);
    expect(last).toMatchObject({ method: 'GET', path: `/keys/${hash}` });
    expect(deletedAt.get(hash) ?? Number.POSITIVE_INFINITY).toBeGreaterThanOrEqual(last?.at ?? 0);
  }
}

function someKeyWorksAfterAGreenJob({ world, jobs }: Scene): void {
  if (!jobs.some(isGreen)) return;
  const handedOver = jobs.flatMap(({ main }) => main.result?.key ?? []);
  expect(handedOver.some((key) => works(world, key))).toBe(true);
}

function aJobWhoseStatusIsUnknownSaysSo({ jobs }: Scene): void {
  for (const job of jobs.filter((one) => one.plan.status === '' && isGreen(one))) {
    expect(job.warnings).toContain('job-status-unknown');
  }
}

const RULES = [
  errorsAreOfAKnownKind,
  nothingElseIsTouched,
  onlyOlderKeysAreReplaced,
  noGreenJobHasLostItsKey,
  someKeyWorksAfterAGreenJob,
  aJobWhoseStatusIsUnknownSaysSo,
];

/** Without a gap: from the first deployment on, at each moment. */
function theKeyInUseWorks({ world, inUse, deletedInUse }: Scene): void {
  expect(deletedInUse).toEqual([]);
  if (inUse !== undefined) expect(works(world, { hash: inUse })).toBe(true);
}

/** Apart from a key that a delayed POST has created during the post step or after it. */
function oneKeyIsLeftAfter({ world, workspace }: Scene, { name, main, post }: Job): void {
  const late = world.ledger.keys.filter(
    ({ job, createdAt }) => job === name && createdAt >= (post?.startedAt ?? 0),
  );
  const left = world.simulation.account.keys.filter(
    (key) =>
      key.workspace_id === workspace.id &&
      key.name.split(' #', 1)[0] === NAME &&
      !late.some((record) => record.key.hash === key.hash),
  );
  expect(left.map(({ hash }) => hash)).toEqual([main.result?.key.hash]);
}

async function playOneByOne(scene: Scene): Promise<void> {
  for (const { after, plan } of scene.scenario.jobs) {
    await wait(scene.world, after);
    const job = await runJob(scene, plan);
    theKeyInUseWorks(scene);
    await wait(scene.world, LATEST_MS);
    theKeyInUseWorks(scene);
    if (isClean(job)) oneKeyIsLeftAfter(scene, job);
  }
}

async function playAtOnce(scene: Scene): Promise<void> {
  let start = 0;
  const running = scene.scenario.jobs.map(async ({ after, plan }) => {
    start += after;
    await wait(scene.world, start);
    await runJob(scene, plan);
  });
  await Promise.all(running);
  await wait(scene.world, LATEST_MS);
}

/**
 * Whatever fails, jobs that run one by one leave the service a key that works, and after a success no other
 * one. Of jobs that run at once, none is green whose key was deleted.
 */
export const keysAreReplacedWithoutAGap = fc.asyncProperty(scenarios, async (scenario) => {
  const scene = openScene(scenario);
  const { clock, network } = scene.world.simulation;
  for (const batch of scenario.faults) {
    clock.after(batch.after, () => network.schedule.push(...batch.faults));
  }
  await clock.run(scenario.overlap ? playAtOnce(scene) : playOneByOne(scene));
  for (const rule of RULES) rule(scene);
});

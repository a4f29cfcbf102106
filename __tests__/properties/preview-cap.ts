import { expect } from 'expect';
import fc from 'fast-check';
import { openPull, pushTo } from '../../sandbox/github/people.ts';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { withUsage } from '../../sandbox/openrouter/routes/keys.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { capUseOf, totalsOf } from '../../src/actions/preview/cap.ts';
import { formatUsd } from '../../src/lib/format-usd.ts';
import { maxUsd, toUsd, type Usd } from '../../src/lib/usd.ts';
import { jitters, schedules } from '../support/faults.ts';
import {
  type Ending,
  isOfAKnownKind,
  type Job,
  type JobPlan,
  requestOf,
  runJob,
  wait,
} from '../support/preview-jobs.ts';
import { markOf, openWorld, type World, works } from '../support/preview-world.ts';

const SUBJECT = { kind: 'pull', number: 1 } as const;

/** After that long, every request that is delayed has arrived. */
const LATEST_MS = 45_000;

/** How old a list can be in a calm schedule, in milliseconds. */
const CALM_LAG_MS = 1_500;

const CALLS = [
  'GET /workspaces/:id',
  'GET /keys',
  'POST /keys',
  'GET /keys/:hash',
  'PATCH /keys/:hash',
];

const rarely = <Value>(values: fc.Arbitrary<Value>, weight = 5) =>
  fc.oneof({ weight, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: values });

const endings: fc.Arbitrary<Ending> = fc.record({
  killedAt: rarely(fc.integer({ min: 3, max: 9 })),
  isSent: fc.boolean(),
  cancelledAfter: rarely(fc.nat(4_000), 9),
});

const FAULTLESS: Ending = { isSent: true };

const plansWith = (main: fc.Arbitrary<Ending>, post: fc.Arbitrary<Ending | undefined>) =>
  fc.record<JobPlan>({
    // Some jobs are much faster than others.
    latencies: fc.array(
      fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 400 })),
      {
        minLength: 1,
        maxLength: 2,
      },
    ),
    jitter: jitters,
    main,
    post,
    work: fc.oneof(fc.nat(500), fc.nat(8_000)),
    spends: fc.array(fc.record({ after: fc.nat(8_000), share: fc.constantFrom(0.3, 0.9, 1) }), {
      maxLength: 3,
    }),
    status: fc.constantFrom('success', 'success', 'failure', ''),
  });

const calmPlans = plansWith(fc.constant(FAULTLESS), fc.constant(FAULTLESS));
const anyPlans = plansWith(
  endings,
  fc.oneof({ weight: 9, arbitrary: endings }, { weight: 1, arbitrary: fc.constant(undefined) }),
);

/** Most jobs begin at once. */
const delays = fc.oneof(
  { weight: 6, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(1_000) },
  fc.nat(12_000),
);

const jobsWith = (plans: fc.Arbitrary<JobPlan>) =>
  fc.record({
    after: delays,
    plan: plans,
    keyMode: fc.constantFrom('job' as const, 'preview' as const),
    /** In cents. */
    limit: fc.constantFrom<number[]>(0, 33, 100, 100, 100, 100, 100, 300),
    hasCap: fc.oneof({ weight: 14, arbitrary: fc.constant(true) }, fc.constant(false)),
  });

const byHand = fc.record({
  after: fc.nat(15_000),
  limit: fc.constantFrom(0.2, 1, 1, null),
});

const schedulesWith = (
  plans: fc.Arbitrary<JobPlan>,
  {
    lag,
    keys,
    faults,
    limits,
  }: {
    lag: number;
    limits: fc.Arbitrary<'applied' | 'ignored' | 'echoed'>;
    keys: fc.Arbitrary<{ after: number; limit: number | null }[]>;
    faults: fc.Arbitrary<InProcessFault[]>;
  },
) =>
  fc.record({
    /** In cents. */
    cap: fc.constantFrom<number[]>(50, 100, 100, 150, 250),
    /** Of all jobs, or each has its own. */
    keyMode: fc.constantFrom('job' as const, 'preview' as const, undefined),
    skew: fc.integer({ min: -1e6, max: 1e6 }),
    /** How many random numbers were drawn before: hashes depend on that. */
    drawn: fc.nat(30),
    hasMilliseconds: fc.constantFrom(false, false, false, true),
    lags: fc.oneof(
      fc.constant<number[]>([]),
      fc.array(fc.nat(lag), { minLength: 1, maxLength: 4 }),
    ),
    jobs: fc.array(jobsWith(plans), { minLength: 2, maxLength: 5 }),
    byHand: keys,
    faults: fc.array(fc.record({ after: fc.nat(10_000), faults }), { maxLength: 2 }),
    /** Whether OpenRouter applies the limit in a PATCH, ignores it, or also returns it although it ignores it. */
    limits,
  });

type Drawn = ReturnType<typeof schedulesWith> extends fc.Arbitrary<infer Value> ? Value : never;

interface Schedule extends Drawn {
  isCalm: boolean;
}

const AT_REST = {
  keys: fc.constant<{ after: number; limit: number | null }[]>([]),
  faults: fc.constant<InProcessFault[]>([]),
  limits: fc.constant('applied' as const),
};

/** Fast jobs begin and end between the requests of a slow one, whose key can seem to be older. */
const races = fc
  .tuple(
    schedulesWith(calmPlans, { lag: 0, ...AT_REST }),
    fc.integer({ min: 100, max: 400 }),
    // After how many of its ways: it lists the keys after five or seven, and its POST arrives two later.
    fc.array(fc.integer({ min: 50, max: 90 }), { minLength: 1, maxLength: 2 }),
  )
  .map(([one, slow, starts]) => ({
    ...one,
    cap: 100,
    keyMode: 'job' as const,
    hasMilliseconds: false,
    lags: [],
    jobs: [0, ...starts].map((ways, at) => ({
      ...(one.jobs[at % one.jobs.length] as (typeof one.jobs)[number]),
      after: Math.round((ways * slow) / 10),
      hasCap: true,
      limit: 100,
      plan: {
        ...(one.jobs[0] as (typeof one.jobs)[number]).plan,
        latencies: [at === 0 ? slow : 10],
      },
    })),
    isCalm: true,
  }));

const schedulesOfJobs: fc.Arbitrary<Schedule> = fc.oneof(
  races,
  schedulesWith(calmPlans, { lag: CALM_LAG_MS, ...AT_REST }).map((one) => ({
    ...one,
    isCalm: true,
  })),
  schedulesWith(anyPlans, {
    lag: 8_000,
    keys: fc.array(byHand, { maxLength: 2 }),
    faults: schedules(CALLS, 4),
    limits: fc.constantFrom('applied', 'applied', 'applied', 'ignored', 'echoed'),
  }).map((one) => ({ ...one, isCalm: false })),
);

interface CappedJob extends Job {
  hasCap: boolean;
}

const isDeployment = ({ request, hasCap }: CappedJob) => hasCap && request.keyMode === 'preview';

/** A world in which jobs of one pull request run. */
interface Scene {
  schedule: Schedule;
  world: World;
  workspace: Workspace;
  jobs: CappedJob[];
  cap: Usd;
  /** What all keys had spent and could still spend that someone has. */
  exposed: { at: number; amount: Usd }[];
  /** When deployments got a key since the last one that ended well: older keys may still spend. */
  replacing: number[];
  /** Whether a deployment has ended with nothing left for its key. */
  isOverdrawn: boolean;
}

function openScene(schedule: Schedule): Scene {
  const { skew, hasMilliseconds, lags } = schedule;
  const world = openWorld({ takenSlugStatus: 400, skew, lags: [], squatter: undefined });
  const { account } = world.simulation;
  for (let count = 0; count < schedule.drawn; count += 1) account.random(1);
  account.keyLists.lag = lags.length > 0 ? 0 : undefined;
  account.keyLists.hasMilliseconds = hasMilliseconds;
  openPull(world.github, world.repository, { number: 1, branch: 'change-1' });
  const description = markOf(SUBJECT, world);
  const workspace = seedWorkspace(world.simulation, { slug: 'preview-shop-1', description });
  const scene: Scene = {
    schedule,
    world,
    workspace,
    jobs: [],
    cap: BigInt(schedule.cap) * 10n ** 28n,
    exposed: [],
    replacing: [],
    isOverdrawn: false,
  };
  watch(scene);
  return scene;
}

/** Has lists lag, has limits stay as they are, and checks the exposure whenever something was written. */
function watch(scene: Scene): void {
  const { schedule, world } = scene;
  const { account } = world.simulation;
  const { handle } = account;
  let lists = 0;
  account.handle = (request) => {
    const call = account.callOf(request.method, request.path);
    if (call === 'GET /keys' && schedule.lags.length > 0) {
      account.keyLists.lag = schedule.lags[lists % schedule.lags.length];
      lists += 1;
    }
    const { limit } = call === 'PATCH /keys/:hash' ? JSON.parse(request.body) : {};
    const isIgnored = limit !== undefined && schedule.limits !== 'applied';
    const response = handle(
      isIgnored ? { ...request, body: '{"include_byok_in_limit":false}' } : request,
    );
    if (request.method !== 'GET') checkExposure(scene);
    const { data } = (response.body ?? {}) as { data?: Key };
    if (isIgnored && schedule.limits === 'echoed' && data) Object.assign(data, { limit });
    return response;
  };
}

const RULE = { amount: 0n, withByok: false, replaced: [] };

/** What keys have spent and may still spend, by the books. */
function exposureIn({ world }: Scene, keys: readonly Key[]): Usd {
  const { account } = world.simulation;
  const now = account.now().getTime();
  const { spent, held } = totalsOf(keys.map((key) => capUseOf(withUsage(account, key), RULE, now)));
  return spent + held;
}

const keysOf = ({ world, workspace }: Scene) =>
  world.simulation.account.keys.filter(({ workspace_id }) => workspace_id === workspace.id);

/** The keys that steps with the input have given out. */
function givenOut(scene: Scene): Key[] {
  const hashes = scene.jobs.filter((job) => job.hasCap).map(({ key }) => key?.key.hash);
  return keysOf(scene).filter(({ hash }) => hashes.includes(hash));
}

/**
 * The exposure of the keys that were given out exceeds the cap only while a deployment replaces a key, or after
 * the older one has spent its part; then by one limit at most.
 */
function checkExposure(scene: Scene): void {
  const { cap, jobs, replacing, isOverdrawn, world } = scene;
  const amount = exposureIn(scene, givenOut(scene));
  const waiting = jobs.filter((job) => job.hasCap && !job.key).map(({ name }) => name);
  const unused = world.ledger.keys.filter(({ job }) => waiting.includes(job)).map(({ key }) => key);
  const all = exposureIn(
    scene,
    keysOf(scene).filter((key) => !unused.includes(key)),
  );
  scene.exposed.push({ at: world.simulation.clock.now(), amount: all });
  const deployments = jobs.filter((job) => isDeployment(job) && job.key);
  const limits = deployments.map(({ request }) => toUsd(request.key.desired.limit) ?? 0n);
  const isReplacing = replacing.length > 0 || isOverdrawn;
  const more = isReplacing ? limits.reduce(maxUsd, 0n) : 0n;
  const bound = cap + more;
  if (amount > bound) {
    expect(`exposed ${formatUsd(amount)}`).toBe(`at most ${formatUsd(bound)}`);
  }
}

async function play(scene: Scene): Promise<void> {
  const { schedule, world } = scene;
  const hands = schedule.byHand.map(async ({ after, limit }) => {
    await wait(world, after);
    seedKey(world.simulation, scene.workspace, { name: 'By hand', limit });
  });
  const running = schedule.jobs.map(async (one, at) => {
    await wait(world, one.after);
    const [, event] = pushTo(world.github, world.repository, 'change-1');
    const name = `17${String(at).padStart(3, '0')}.1`;
    const run = {
      event: 'pull_request',
      payload: event?.payload,
      pullRequest: undefined,
    };
    const base = requestOf(run, { keyMode: schedule.keyMode ?? one.keyMode, name });
    const { desired } = base.key;
    const request = {
      ...base,
      comment: false,
      cap: one.hasCap ? scene.cap : undefined,
      key: { ...base.key, desired: { ...desired, limit: one.limit / 100 } },
    };
    const job: CappedJob = { ...one, name, subject: SUBJECT, request, since: 0 };
    scene.jobs.push(job);
    await runCapped(scene, job);
  });
  await Promise.all([...hands, ...running]);
  await wait(world, LATEST_MS);
}

/** Runs a job, and notes since when and until when it may replace a key. */
async function runCapped(scene: Scene, job: CappedJob): Promise<void> {
  const { world } = scene;
  job.onKey = () => {
    if (isDeployment(job)) scene.replacing.push(world.simulation.clock.now());
    checkExposure(scene);
  };
  await runJob(world, job);
  const { key, post } = job;
  if (!isDeployment(job) || !key || !post || post.killed || post.error) return;
  // Nothing shows that the limit is not what OpenRouter returned.
  if (scene.schedule.limits === 'echoed') return;
  const { account } = world.simulation;
  const own = account.keys.find(({ hash }) => hash === key.key.hash);
  // Another deployment has just disabled it, and may replace it until its own job ends.
  if (own?.disabled) return;
  // A list that lags does not have the keys of deployments that began in the meantime.
  const seenUntil = post.startedAt - Math.max(0, ...scene.schedule.lags);
  scene.replacing = scene.replacing.filter((at) => at > seenUntil);
  const hasNothingLeft = own && Number(withUsage(account, own)['limit_remaining']) <= 0;
  scene.isOverdrawn ||= hasNothingLeft === true && exposureIn(scene, givenOut(scene)) > scene.cap;
}

// The rules.

function errorsAreOfAKnownKind({ jobs }: Scene): void {
  for (const error of jobs.flatMap(({ main, post }) => [main?.error, post?.error])) {
    if (error && !isOfAKnownKind(error)) throw error;
  }
}

/** For so long, a post step looks for a key whose response was lost, in milliseconds. */
const SEARCH_MS = 2_000;

/** Apart from what a delayed POST creates after it, and what lists do not show in time. */
function aKeyThatIsNotGivenOutEndsWithItsJob(scene: Scene): void {
  const { world, jobs, schedule } = scene;
  const isHidden = schedule.lags.some((lag) => lag > SEARCH_MS);
  for (const { name, key, post, task } of jobs) {
    if (!post || post.killed || post.metFault || post.error) continue;
    if (isHidden && task?.key?.search.lostPosts) continue;
    const left = world.ledger.keys.filter(
      (record) =>
        record.job === name &&
        record.key.hash !== key?.key.hash &&
        record.createdAt <= post.startedAt &&
        works(world, record.key),
    );
    expect({ name, left }).toEqual({ name, left: [] });
  }
}

/** Whether two jobs can see each other's keys at work, in lists that lag. */
const overlap = ({ main: one }: Job, { main: other }: Job) =>
  one &&
  other &&
  one.startedAt <= other.endedAt + CALM_LAG_MS &&
  other.startedAt <= one.endedAt + CALM_LAG_MS;

/** `job`, those that overlap it, those that overlap these, and so on: each may have given way to another. */
function rivalsOf(job: CappedJob, jobs: readonly CappedJob[]): CappedJob[] {
  let rivals = [job];
  for (let size = 0; size < rivals.length; ) {
    size = rivals.length;
    const known = rivals;
    rivals = jobs.filter((one) => known.some((rival) => overlap(one, rival)));
  }
  return rivals;
}

/** Of jobs that meet no fault and overlap, one gets a key, or others held the whole cap. */
function somebodyGetsAKey(scene: Scene): void {
  const { schedule, jobs, cap } = scene;
  if (!schedule.isCalm) return;
  for (const job of jobs.filter(({ hasCap, key }) => hasCap && !key)) {
    const [from, to] = [job.main?.startedAt ?? 0, job.main?.endedAt ?? 0];
    const before = scene.exposed.filter(({ at }) => at >= from - CALM_LAG_MS - 400 && at <= to);
    const earlier = scene.exposed.findLast(({ at }) => at <= from - CALM_LAG_MS);
    const isHeld = [...before, ...(earlier ? [earlier] : [])].some(({ amount }) => amount >= cap);
    if (rivalsOf(job, jobs).every(({ key }) => !key) && !isHeld) {
      expect({ job: job.name, error: job.main?.error }).toEqual('somebody has a key');
    }
  }
}

const RULES = [errorsAreOfAKnownKind, aKeyThatIsNotGivenOutEndsWithItsJob, somebodyGetsAKey];

/** Whatever jobs do at once, and whatever fails, the keys of a preview stay within its cap. */
export const keysStayWithinTheCap = fc.asyncProperty(schedulesOfJobs, async (schedule) => {
  const scene = openScene(schedule);
  const { clock, network } = scene.world.simulation;
  for (const { after, faults } of schedule.faults) {
    clock.after(after, () => network.schedule.push(...faults));
  }
  await clock.run(play(scene));
  checkExposure(scene);
  for (const rule of RULES) rule(scene);
});

const job = (latencies: number[], { work, spends }: Pick<JobPlan, 'work' | 'spends'>) => ({
  after: 0,
  plan: {
    latencies,
    jitter: [0],
    main: FAULTLESS,
    post: FAULTLESS,
    work,
    spends,
    status: 'success',
  },
  keyMode: 'preview' as const,
  limit: 100,
  hasCap: true,
});

/** One deployment disables the key of another shortly before the job of the other ends. */
export const replacedAtTheEnd: Schedule = {
  cap: 150,
  keyMode: 'preview',
  skew: 0,
  drawn: 29,
  hasMilliseconds: false,
  lags: [],
  jobs: [
    job([18], {
      work: 5_350,
      spends: [
        { after: 4_748, share: 0.9 },
        { after: 2_505, share: 0.9 },
      ],
    }),
    job([18, 235], { work: 3_121, spends: [{ after: 2_206, share: 0.3 }] }),
    { ...job([342], { work: 5_278, spends: [] }), after: 337, limit: 300 },
    job([396, 20], {
      work: 2_073,
      spends: [
        { after: 1_889, share: 0.9 },
        { after: 7_509, share: 0.3 },
        { after: 1_014, share: 0.9 },
      ],
    }),
  ],
  byHand: [],
  faults: [],
  limits: 'applied',
  isCalm: true,
};

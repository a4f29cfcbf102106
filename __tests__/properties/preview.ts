import { expect } from 'expect';
import fc from 'fast-check';
import { type GitHubEvent, scheduleEvent } from '../../sandbox/github/events.ts';
import {
  closePull,
  commentBy,
  deleteBranch,
  mergePull,
  openPull,
  pushTo,
  reopenPull,
} from '../../sandbox/github/people.ts';
import type { InProcessFault, Network } from '../../sandbox/http/in-process.ts';
import type { ApiResponse } from '../../sandbox/http/routing.ts';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import { seedKey } from '../../sandbox/openrouter/seed.ts';
import { type CommentData, formatMarker } from '../../src/actions/preview/comment.ts';
import type { PreviewRequest } from '../../src/actions/preview/request.ts';
import type { Subject } from '../../src/actions/preview/subject.ts';
import { toUsd } from '../../src/lib/usd.ts';
import { COUNT_MS, SETTLE_MS } from '../../src/openrouter/settlement.ts';
import {
  type Ending,
  type JobPlan,
  requestOf,
  runJob,
  spendLater,
  wait,
} from '../support/preview-simulation.ts';
import { openWorld, recordStanding, type World } from '../support/preview-world.ts';
import { falseNotFound, jitters, rarely, schedules } from '../support/some-faults.ts';
import {
  billsAreRight,
  closedHasNothing,
  countBills,
  deletesOnlyWhatIsLocked,
  errorsAreOfAKnownKind,
  FORGED_ID,
  FORGER,
  FORKED,
  isOpenNow,
  locksOnlyWhatItHasSeenClosed,
  MAX_LAG_MS,
  neverMoreThanTheCap,
  noFalseAlarm,
  noKeyInUseIsEnded,
  noKeyOfALockedWorkspaceIsGivenOut,
  noKeyOfAnEndedJobWorks,
  nothingElseIsCreated,
  nothingOfOthersIsTouched,
  openHasItsWorkspaceOrSomeoneSaysSo,
  type PlayedJob,
  previewsOf,
  type Scene,
  SUBJECTS,
  somebodyGetsAKey,
  subjectOf,
  theKeyOfTheLastDeploymentWorks,
  theLastRunIsRight,
  theNewKeyFits,
} from './preview-rules.ts';

/** After that long, every request that is delayed has arrived. */
const LATEST_MS = 60_000;
/** From one clean-up to the next: longer than the counter of an ended key may be late. */
const NIGHT_MS = COUNT_MS + 60_000;
const HOUR_MS = 3_600_000;

const OPENROUTER_CALLS = [
  'GET /workspaces/:id',
  'GET /workspaces',
  'POST /workspaces',
  'PATCH /workspaces/:id',
  'DELETE /workspaces/:id',
  'GET /keys',
  'POST /keys',
  'GET /keys/:hash',
  'PATCH /keys/:hash',
  'DELETE /keys/:hash',
];
const READ_PULL = 'GET /repos/:owner/:repo/pulls/:number';
const GITHUB_CALLS = [
  READ_PULL,
  'GET /repos/:owner/:repo/git/ref/heads/:branch*',
  'GET /repos/:owner/:repo/issues/:number/comments',
  'POST /repos/:owner/:repo/issues/:number/comments',
  'PATCH /repos/:owner/:repo/issues/comments/:id',
  'DELETE /repos/:owner/:repo/issues/comments/:id',
];

/** How late counters are mostly, and how late they were ever seen, in milliseconds. */
const MOSTLY_MS = 150_000;
const LATEST_COUNT_MS = 50 * 60_000;

const FAULTLESS: Ending = { isSent: true };

/** Also while a step waits for minutes. */
const endings: fc.Arbitrary<Ending> = fc.record({
  killedAt: rarely(fc.oneof(fc.integer({ min: 1, max: 14 }), fc.integer({ min: 1, max: 50 }))),
  isSent: fc.boolean(),
  cancelledAfter: rarely(fc.oneof(fc.nat(4_000), fc.nat(200_000)), 9),
});

const plansWith = (main: fc.Arbitrary<Ending>, post: fc.Arbitrary<Ending | undefined>) =>
  fc.record<JobPlan>({
    latencies: fc.array(
      fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 400 })),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    jitter: jitters,
    main,
    post,
    end: rarely(
      fc.tuple(main, fc.boolean()).map(([end, succeeded]) => ({ ...end, succeeded })),
      2,
    ),
    work: fc.oneof(fc.integer({ min: 2_000, max: 6_000 }), fc.nat(90_000)),
    // Most spend all at once, before their jobs end.
    spends: fc.oneof(
      { weight: 3, arbitrary: fc.nat(2_000).map((after) => [{ after, share: 1 }]) },
      {
        weight: 2,
        arbitrary: fc.array(
          fc.record({
            after: fc.oneof(fc.nat(2_000), fc.nat(60_000), fc.nat(300_000)),
            share: fc.constantFrom(0.25, 0.5, 1),
          }),
          { maxLength: 3 },
        ),
      },
    ),
    status: fc.constantFrom('success', 'success', 'success', 'failure', ''),
  });

const calm = fc.constant(FAULTLESS);
const calmPlans = plansWith(calm, calm);
const anyPlans = plansWith(
  endings,
  fc.oneof({ weight: 6, arbitrary: endings }, { weight: 1, arbitrary: fc.constant(undefined) }),
);

const jobsWith = (plans: fc.Arbitrary<JobPlan>) =>
  fc.record({
    delay: fc.oneof(fc.constant(0), fc.nat(5_000)),
    keyMode: fc.constantFrom<PreviewRequest['keyMode'][]>('job', 'job', 'preview'),
    hasCap: fc.oneof({ weight: 14, arbitrary: fc.constant(true) }, fc.constant(false)),
    /** Some keys expire before their jobs end. */
    expiresInMs: fc.oneof(
      { weight: 5, arbitrary: fc.constant(undefined) },
      fc.integer({ min: 60_000, max: 200_000 }),
    ),
    /** Whether it is about the pull request because of the input `pull-request`. */
    byInput: fc.oneof({ weight: 14, arbitrary: fc.constant(false) }, fc.constant(true)),
    plan: plans,
  });

type Run = ReturnType<typeof jobsWith> extends fc.Arbitrary<infer Value> ? Value : never;

/** What people do, and the runs that follow. */
const eventsWith = (plans: fc.Arbitrary<JobPlan>) =>
  fc.record({
    after: fc.oneof(
      fc.nat(2_000),
      fc.integer({ min: 5_000, max: 20_000 }),
      fc.nat(60_000),
      fc.nat(240_000),
      // A night in between can delete what was closed before.
      fc.nat(3 * HOUR_MS),
    ),
    subject: fc.oneof(
      { weight: 14, arbitrary: fc.constant(SUBJECTS[0] as Subject) },
      { weight: 4, arbitrary: fc.constantFrom(...SUBJECTS) },
      fc.constant(FORKED),
    ),
    what: fc.oneof(
      { weight: 6, arbitrary: fc.constant('push' as const) },
      { weight: 4, arbitrary: fc.constantFrom('open or close' as const, 'open or merge' as const) },
      { weight: 3, arbitrary: fc.constant('clean up' as const) },
      fc.constantFrom('make a key' as const, 'delete a key' as const),
    ),
    /** GitHub can lose an event. */
    runs: fc.oneof(
      { weight: 6, arbitrary: fc.array(jobsWith(plans), { minLength: 1, maxLength: 4 }) },
      fc.constant<Run[]>([]),
    ),
  });

const batchesOf = (faults: fc.Arbitrary<InProcessFault[]>) =>
  fc.array(fc.record({ after: fc.nat(300_000), faults }), { maxLength: 2 });

const usually = <Value>(usual: Value, rare: fc.Arbitrary<Value>, weight = 9) =>
  fc.oneof({ weight, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: rare });

const schedulesWith = (
  isCalm: boolean,
  plans: fc.Arbitrary<JobPlan>,
  faults: {
    ofOpenRouter: fc.Arbitrary<InProcessFault[]>;
    ofGitHub: fc.Arbitrary<InProcessFault[]>;
  },
) =>
  fc.record({
    isCalm: fc.constant(isCalm),
    /** How far the clock of OpenRouter is ahead of that of the runner, in milliseconds. */
    skew: fc.integer({ min: -1e6, max: 1e6 }),
    takenSlugStatus: fc.constantFrom(400 as const, 409 as const, 500 as const),
    squatter: rarely(
      fc.constantFrom(
        'By hand',
        'Preview of https://github.com/octo-org/shop/pull/1 (repository 999)',
      ),
      19,
    ),
    /** How old the answers of GitHub are, in turn, in milliseconds. */
    lags: usually<number[]>([], fc.array(fc.nat(MAX_LAG_MS), { minLength: 1, maxLength: 4 }), 4),
    /** How old lists of keys are, in milliseconds. */
    lag: fc.constantFrom(0, 0, 0, 700, 1_400),
    /** The most that a counter is late, in milliseconds. */
    delay: usually(0, fc.nat(LATEST_COUNT_MS)).chain((late) =>
      late > 0 ? fc.constant(late) : fc.constantFrom(0, 40_000, 100_000, 150_000),
    ),
    /** How far replicas are behind that show counters, in turn, in milliseconds: then, counters go down. */
    replicaLags: usually<number[]>([], fc.array(fc.nat(25_000), { minLength: 2, maxLength: 4 }), 4),
    /** How long a key goes on spending that has ended, in milliseconds. */
    revocationDelay: fc.constantFrom(0, 0, 25_000),
    /** How many random numbers were drawn before: hashes depend on that, and on these how late a counter is. */
    drawn: fc.nat(100),
    hasMilliseconds: fc.boolean(),
    hasUpdatedAt: usually(true, fc.constant(false)),
    hasDate: usually(true, fc.constant(false)),
    /** Whether the action is to write comments, and whether the token may. */
    comment: usually(true, fc.constant(false)),
    mayComment: usually(true, fc.constant(false)),
    /** In cents. */
    cap: fc.constantFrom(100, 100, 200, 300),
    limit: fc.constantFrom(50, 100, 100),
    events: fc.array(eventsWith(plans), { minLength: 1, maxLength: 7 }),
    faults: batchesOf(faults.ofOpenRouter),
    gitHubFaults: batchesOf(faults.ofGitHub),
  });

const none = fc.constant<InProcessFault[]>([]);
const schedulesOfPreviews = fc.oneof(
  schedulesWith(true, calmPlans, { ofOpenRouter: none, ofGitHub: none }),
  schedulesWith(false, anyPlans, {
    ofOpenRouter: schedules(OPENROUTER_CALLS, 4),
    ofGitHub: fc.oneof(
      { weight: 3, arbitrary: schedules(GITHUB_CALLS, 3) },
      { weight: 1, arbitrary: fc.array(fc.constant(falseNotFound(READ_PULL)), { maxLength: 8 }) },
    ),
  }),
);

type Schedule = typeof schedulesOfPreviews extends fc.Arbitrary<infer Value> ? Value : never;
type Event = Schedule['events'][number];

const CALM: Run = {
  delay: 0,
  keyMode: 'job',
  hasCap: true,
  expiresInMs: undefined,
  byInput: false,
  plan: {
    latencies: [10],
    jitter: [0.5],
    main: FAULTLESS,
    post: FAULTLESS,
    work: 0,
    spends: [],
    status: 'success',
  },
};

/** A scene that is still played. */
interface Play extends Scene {
  schedule: Schedule;
  /** Whether responses lack what the schedule hides. */
  isBlind: boolean;
}

const RULES = [
  errorsAreOfAKnownKind,
  neverMoreThanTheCap,
  billsAreRight,
  nothingOfOthersIsTouched,
  nothingElseIsCreated,
  deletesOnlyWhatIsLocked,
  noKeyInUseIsEnded,
  locksOnlyWhatItHasSeenClosed,
  noFalseAlarm,
  noKeyOfALockedWorkspaceIsGivenOut,
];
const RULES_BEFORE_A_CLEAN_UP = [
  noKeyOfAnEndedJobWorks,
  theKeyOfTheLastDeploymentWorks,
  somebodyGetsAKey,
  theLastRunIsRight,
];

/**
 * Whatever happens in whatever order, a preview follows its pull request or branch, what is really spent stays within
 * the cap, and each final bill is right.
 */
export const previewsKeepTheirPromises = fc.asyncProperty(schedulesOfPreviews, async (schedule) => {
  const scene = open(schedule);
  const { simulation, gitHubNetwork, lags } = scene.world;
  const { account, clock, network } = simulation;
  const cancels = [
    ...schedule.faults.map((batch) => failLater(network, batch)),
    ...schedule.gitHubFaults.map((batch) => failLater(gitHubNetwork, batch)),
  ];
  await clock.run(play(scene));
  for (const cancel of cancels) cancel();
  for (const rule of [...RULES, ...RULES_BEFORE_A_CLEAN_UP]) rule(scene);
  network.schedule.length = 0;
  gitHubNetwork.schedule.length = 0;
  lags.length = 0;
  account.keyLists.lag = undefined;
  // Without these, no one knows when a key has ended: a warning names it in each night.
  scene.isBlind = false;
  await clock.run(cleanUp(scene));
  openHasItsWorkspaceOrSomeoneSaysSo(scene);
  await clock.run(endAll(scene));
  for (const rule of [...RULES, closedHasNothing]) rule(scene);
  countBills(scene);
});

/** Returns a function that prevents it. */
const failLater = (
  { clock, schedule }: Network,
  { after, faults }: Schedule['faults'][number],
): (() => void) => clock.after(after, () => schedule.push(...faults));

function open(schedule: Schedule): Play {
  const { lag, hasMilliseconds, hasDate, hasUpdatedAt, delay, mayComment, lags } = schedule;
  const world = openWorld(schedule);
  const { account } = world.simulation;
  const { replicaLags, revocationDelay } = schedule;
  const others = revocationDelay + Math.max(0, ...replicaLags);
  // Mostly, what is spent is counted before a cap relies on that.
  const inTime = Math.min(delay, SETTLE_MS - 5_000 - others);
  const isLate = delay > MOSTLY_MS;
  Object.assign(account.counterDelay, { from: 0, to: isLate ? delay : inTime });
  world.revocationDelay = revocationDelay;
  account.replicaLags.push(...schedule.replicaLags);
  account.keyLists.lag = lag === 0 ? undefined : lag;
  account.keyLists.hasMilliseconds = hasMilliseconds;
  if (!mayComment) world.token.permissions['pull-requests'] = 'read';
  const scene: Play = {
    schedule,
    conditions: { ...schedule, isLate },
    world,
    cap: toUsd(schedule.cap / 100),
    jobs: [],
    byHand: [],
    deletedByHand: [],
    lockedAt: new Map(),
    disabledAt: new Map(),
    premature: [],
    hasLags: lags.some((ms) => ms > 0),
    isBlind: true,
  };
  watch(scene);
  if (!hasUpdatedAt) hideUpdates(scene);
  if (!hasDate) hideDate(scene);
  return scene;
}

/** Notes when what is locked, disabled or deleted. */
function watch(scene: Play): void {
  const { account, clock } = scene.world.simulation;
  const { handle } = account;
  const note = (call: string, id: string) => {
    if (call === 'PATCH /workspaces/:id' && !scene.lockedAt.has(id)) {
      const workspace = account.workspaces.find((one) => one.id === id);
      if (workspace?.slug.startsWith('locked-')) scene.lockedAt.set(id, clock.now());
    }
    if (call === 'PATCH /keys/:hash' && !scene.disabledAt.has(id)) {
      if (account.keys.find(({ hash }) => hash === id)?.disabled) {
        scene.disabledAt.set(id, clock.now());
      }
    }
  };
  account.handle = (request) => {
    const { path, method } = request;
    const call = account.callOf(method, path);
    const id = path.split('/').at(-1) ?? '';
    const key = account.keys.find(({ hash }) => hash === id);
    const isHeld = scene.jobs.some((job) => job.key?.key.hash === id);
    const response = handle(request);
    if (response.status !== 200) return response;
    note(call, id);
    const workspace = call === 'DELETE /keys/:hash' && isHeld ? key?.workspace_id : id;
    if (method === 'DELETE' && workspace && subjectOf(scene, workspace)) {
      if (!scene.lockedAt.has(workspace)) scene.premature.push({ path, workspace });
    }
    return response;
  };
}

/** Has no response have a date. */
function hideDate(scene: Play): void {
  const { account } = scene.world.simulation;
  const { headers } = account;
  account.headers = () => (scene.isBlind ? {} : headers.call(account));
}

/** Has no response tell when a key was changed. */
function hideUpdates(scene: Play): void {
  const { account } = scene.world.simulation;
  const { handle } = account;
  const without = ({ updated_at: _, ...key }: Key) => key;
  account.handle = (request): ApiResponse => {
    const response = handle(request);
    const { data, ...rest } = (response.body ?? {}) as { data?: Key | Key[] };
    if (!scene.isBlind || !request.path.startsWith('/keys') || !data) return response;
    const shown = Array.isArray(data) ? data.map(without) : without(data);
    return { ...response, body: { ...rest, data: shown } };
  };
}

async function play(scene: Play): Promise<void> {
  const { schedule, world } = scene;
  const running: Promise<void>[] = [];
  for (const event of schedule.events) {
    await wait(world, event.after);
    running.push(...happen(scene, event));
  }
  await Promise.all(running);
  await wait(world, LATEST_MS);
}

/** Does what an event of the schedule is, and returns the runs that it starts. */
function happen(scene: Play, event: Event): Promise<void>[] {
  const { world } = scene;
  const { github, repository } = world;
  const { what, subject, runs } = event;
  if (what === 'make a key') return makeKey(scene, event);
  if (what === 'delete a key') return deleteKey(scene, event);
  if (what === 'clean up') {
    const night = scheduleEvent(github, repository);
    // Two at once can both take themselves for the one that has locked: the workflow keeps them apart.
    return runs.slice(0, 1).map((run) => start(scene, { event: night, run }));
  }
  const caused = act(scene, event);
  if (!caused) return [];
  return runs.map(async (run: Run) => {
    await wait(world, run.delay);
    await start(scene, { event: caused, run, subject });
  });
}

/** A workspace of `subject` that is open. */
const openOf = (scene: Scene, subject: Subject) =>
  previewsOf(scene, subject).find(({ id }) => !scene.lockedAt.has(id));

function makeKey(scene: Play, { subject, runs: [run] }: Event): [] {
  const { simulation } = scene.world;
  const workspace = openOf(scene, subject);
  if (!workspace) return [];
  const key = seedKey(simulation, workspace, { name: 'By hand', limit: 0.3 });
  scene.byHand.push({ key, createdAt: simulation.clock.now() });
  for (const spend of run?.plan.spends ?? []) spendLater(scene.world, key, spend);
  return [];
}

/** Deletes the newest key. */
function deleteKey(scene: Play, { subject }: Event): [] {
  const { keys } = scene.world.simulation.account;
  const workspace = openOf(scene, subject);
  const at = keys.findIndex(({ workspace_id }) => workspace_id === workspace?.id);
  if (at >= 0) scene.deletedByHand.push(...keys.splice(at, 1));
  return [];
}

async function start(
  scene: Play,
  { event, run, subject }: { event: GitHubEvent; run: Run; subject?: Subject },
): Promise<void> {
  const { world, jobs, schedule, cap } = scene;
  const name = `17${String(jobs.length).padStart(3, '0')}.1`;
  const number = run.byInput && subject?.kind === 'pull' ? subject.number : undefined;
  const facts = {
    event: number === undefined ? event.name : 'workflow_dispatch',
    payload: event.payload,
    pullRequest: number,
  };
  const base = requestOf(facts, { keyMode: subject ? run.keyMode : 'none', name });
  const limit = toUsd(schedule.limit / 100);
  const request = {
    ...base,
    comment: schedule.comment,
    cap: run.hasCap ? cap : undefined,
    isSealed: run.plan.end !== undefined,
    key: {
      ...base.key,
      desired: { ...base.key.desired, limit },
      expiresInMs: run.expiresInMs ?? base.key.expiresInMs,
    },
  };
  const job: PlayedJob = {
    name,
    subject,
    request,
    plan: run.plan,
    since: 0,
    limit,
    onKey: () => theNewKeyFits(scene, job),
  };
  jobs.push(job);
  await runJob(world, job);
}

/** Does what people do, if it is possible. Returns the event of the subject. */
function act(scene: Play, { subject, what }: Pick<Event, 'subject' | 'what'>) {
  const events =
    subject.kind === 'pull'
      ? actOnPull(scene, subject, what)
      : actOnBranch(scene.world, subject, what);
  return events?.find(({ name }) => (name === 'push' ? subject.kind === 'branch' : true));
}

function actOnPull(
  { world }: Play,
  subject: Subject & { kind: 'pull' },
  what: Event['what'],
): GitHubEvent[] | undefined {
  const { github, repository, fork } = world;
  const { number } = subject;
  const from = number === FORKED.number ? fork : repository;
  const branch = `change-${number}`;
  const pull = repository.pulls.now().find((other) => other.number === number);
  if (pull && what === 'push') {
    return pull.state === 'open' ? pushTo(github, from, branch) : undefined;
  }
  recordStanding(world, subject, pull?.state !== 'open');
  if (!pull) {
    const events = openPull(github, repository, { number, branch, from });
    commentBy(github, repository, { by: FORGER, pull: number, body: `${FORGED}\nForged` });
    return events;
  }
  if (pull.state === 'closed') return reopenPull(github, repository, number);
  return what === 'open or merge'
    ? mergePull(github, repository, number)
    : closePull(github, repository, number);
}

const FORGED = formatMarker({
  workspace: FORGED_ID,
  spent: 999n,
  state: 'bill',
  isAtLeast: false,
  cap: undefined,
} satisfies CommentData);

function actOnBranch(
  world: World,
  subject: Subject & { kind: 'branch' },
  what: Event['what'],
): GitHubEvent[] {
  const { github, repository } = world;
  const { name } = subject;
  const exists = repository.branches.now().has(name);
  if (what === 'push' && exists) return pushTo(github, repository, name);
  recordStanding(world, subject, !exists);
  return exists ? deleteBranch(github, repository, name) : pushTo(github, repository, name);
}

const isAnyLeft = (scene: Scene) =>
  SUBJECTS.some((subject) => !isOpenNow(scene, subject) && previewsOf(scene, subject).length > 0);

/**
 * Runs the clean-up, until nothing of what is closed is left: the first night ends the keys, the second deletes, and one
 * more does if a job has just ended a key.
 */
async function cleanUp(scene: Play): Promise<void> {
  const { github, repository } = scene.world;
  for (let night = 1; night <= 3; night += 1) {
    await start(scene, { event: scheduleEvent(github, repository), run: CALM });
    const { main } = scene.jobs.at(-1) as PlayedJob;
    expect(main?.error).toBeUndefined();
    expect(main?.result).toMatchObject({ state: 'clean-up', failure: undefined });
    await wait(scene.world, NIGHT_MS);
    if (!isAnyLeft(scene)) return;
  }
  closedHasNothing(scene);
}

/** Runs once more what is open, closes it, and ends what is left. */
async function endAll(scene: Play): Promise<void> {
  const { squatter } = scene.schedule;
  for (const subject of SUBJECTS.filter((one) => isOpenNow(scene, one))) {
    const isTaken = squatter !== undefined && subject === SUBJECTS[0];
    const pushed = act(scene, { subject, what: 'push' }) as GitHubEvent;
    const run = { ...CALM, keyMode: 'none' as const };
    await start(scene, { event: pushed, run, subject });
    const { main, post } = scene.jobs.at(-1) as PlayedJob;
    if (!isTaken) expect(main?.error ?? post?.error).toBeUndefined();
    const open = previewsOf(scene, subject).filter(({ id }) => !scene.lockedAt.has(id));
    expect(open).toHaveLength(isTaken ? 0 : 1);
    act(scene, { subject, what: 'open or close' });
  }
  await cleanUp(scene);
}

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'expect';
import fc from 'fast-check';
import * as z from 'zod';
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
import type { Comment } from '../../sandbox/github/state.ts';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { formatMarker, hasMarker, readComment } from '../../src/actions/preview/comment.ts';
import { previewDeleted } from '../../src/actions/preview/failures.ts';
import { identify } from '../../src/actions/preview/naming.ts';
import type { Subject } from '../../src/actions/preview/subject.ts';
import { sumUsd, toUsd, type Usd } from '../../src/lib/usd.ts';
import { Failure } from '../../src/shared/failure.ts';
import { falseNotFound, rarely, schedules } from '../support/faults.ts';
import {
  type Ending,
  endings,
  isOfAKnownKind,
  type Job,
  type JobPlan,
  type Process,
  readShortComment,
  requestOf,
  runJob,
  type Sent,
  timings,
  wait,
} from '../support/preview-jobs.ts';
import {
  isPreviewOf,
  nameOf,
  openWorld,
  recordStanding,
  type World,
  works,
} from '../support/preview-world.ts';
import { knownOf } from '../support/repositories.ts';

const SUBJECTS: readonly Subject[] = [
  { kind: 'pull', number: 1 },
  { kind: 'pull', number: 2 },
  { kind: 'branch', name: 'feature/x' },
];
const FORKED = { kind: 'pull' as const, number: 3 };

/** After that long, every request that is delayed has arrived. */
const LATEST_MS = 45_000;

const CALLS = [
  'GET /workspaces/:id',
  'POST /workspaces',
  'PATCH /workspaces/:id',
  'DELETE /workspaces/:id',
  'GET /workspaces',
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
  'POST /graphql',
];

const plansWith = (...ends: Parameters<typeof timings>) =>
  fc.record<JobPlan>({
    ...timings(...ends),
    spends: fc.array(fc.record({ after: fc.nat(5_000), cents: fc.integer({ min: 1, max: 99 }) }), {
      maxLength: 2,
    }),
    status: fc.constantFrom('success', 'success', 'failure', ''),
  });

const FAULTLESS: Ending = { isSent: true };
const calm = fc.constant(FAULTLESS);
const calmPlans = plansWith(calm, calm);
const anyPlans = plansWith(endings(25));

const runsWith = (plans: fc.Arbitrary<JobPlan>) =>
  fc.record({
    delay: fc.oneof(fc.constant(0), fc.nat(2_000), fc.nat(20_000)),
    plan: plans,
    /** Whether it is about the pull request because of the input `pull-request`. */
    byInput: fc.oneof({ weight: 9, arbitrary: fc.constant(false) }, fc.boolean()),
  });

/** What people do, and the runs that it starts. */
const actionsWith = (runs: ReturnType<typeof runsWith>) =>
  fc.record({
    after: fc.oneof(fc.nat(500), fc.nat(5_000), fc.nat(15_000)),
    subject: fc.oneof(
      { weight: 3, arbitrary: fc.constant(SUBJECTS[0]) },
      fc.constantFrom(...SUBJECTS, FORKED),
    ),
    what: fc.constantFrom('open or close', 'open or close', 'open or merge', 'push'),
    runs: fc.oneof(
      { weight: 4, arbitrary: fc.array(runs, { minLength: 1, maxLength: 1 }) },
      { weight: 1, arbitrary: fc.constant([]) },
      { weight: 1, arbitrary: fc.array(runs, { maxLength: 3 }) },
    ),
  });

const batchesOf = (faults: fc.Arbitrary<InProcessFault[]>) =>
  fc.array(fc.record({ after: fc.nat(20_000), faults }), { maxLength: 2 });

const gitHubFaults = fc.oneof(
  schedules(GITHUB_CALLS, 4),
  fc.array(fc.constant(falseNotFound(READ_PULL)), { maxLength: 8 }),
);

const schedulesWith = (
  plans: fc.Arbitrary<JobPlan>,
  faults: fc.Arbitrary<InProcessFault[]>,
  faultsOfGitHub: fc.Arbitrary<InProcessFault[]>,
) =>
  fc.record({
    world: fc.record({
      takenSlugStatus: fc.constantFrom(400 as const, 409 as const, 500 as const),
      skew: fc.integer({ min: -1e6, max: 1e6 }),
      lags: fc.oneof(
        { weight: 3, arbitrary: fc.constant<number[]>([]) },
        { weight: 1, arbitrary: fc.array(fc.nat(6_000), { minLength: 1, maxLength: 4 }) },
      ),
      squatter: rarely(
        fc.constantFrom(
          'By hand',
          'Preview of https://github.com/acme/shop/pull/1 (repository 999)',
          'Preview of https://github.com/octo-org/shop/pull/1 (repository 999)',
        ),
        9,
      ),
    }),
    keyMode: fc.constantFrom('job' as const, 'job' as const, 'preview' as const, 'none' as const),
    actions: fc.array(actionsWith(runsWith(plans)), { minLength: 1, maxLength: 6 }),
    cleanUps: fc.array(fc.record({ after: fc.nat(30_000), plan: plans }), { maxLength: 2 }),
    faults: batchesOf(faults),
    gitHubFaults: batchesOf(faultsOfGitHub),
  });

const schedulesOfPreviews = fc.oneof(
  schedulesWith(calmPlans, fc.constant([]), fc.constant([])).map((one) => ({
    ...one,
    isCalm: one.world.lags.length === 0,
  })),
  schedulesWith(anyPlans, schedules(CALLS, 5), gitHubFaults).map((one) => ({
    ...one,
    isCalm: false,
  })),
);

type Schedule = typeof schedulesOfPreviews extends fc.Arbitrary<infer Value> ? Value : never;
type Action = Schedule['actions'][number];

interface Scene {
  schedule: Schedule;
  world: World;
  jobs: Job[];
}

const CALM: JobPlan = {
  latencies: [10],
  jitter: [0.5],
  main: FAULTLESS,
  post: FAULTLESS,
  work: 0,
  spends: [],
  status: 'success',
};

/** How often totals of calm schedules are lower bounds: those of closed pull requests, and of open ones. */
export const calmTotals = {
  closed: { all: 0, atLeast: 0 },
  open: { all: 0, atLeast: 0 },
};

function countTotal(scene: Scene, subject: Subject, kind: 'closed' | 'open'): void {
  const total = totalIn(scene, subject);
  if (!scene.schedule.isCalm || !total) return;
  calmTotals[kind].all += 1;
  if (!total.isComplete) calmTotals[kind].atLeast += 1;
}

/** Whatever happens in whatever order, no preview outlives its pull request, and none is missing unnoticed. */
export const previewsFollowTheirSubjects = fc.asyncProperty(
  schedulesOfPreviews,
  async (schedule) => {
    const world = openWorld(schedule.world);
    const { simulation, gitHubNetwork } = world;
    const scene: Scene = { schedule, world, jobs: [] };
    for (const { after, faults } of schedule.faults) {
      simulation.clock.after(after, () => simulation.network.schedule.push(...faults));
    }
    for (const { after, faults } of schedule.gitHubFaults) {
      simulation.clock.after(after, () => gitHubNetwork.schedule.push(...faults));
    }
    await simulation.clock.run(playAll(scene));
    simulation.network.schedule.length = 0;
    gitHubNetwork.schedule.length = 0;
    world.lags.length = 0;
    for (const rule of RULES) rule(scene);
    const last = await simulation.clock.run(cleanUpLast(scene));
    expect(last.main?.error).toBeUndefined();
    expect(last.main?.result).toMatchObject({ state: 'clean-up', failure: undefined });
    for (const rule of LAST_RULES) rule(scene);
    for (const subject of SUBJECTS) {
      if (!isOpenNow(scene, subject)) countTotal(scene, subject, 'closed');
      await commentIsRightAfterOneMoreRun(scene, subject);
    }
  },
);

async function playAll(scene: Scene): Promise<void> {
  const { schedule, world } = scene;
  const cleanUps = schedule.cleanUps.map(async ({ after, plan }) => {
    await wait(world, after);
    await start(scene, { event: scheduleEvent(world.github, world.repository), plan });
  });
  await Promise.all([playPeople(scene), ...cleanUps]);
  await wait(world, LATEST_MS);
}

async function playPeople(scene: Scene): Promise<void> {
  const { schedule, world } = scene;
  const started: Promise<void>[] = [];
  for (const action of schedule.actions) {
    await wait(world, action.after);
    const event = act(world, action);
    for (const { delay, plan, byInput } of event ? action.runs : []) {
      const { subject } = action;
      started.push(
        wait(world, delay).then(() =>
          start(scene, { event: event as GitHubEvent, plan, subject: subject as Subject, byInput }),
        ),
      );
    }
  }
  await Promise.all(started);
}

async function start(
  scene: Scene,
  {
    event,
    plan,
    subject,
    byInput = false,
  }: { event: GitHubEvent; plan: JobPlan; subject?: Subject; byInput?: boolean },
): Promise<void> {
  const { world, jobs, schedule } = scene;
  const name = `17${String(jobs.length).padStart(3, '0')}.1`;
  const isInput = byInput && subject?.kind === 'pull';
  const run = {
    event: isInput ? 'workflow_dispatch' : event.name,
    payload: event.payload,
    pullRequest: isInput ? subject.number : undefined,
  };
  const request = requestOf(run, { keyMode: schedule.keyMode, name });
  const since = isInput ? 0 : updatedAt(event);
  const job: Job = { name, subject, request, plan, since };
  jobs.push(job);
  await runJob(world, job);
}

const pullEvent = z.object({ pull_request: z.object({ updated_at: z.string() }) });

function updatedAt({ payload }: GitHubEvent): number {
  const { data } = pullEvent.safeParse(payload);
  return data ? Date.parse(data.pull_request.updated_at) : 0;
}

/** Does what people do, if it is possible. Returns the event of the subject. */
function act(world: World, { subject, what }: Action): GitHubEvent | undefined {
  if (!subject) return undefined;
  const events =
    subject.kind === 'pull' ? actOnPull(world, subject, what) : actOnBranch(world, subject, what);
  return events?.find(({ name }) => (name === 'push' ? subject.kind === 'branch' : true));
}

function actOnPull(
  world: World,
  subject: Subject & { kind: 'pull' },
  what: Action['what'],
): GitHubEvent[] | undefined {
  const { github, repository, fork } = world;
  const { number } = subject;
  const from = number === FORKED.number ? fork : repository;
  const branch = `change-${number}`;
  const pull = repository.pulls.now().find((other) => other.number === number);
  if (what === 'push') return pull?.state === 'open' ? pushTo(github, from, branch) : undefined;
  recordStanding(world, subject, pull?.state !== 'open');
  if (!pull) {
    const events = openPull(github, repository, { number, branch, from });
    commentBy(github, repository, { by: FORGER, pull: number, body: FORGED_BODY });
    return events;
  }
  if (pull.state === 'closed') return reopenPull(github, repository, number);
  return what === 'open or merge'
    ? mergePull(github, repository, number)
    : closePull(github, repository, number);
}

const FORGED = {
  isCut: false,
  workspaces: {
    '3fa85f64-5717-4562-b3fc-2c963f66afa6': {
      slug: 'preview-shop-1',
      deletion: null,
      cap: null,
      keys: { '0123456789': '999' },
      jobs: [],
    },
  },
};

const FORGER = 'mallory';
const FORGED_BODY = `${formatMarker(FORGED)}\nForged`;
const isForged = ({ author }: Comment) => author.login === FORGER;

function actOnBranch(
  world: World,
  subject: Subject & { kind: 'branch' },
  what: Action['what'],
): GitHubEvent[] | undefined {
  const { github, repository } = world;
  const { name } = subject;
  const exists = repository.branches.now().has(name);
  if (what === 'push') return exists ? pushTo(github, repository, name) : undefined;
  recordStanding(world, subject, !exists);
  return exists ? deleteBranch(github, repository, name) : pushTo(github, repository, name);
}

async function cleanUpLast(scene: Scene): Promise<Job> {
  const { github, repository } = scene.world;
  await start(scene, { event: scheduleEvent(github, repository), plan: CALM });
  return scene.jobs.at(-1) as Job;
}

// What happened, in the words of the rules.

const standingsOf = ({ world }: Scene, subject: Subject) =>
  world.ledger.standings.get(nameOf(subject)) ?? [];

const isOpenNow = (scene: Scene, subject: Subject) =>
  standingsOf(scene, subject).at(-1)?.isOpen === true;

const lastChange = (scene: Scene, subject: Subject) => standingsOf(scene, subject).at(-1)?.at ?? 0;

function wasClosed(scene: Scene, subject: Subject, { from, to }: { from: number; to: number }) {
  const all = standingsOf(scene, subject);
  return all.some(
    ({ at, isOpen }, index) =>
      !isOpen && at <= to && (all[index + 1]?.at ?? Number.POSITIVE_INFINITY) >= from,
  );
}

const previewsOf = ({ world }: Scene, subject: Subject): Workspace[] =>
  world.simulation.account.workspaces.filter((workspace) => isPreviewOf(workspace, subject, world));

const jobsOf = ({ jobs }: Scene, subject: Subject) =>
  jobs.filter((job) => job.subject && nameOf(job.subject) === nameOf(subject));

const processesOf = ({ main, post }: Job): Process<unknown>[] =>
  [main, post].filter((it) => it !== undefined);

const hasLags = ({ schedule }: Scene) => schedule.world.lags.some((lag) => lag > 0);

const subjectOf = (scene: Scene, workspaceId: string | undefined): Subject | undefined => {
  const workspace = scene.world.ledger.workspaces.get(workspaceId ?? '');
  return workspace && SUBJECTS.find((subject) => isPreviewOf(workspace, subject, scene.world));
};

const slugOf = ({ world }: Scene, subject: Subject) =>
  identify(subject, knownOf(world.github, world.repository), undefined).slug;

// The rules.

function errorsAreOfAKnownKind({ jobs }: Scene): void {
  const errors = jobs.flatMap(processesOf).flatMap(({ error }) => (error ? [error] : []));
  for (const error of errors) {
    if (!isOfAKnownKind(error)) throw error;
  }
}

function nothingOfOthersIsTouched({ world }: Scene): void {
  const { account } = world.simulation;
  const now = world.foreign.map(({ workspace: { id } }) => ({
    workspace: account.workspaces.find((workspace) => workspace.id === id),
    keys: account.keys.filter((key) => key.workspace_id === id),
  }));
  if (!isDeepStrictEqual(now, world.foreign)) expect(now).toEqual(world.foreign);
  const byOthers = world.repository.comments.now().filter(isForged);
  expect(byOthers.filter(({ body }) => body !== FORGED_BODY)).toEqual([]);
}

/** Only for a subject, which a pull request from a fork is not. */
function nothingElseIsCreated(scene: Scene): void {
  const { ledger, repository } = scene.world;
  const ids = [
    ...ledger.workspaces.keys(),
    ...ledger.keys.map(({ key: { workspace_id } }) => workspace_id),
  ];
  expect(ids.filter((id) => !subjectOf(scene, id))).toEqual([]);
  const comments = repository.comments.now().filter(({ pull }) => pull === FORKED.number);
  expect(comments.filter((comment) => !isForged(comment))).toEqual([]);
}

/** What a request ends, if that is a workspace, or a key that the job has not created. */
function targetOf(scene: Scene, job: Job, { method, path }: Sent): Subject | undefined {
  const replaces =
    method === 'PATCH' && scene.schedule.keyMode === 'job' && path.startsWith('/keys');
  if (method !== 'DELETE' && !replaces) return undefined;
  const id = path.split('/').at(-1) ?? '';
  if (path.startsWith('/workspaces')) return subjectOf(scene, id);
  const record = scene.world.ledger.keys.find(({ key }) => key.hash === id);
  return record && record.job !== job.name ? subjectOf(scene, record.key.workspace_id) : undefined;
}

const asksFor = ({ path }: Sent, subject: Subject) =>
  subject.kind === 'pull' ? path.endsWith(`/pulls/${subject.number}`) : path.includes('/git/');

/** Whether a request creates something for `subject`. A clean-up also comments on others meanwhile. */
const writesFor = ({ method, path }: Sent, subject: Subject) =>
  method === 'POST' &&
  (path === '/keys' ||
    path === '/workspaces' ||
    (subject.kind === 'pull' && path.endsWith(`/issues/${subject.number}/comments`)));

/** What a process sent before it ended something, and which look it relied on. */
interface Deletion {
  request: Sent;
  target: Subject;
  look: Sent | undefined;
  between: readonly Sent[];
  /** How new the newest state was that the job knew, in milliseconds since 1970. */
  newest: number;
}

function deletionsOf(scene: Scene, job: Job): Deletion[] {
  const firstLook = job.main?.sent.find(({ look }) => look)?.look?.updatedAt ?? 0;
  const since = Math.max(job.since, job.subject ? firstLook : 0);
  return processesOf(job).flatMap(({ sent }) =>
    sent.flatMap((request, at) => {
      const target = targetOf(scene, job, request);
      if (!target) return [];
      const looks = sent.slice(0, at).filter((other) => other.look && asksFor(other, target));
      const look = looks.at(-1);
      const between = look ? sent.slice(sent.indexOf(look) + 1, at) : [];
      const known = looks.map((other) => other.look?.updatedAt ?? 0);
      return [{ request, target, look, between, newest: Math.max(since, ...known) }];
    }),
  );
}

/** A deletion follows a look that says closed, with nothing in between but what to delete. */
function deletesOnlyWhatItHasSeenClosed(scene: Scene): void {
  for (const { request, target, look, between, newest } of scene.jobs.flatMap((job) =>
    deletionsOf(scene, job),
  )) {
    expect(look?.look).toMatchObject({ isOpen: false });
    expect(look?.look?.updatedAt ?? newest).toBeGreaterThanOrEqual(newest);
    const slug = slugOf(scene, target);
    const others = between.filter(
      (other) => writesFor(other, target) || other.path.endsWith(`/workspaces/${slug}`),
    );
    expect(others).toEqual([]);
    const period = { from: look?.at ?? 0, to: request.at };
    expect(hasLags(scene) || wasClosed(scene, target, period)).toBe(true);
  }
}

/** Whoever says that the workspace of an open one is gone has looked since, and has not deleted it. */
function noFalseAlarm({ jobs }: Scene): void {
  for (const { main, post } of jobs) {
    if (!(post?.error instanceof Failure) || !post.error.is(previewDeleted)) continue;
    expect(post.sent.at(-1)?.look).toMatchObject({ isOpen: true });
    expect(main?.result?.state).not.toBe('closed');
  }
}

/** Whether something happened after which only a clean-up can put right what is left. */
function isDisturbed(scene: Scene, subject: Subject): boolean {
  const processes = jobsOf(scene, subject).flatMap(processesOf);
  const failed = processes.some(({ error, killed, metFault }) => error || killed || metFault);
  const unfinished = jobsOf(scene, subject).some(({ plan }) => !plan.post);
  return failed || unfinished || hasLags(scene);
}

/** Without a clean-up. */
function theLastRunIsRight(scene: Scene): void {
  for (const subject of SUBJECTS) {
    if (isOpenNow(scene, subject) || isDisturbed(scene, subject)) continue;
    const since = lastChange(scene, subject);
    const isNoticed = jobsOf(scene, subject)
      .flatMap(processesOf)
      .some(({ startedAt }) => startedAt >= since);
    if (isNoticed) expect(previewsOf(scene, subject)).toEqual([]);
  }
}

/** A request that arrives after the post step can still create a key, whose secret no one has. */
const mayArriveLate = ({ schedule }: Scene, { key: handedOver }: Job, hash: string) =>
  schedule.faults.some(({ faults }) => faults.some(({ kind }) => kind === 'late')) &&
  handedOver?.key.hash !== hash;

function noKeyOfAnEndedJobWorks(scene: Scene): void {
  const { schedule, world, jobs } = scene;
  if (schedule.keyMode !== 'job') return;
  for (const job of jobs) {
    const { name, post } = job;
    if (!post || post.killed || post.metFault) continue;
    const left = world.ledger.keys
      .filter(({ job: owner, key }) => owner === name && works(world, key))
      .filter(({ key }) => !mayArriveLate(scene, job, key.hash));
    expect({ name, left }).toEqual({ name, left: [] });
  }
}

/** Whether the steps of a job before the post step succeeded: what it deploys has its key. */
function hasDeployed({ main, post, plan }: Job): boolean {
  return plan.status === 'success' && main?.result !== undefined && post !== undefined;
}

/** Whether a deletion that began while `subject` was closed did not come to its end. */
function hasBrokenDeletion(scene: Scene, subject: Subject): boolean {
  return scene.jobs.flatMap(processesOf).some((process) => {
    const { sent, killed, endedAt } = process;
    const sawClosed = sent.some((one) => one.look?.isOpen === false && asksFor(one, subject));
    const isBroken = killed || hasNamed(scene, process, subject);
    return sawClosed && isBroken && endedAt >= lastChange(scene, subject);
  });
}

function theKeyOfTheLastSuccessfulJobWorks(scene: Scene): void {
  if (scene.schedule.keyMode !== 'preview') return;
  for (const subject of SUBJECTS.filter((one) => isOpenNow(scene, one))) {
    const existing = previewsOf(scene, subject).map(({ id }) => id);
    const deployed = jobsOf(scene, subject).filter(hasDeployed);
    const hashes = deployed.flatMap(({ key }) => key?.key.hash ?? []);
    const last = scene.world.ledger.keys.findLast(
      ({ key }) => existing.includes(key.workspace_id) && hashes.includes(key.hash),
    );
    if (!last || last.createdAt < lastChange(scene, subject)) continue;
    if (hasBrokenDeletion(scene, subject)) continue;
    expect({ last, works: works(scene.world, last.key) }).toMatchObject({ works: true });
  }
}

const RULES = [theLastRunIsRight, noKeyOfAnEndedJobWorks, theKeyOfTheLastSuccessfulJobWorks];

function closedHasNothing(scene: Scene): void {
  const { account } = scene.world.simulation;
  for (const subject of SUBJECTS) {
    if (isOpenNow(scene, subject)) continue;
    expect(previewsOf(scene, subject)).toEqual([]);
    const left = account.keys.filter(({ workspace_id }) => {
      const owner = subjectOf(scene, workspace_id);
      return owner && nameOf(owner) === nameOf(subject);
    });
    expect(left).toEqual([]);
  }
}

const withBigInts = (_: string, value: unknown) =>
  typeof value === 'bigint' ? String(value) : value;

/** Whether a process failed, and its error or its log names the workspace of `subject`. */
function hasNamed(scene: Scene, process: Process<unknown>, subject: Subject): boolean {
  const { error, result, lines } = process;
  const failure = error ?? (result as { failure?: unknown } | undefined)?.failure;
  if (!failure) return false;
  const slug = slugOf(scene, subject);
  const details = failure instanceof Failure ? JSON.stringify(failure.details, withBigInts) : '';
  return (
    details.includes(`"${slug}"`) || lines.some((line) => line.includes(` workspace ${slug},`))
  );
}

/** Whether a job died between a deletion and the look after it, with no step left to look. */
function diedDeleting(scene: Scene, { main, post }: Job, subject: Subject): boolean {
  const last = post ?? main;
  const ends = (process: Process<unknown>) =>
    process.sent.some(({ method, path }) => {
      const id = path.replace('/workspaces/', '');
      return method === 'DELETE' && subjectOf(scene, id) === subject;
    });
  return last?.killed === true && [main, post].some((it) => it && ends(it));
}

/** Whether a run may have met an outdated response unnoticed: its event does not tell when `subject` changed. */
function mayBeMisled(scene: Scene, subject: Subject): boolean {
  return hasLags(scene) && jobsOf(scene, subject).some(({ since }) => since === 0);
}

function openHasItsWorkspaceOrSomeoneSaysSo(scene: Scene): void {
  for (const subject of SUBJECTS) {
    if (!isOpenNow(scene, subject) || previewsOf(scene, subject).length > 0) continue;
    const since = lastChange(scene, subject);
    const gotThatFar = jobsOf(scene, subject).filter(
      ({ main }) =>
        main?.result?.state === 'open' &&
        main.result.opened?.result.workspace &&
        main.sent.some(({ at, look }) => look?.isOpen && at >= since),
    );
    const named = scene.jobs
      .flatMap(processesOf)
      .some((it) => it.endedAt >= since && hasNamed(scene, it, subject));
    const misled = mayBeMisled(scene, subject);
    const isUnnoticed = scene.jobs.some((job) => diedDeleting(scene, job, subject));
    if (!misled && !named && !isUnnoticed) expect(gotThatFar.map(({ name }) => name)).toEqual([]);
  }
}

/** What all keys of `subject` have spent, by the books. */
function spentOf(scene: Scene, subject: Subject): Usd {
  const { spends } = scene.world.simulation.account;
  const own = spends.filter(({ workspace_id }) => {
    const owner = subjectOf(scene, workspace_id);
    return owner && nameOf(owner) === nameOf(subject);
  });
  return sumUsd(own.map(({ credits }) => toUsd(credits / 1e9) ?? 0n));
}

/** The comments about `subject` that are not by others, the oldest first. */
function commentsOf({ world }: Scene, subject: Subject): Comment[] {
  const isOwn = ({ pull, body, author }: Comment) =>
    subject.kind === 'pull' &&
    pull === subject.number &&
    hasMarker(body) &&
    author.login === world.token.user.login;
  return world.repository.comments.now().filter(isOwn);
}

function totalIn(scene: Scene, subject: Subject) {
  const [oldest] = commentsOf(scene, subject);
  return oldest && readShortComment(oldest.body);
}

/** What all jobs have spent, as the comment remembers it. */
function spentByJobs(scene: Scene, subject: Subject): Usd {
  const [oldest] = commentsOf(scene, subject);
  const { workspaces = {} } = readComment(oldest?.body ?? '') ?? {};
  const jobs = Object.values(workspaces).flatMap((one) => one.jobs);
  return sumUsd(jobs.map(([, usd]) => toUsd(usd) ?? 0n));
}

const mayBeOutOfDate = ({ lines }: Process<unknown>) =>
  lines.some((line) => line.includes('comment of the preview may be out of date'));

/** Whether a write of a comment can be held back across a whole deletion, and bring back the text from before it. */
function mayHoldBackComments({ schedule }: Scene): boolean {
  const all = schedule.gitHubFaults.flatMap(({ faults }) => faults);
  return all.some(({ kind, on }) => kind === 'late' && on?.includes('/comments'));
}

function totalIsRight(scene: Scene, subject: Subject): void {
  const total = totalIn(scene, subject);
  if (!total) return;
  const { amount, isComplete } = total;
  const spent = spentOf(scene, subject);
  expect(amount <= spent).toBe(true);
  expect(spentByJobs(scene, subject) <= spent).toBe(true);
  if (!isComplete || scene.jobs.flatMap(processesOf).some(mayBeOutOfDate)) return;
  if (!isOpenNow(scene, subject) && mayHoldBackComments(scene)) return;
  expect({ subject, amount }).toEqual({ subject, amount: spent });
}

function theTotalOfAClosedOneIsRight(scene: Scene): void {
  for (const subject of SUBJECTS) {
    if (!isOpenNow(scene, subject)) totalIsRight(scene, subject);
  }
}

const LAST_RULES = [
  errorsAreOfAKnownKind,
  nothingOfOthersIsTouched,
  nothingElseIsCreated,
  deletesOnlyWhatItHasSeenClosed,
  noFalseAlarm,
  closedHasNothing,
  openHasItsWorkspaceOrSomeoneSaysSo,
  theTotalOfAClosedOneIsRight,
];

/** A run that meets no fault. */
async function commentIsRightAfterOneMoreRun(scene: Scene, subject: Subject): Promise<void> {
  const { world, schedule } = scene;
  if (!isOpenNow(scene, subject) || schedule.world.squatter !== undefined) return;
  const { clock } = world.simulation;
  const event = act(world, { subject, what: 'push', after: 0, runs: [] }) as GitHubEvent;
  await clock.run(start(scene, { event, plan: CALM, subject }));
  const { main, post } = scene.jobs.at(-1) as Job;
  expect(main?.error ?? post?.error).toBeUndefined();
  expect(previewsOf(scene, subject)).toHaveLength(1);
  const comments = subject.kind === 'pull' && schedule.keyMode !== 'none' ? 1 : 0;
  expect(commentsOf(scene, subject)).toHaveLength(comments);
  countTotal(scene, subject, 'open');
  totalIsRight(scene, subject);
}

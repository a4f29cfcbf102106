/** What holds for previews, whatever happens in whatever order, by the books of OpenRouter and GitHub. */

import { isDeepStrictEqual } from 'node:util';
import { expect } from 'expect';
import type { Comment } from '../../sandbox/github/state.ts';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { type CommentData, readComment } from '../../src/actions/preview/comment.ts';
import { previewLimitReached, previewReopened } from '../../src/actions/preview/failures.ts';
import { identify, isSame, readMark } from '../../src/actions/preview/naming.ts';
import type { Subject } from '../../src/actions/preview/subject.ts';
import { formatExactUsd } from '../../src/lib/format-usd.ts';
import { toJson } from '../../src/lib/json.ts';
import { maxUsd, sumUsd, toUsd, type Usd } from '../../src/lib/usd.ts';
import { SETTLE_MS } from '../../src/openrouter/settlement.ts';
import { Failure } from '../../src/shared/failure.ts';
import { knownOf } from '../support/known-repositories.ts';
import {
  haveUsersSucceeded,
  isLeftToEndKey,
  isOfAKnownKind,
  type Job,
  type Process,
  type Sent,
} from '../support/preview-simulation.ts';
import { nameOf, type World, works } from '../support/preview-world.ts';

export const SUBJECTS: readonly Subject[] = [
  { kind: 'pull', number: 1 },
  { kind: 'pull', number: 2 },
  { kind: 'branch', name: 'feature/x' },
];
export const FORKED: Subject & { kind: 'pull' } = { kind: 'pull', number: 3 };

/** Who writes comments that look like those of a preview. */
export const FORGER = 'mallory';
export const FORGED_ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';

/** How a world is, as far as rules depend on it. */
export interface Conditions {
  /** Whether nothing fails, and no process is killed or cancelled. */
  isCalm: boolean;
  /** Of lists of keys, in milliseconds. */
  lag: number;
  comment: boolean;
  hasUpdatedAt: boolean;
  hasDate: boolean;
  /** Whether counters can be later than a cap allows for. */
  isLate: boolean;
  squatter: string | undefined;
}

export interface PlayedJob extends Job {
  /** What its key may spend, in USD. */
  limit: Usd;
}

/** A key that a person made. */
export interface HandKey {
  key: Key;
  createdAt: number;
}

/** What happened in a world, for the rules. */
export interface Scene {
  conditions: Conditions;
  world: World;
  cap: Usd;
  jobs: PlayedJob[];
  byHand: HandKey[];
  /** The keys that a person deleted. */
  deletedByHand: Key[];
  /** When each workspace was locked, by its id. */
  lockedAt: Map<string, number>;
  /** When each key was disabled, by its hash. */
  disabledAt: Map<string, number>;
  /** The deletions of what was in use: the call, and the workspace. */
  premature: { path: string; workspace: string }[];
  /** Whether GitHub can have shown an older state. */
  hasLags: boolean;
}

// What happened, in the words of the rules.

export const processesOf = ({ main, post, end }: Job): Process<unknown>[] =>
  [main, post, end].filter((it) => it !== undefined);

const jobsOf = ({ jobs }: Scene, subject: Subject) =>
  jobs.filter((job) => job.subject && isSame(job.subject, subject));

const standingsOf = ({ world }: Scene, subject: Subject) =>
  world.ledger.standings.get(nameOf(subject)) ?? [];

export const isOpenNow = (scene: Scene, subject: Subject) =>
  standingsOf(scene, subject).at(-1)?.isOpen === true;

const lastChange = (scene: Scene, subject: Subject) => standingsOf(scene, subject).at(-1)?.at ?? 0;

/** Whether `subject` was open, or closed, at some moment of a period. */
function was(
  state: 'open' | 'closed',
  scene: Scene,
  { subject, from, to }: { subject: Subject; from: number; to: number },
): boolean {
  const all = standingsOf(scene, subject);
  return all.some(
    ({ at, isOpen }, index) =>
      isOpen === (state === 'open') &&
      at <= to &&
      (all[index + 1]?.at ?? Number.POSITIVE_INFINITY) >= from,
  );
}

/** What a workspace is a preview of. */
export function subjectOf({ world }: Pick<Scene, 'world'>, id: string): Subject | undefined {
  const workspace = world.ledger.workspaces.get(id);
  const known = knownOf(world.github, world.repository);
  const mark = readMark(workspace?.['description'], known);
  return mark && SUBJECTS.find((subject) => isSame(subject, mark.subject));
}

/** The workspaces of a preview that exist, also those that are locked. */
export function previewsOf(scene: Scene, subject: Subject): Workspace[] {
  return scene.world.simulation.account.workspaces.filter(
    ({ id }) => subjectOf(scene, id) === subject,
  );
}

const isLocked = ({ lockedAt }: Scene, id: string) => lockedAt.has(id);

/** What a key has spent, in USD. */
function spentBy({ world }: Scene, { hash }: Pick<Key, 'hash'>): Usd {
  const own = world.simulation.account.spends.filter(({ key_hash }) => key_hash === hash);
  return sumUsd(own.map(({ credits }) => BigInt(credits)));
}

const limitOf = ({ limit }: Key): Usd => toUsd(Number(limit ?? 0));

/** The data of the comments that are not by others. */
function dataIn({ world }: Scene): CommentData[] {
  const own = world.repository.comments.now().filter((comment) => !isForged(comment));
  return own.flatMap(({ body }) => readComment(body) ?? []);
}

const isForged = ({ author }: Comment) => author.login === FORGER;

// Money.

/** The key that a job with the cap gave out. */
const cappedKeyOf = ({ key, request }: Job) => (request.cap === undefined ? undefined : key?.key);

/** What the keys of jobs with the cap have really spent in each workspace. A deleted key is forgotten. */
export function neverMoreThanTheCap(scene: Scene): void {
  const { cap, jobs, deletedByHand, conditions } = scene;
  if (conditions.isLate) return;
  const spent = new Map<string, Usd>();
  for (const key of jobs.flatMap((job) => cappedKeyOf(job) ?? [])) {
    if (deletedByHand.some(({ hash }) => hash === key.hash)) continue;
    const sum = (spent.get(key.workspace_id) ?? 0n) + spentBy(scene, key);
    spent.set(key.workspace_id, sum);
  }
  for (const [workspace, amount] of spent) {
    if (amount > cap) {
      expect(`${workspace}: ${formatExactUsd(amount)}`).toBe(`at most ${formatExactUsd(cap)}`);
    }
  }
}

/** When a key is given out, all that its job can have seen is within the cap together with it. */
export function theNewKeyFits(scene: Scene, job: PlayedJob): void {
  const { world, cap, jobs, byHand, conditions } = scene;
  const own = cappedKeyOf(job);
  if (!own || conditions.isLate) return;
  const listed = job.main?.sent.findLast(({ call }) => call === 'GET /keys')?.at ?? 0;
  const since = listed - conditions.lag;
  const uncapped = jobs.filter(({ request, key }) => key && request.cap === undefined);
  const hashes = uncapped.map(({ key }) => key?.key.hash);
  const others = [...world.ledger.keys.filter(({ key }) => hashes.includes(key.hash)), ...byHand];
  const counted = [
    ...jobs.flatMap((one) => cappedKeyOf(one) ?? []),
    ...others.filter(({ createdAt }) => createdAt < since).map(({ key }) => key),
  ].map(({ hash }) => hash);
  const keys = world.simulation.account.keys.filter(
    (key) => key.workspace_id === own.workspace_id && counted.includes(key.hash),
  );
  const amount = sumUsd(
    keys.map((key) =>
      works(world, key) ? maxUsd(limitOf(key), spentBy(scene, key)) : spentBy(scene, key),
    ),
  );
  if (amount > cap) {
    expect(`${job.name}: ${formatExactUsd(amount)}`).toBe(`at most ${formatExactUsd(cap)}`);
  }
}

/** A key that was created after its workspace was locked may miss in the bill. */
export function noKeyOfALockedWorkspaceIsGivenOut({ world, jobs, lockedAt }: Scene): void {
  const hashes = jobs.flatMap(({ key }) => key?.key.hash ?? []);
  const late = world.ledger.keys.filter(
    ({ key, createdAt }) =>
      hashes.includes(key.hash) &&
      createdAt > (lockedAt.get(key.workspace_id) ?? Number.POSITIVE_INFINITY),
  );
  expect(late).toEqual([]);
}

/** Whether a comment says what was spent in the end, and not at least how much. */
const isExact = ({ state, isAtLeast }: CommentData) => state === 'bill' && !isAtLeast;

/** An exact amount is what was really spent; any other is at most that. */
export function billsAreRight(scene: Scene): void {
  const { world, deletedByHand } = scene;
  for (const data of dataIn(scene)) {
    const { account } = world.simulation;
    const own = account.spends.filter(({ workspace_id }) => workspace_id === data.workspace);
    const spent = sumUsd(own.map(({ credits }) => BigInt(credits)));
    const lost = deletedByHand.filter(({ workspace_id }) => workspace_id === data.workspace);
    const atLeast = isExact(data) ? spent - sumUsd(lost.map((key) => spentBy(scene, key))) : 0n;
    if (data.spent > spent || data.spent < atLeast) {
      expect({ ...data, spent: formatExactUsd(data.spent) }).toEqual({
        really: formatExactUsd(spent),
      });
    }
  }
}

/** The bills of calm schedules in which no key was deleted by hand, and how many of them are final and exact. */
export const calmBills = { all: 0, exact: 0 };

export function countBills(scene: Scene): void {
  const { conditions, deletedByHand } = scene;
  if (!conditions.isCalm || deletedByHand.length > 0) return;
  const data = dataIn(scene);
  calmBills.all += data.length;
  calmBills.exact += data.filter(isExact).length;
}

/** For so long, a list shows a key that gives way, in milliseconds. */
const RACE_MS = 10_000;

const overlap = ({ main: one }: Job, { main: other }: Job) =>
  one !== undefined &&
  other !== undefined &&
  one.startedAt <= other.endedAt + RACE_MS &&
  other.startedAt <= one.endedAt + RACE_MS;

/** `job`, those that overlap it, those that overlap these, and so on: each may have given way to another. */
function rivalsOf(job: PlayedJob, jobs: readonly PlayedJob[]): PlayedJob[] {
  let rivals = [job];
  for (let size = 0; size < rivals.length; ) {
    size = rivals.length;
    const known = rivals;
    rivals = jobs.filter((one) => known.some((rival) => overlap(one, rival)));
  }
  return rivals;
}

/**
 * A job has no key only if the keys of others hold what it needs, if it has waited long enough for it, or if the
 * preview was closed meanwhile.
 */
export function somebodyGetsAKey(scene: Scene): void {
  const { conditions, cap, jobs } = scene;
  if (!conditions.isCalm || !conditions.hasDate) return;
  for (const job of jobs) {
    const { name, limit, main, subject } = job;
    if (!main || !(main.error instanceof Failure && main.error.is(previewLimitReached))) continue;
    const workspace = workspaceIn(main);
    const { startedAt, endedAt } = main;
    const to = endOfRivals(scene, job);
    if (subject && was('closed', scene, { subject, from: startedAt, to })) continue;
    const waited = endedAt - startedAt > SETTLE_MS ? SETTLE_MS : 0;
    const since = endedAt - conditions.lag - RACE_MS - waited;
    const held = keysThatMayHold(scene, job)
      .filter((key) => key.workspace_id === workspace)
      .map((key) => {
        const isHeld = endOf(scene, key) > since;
        return isHeld ? maxUsd(limitOf(key), spentBy(scene, key)) : spentBy(scene, key);
      });
    const amount = sumUsd(held);
    if (amount + limit <= cap) expect({ name, amount: formatExactUsd(amount) }).toBe('held');
  }
}

/** When the last of the rivals had its key, or had failed. */
function endOfRivals({ jobs }: Scene, job: PlayedJob): number {
  return Math.max(...rivalsOf(job, jobs).map(({ main }) => main?.endedAt ?? 0));
}

/** The keys that someone got before `job` failed, those that its rivals got then, and what people made meanwhile. */
function keysThatMayHold(scene: Scene, job: PlayedJob): Key[] {
  const { world, jobs, byHand } = scene;
  const rivals = rivalsOf(job, jobs);
  const latest = job.main?.endedAt ?? 0;
  const mayHold = (owner: PlayedJob, createdAt: number) =>
    createdAt <= latest || rivals.includes(owner);
  const got = world.ledger.keys.filter(({ key, createdAt }) =>
    jobs.some((one) => one.key?.key.hash === key.hash && mayHold(one, createdAt)),
  );
  const made = byHand.filter(({ createdAt }) => createdAt <= endOfRivals(scene, job));
  return [...got, ...made].map(({ key }) => key);
}

/** When a key could last spend, by the virtual clock. */
function endOf({ disabledAt, world }: Scene, key: Key): number {
  const { account, clock } = world.simulation;
  const toExpiry = Date.parse(key.expires_at ?? '9999-12-31') - account.now().getTime();
  return Math.min(disabledAt.get(key.hash) ?? Number.POSITIVE_INFINITY, clock.now() + toExpiry);
}

/** The workspace whose keys a process listed last. */
function workspaceIn({ sent }: Process<unknown>): string | undefined {
  const path = sent.findLast(({ call }) => call === 'GET /keys')?.path ?? '';
  return new URLSearchParams(path.replace(/^[^?]*/, '')).get('workspace_id') ?? undefined;
}

// Keys.

/** Whether a process came to its end, and met nothing on its way. */
const isSound = (process: Process<unknown> | undefined) =>
  process !== undefined && !process.killed && !process.metFault && !process.error;

/** Whether no step of a job before the post step failed, as far as that is known: what it deploys has its key. */
function hasDeployed(job: Job): boolean {
  const { request, main, plan, key, sealed } = job;
  if (request.keyMode !== 'preview' || !key || main?.result === undefined) return false;
  return sealed ? haveUsersSucceeded(job) : plan.status !== 'failure';
}

/** Apart from what a delayed POST creates after the job. */
export function noKeyOfAnEndedJobWorks({ world, jobs }: Scene): void {
  for (const job of jobs) {
    const { name, post, end, key } = job;
    const last = isSound(end) || isLeftToEndKey(job) ? end : post;
    if (!last || !isSound(last)) continue;
    const left = world.ledger.keys.filter(
      (record) =>
        record.job === name &&
        record.createdAt <= last.startedAt &&
        !(hasDeployed(job) && record.key.hash === key?.key.hash) &&
        works(world, record.key),
    );
    expect({ name, left }).toEqual({ name, left: [] });
  }
}

/** No job that failed has ended it, and none but a newer one that succeeded has replaced it. */
export function theKeyOfTheLastDeploymentWorks(scene: Scene): void {
  const { world } = scene;
  for (const subject of SUBJECTS.filter((one) => isOpenNow(scene, one))) {
    const hashes = jobsOf(scene, subject).flatMap((job) =>
      hasDeployed(job) ? (job.key?.key.hash ?? []) : [],
    );
    const last = world.ledger.keys.findLast(({ key }) => hashes.includes(key.hash));
    if (!last || last.createdAt < lastChange(scene, subject)) continue;
    if (scene.deletedByHand.some(({ hash }) => hash === last.key.hash)) continue;
    if (Date.parse(last.key.expires_at ?? '') <= world.simulation.account.now().getTime()) continue;
    if (saysSo(scene, subject) || hasDiedClosing(scene, subject)) continue;
    expect({ last, works: works(world, last.key) }).toMatchObject({ works: true });
  }
}

// The life of previews.

export function errorsAreOfAKnownKind({ jobs }: Scene): void {
  for (const { error } of jobs.flatMap(processesOf)) {
    if (error && !isOfAKnownKind(error)) throw error;
  }
}

export function nothingOfOthersIsTouched({ world }: Scene): void {
  const { account } = world.simulation;
  const now = world.foreign.map(({ workspace: { id } }) => ({
    workspace: account.workspaces.find((workspace) => workspace.id === id),
    keys: account.keys.filter((key) => key.workspace_id === id),
  }));
  if (!isDeepStrictEqual(now, world.foreign)) expect(now).toEqual(world.foreign);
  const edited = world.repository.comments
    .now()
    .filter((comment) => isForged(comment) && comment.createdAt < comment.updatedAt);
  expect(edited).toEqual([]);
}

/** Only for a subject, which a pull request from a fork is not. */
export function nothingElseIsCreated(scene: Scene): void {
  const { ledger, repository } = scene.world;
  const ids = [
    ...ledger.workspaces.keys(),
    ...ledger.keys.map(({ key: { workspace_id } }) => workspace_id),
  ];
  expect(ids.filter((id) => !subjectOf(scene, id))).toEqual([]);
  const comments = repository.comments.now().filter(({ pull }) => pull === FORKED.number);
  expect(comments.filter((comment) => !isForged(comment))).toEqual([]);
}

/** What is deleted was locked before, and so was in use by no run, or is a key that no one got. */
export function deletesOnlyWhatIsLocked({ premature }: Scene): void {
  expect(premature).toEqual([]);
}

const asksFor = ({ path }: Sent, subject: Subject) =>
  subject.kind === 'pull' ? path.endsWith(`/pulls/${subject.number}`) : path.includes('/git/');

/** Whether a request locks a workspace. */
const locks = ({ call, body }: Sent) =>
  call === 'PATCH /workspaces/:id' && body?.includes('"locked-') === true;

/** Whether a request ends a key. */
const ends = ({ call, body }: Sent) =>
  call === 'DELETE /keys/:hash' ||
  (call === 'PATCH /keys/:hash' && body?.includes('"disabled":true') === true);

const idIn = ({ path }: Sent) => path.split('/').at(-1) ?? '';

/** The request that locks follows a look that says closed, and it was closed at that time. */
export function locksOnlyWhatItHasSeenClosed(scene: Scene): void {
  for (const { sent } of scene.jobs.flatMap(processesOf)) {
    for (const [at, request] of sent.entries()) {
      const target = locks(request) && subjectOf(scene, idIn(request));
      if (!target) continue;
      const look = sent.slice(0, at).findLast((one) => one.look && asksFor(one, target));
      expect(look?.look).toMatchObject({ isOpen: false });
      const period = { subject: target, from: look?.at ?? 0, to: request.at };
      expect(scene.hasLags || was('closed', scene, period)).toBe(true);
    }
  }
}

/** While a job runs and its subject is open, no other process ends the key that it has got. */
export function noKeyInUseIsEnded(scene: Scene): void {
  if (scene.hasLags) return;
  for (const job of scene.jobs) {
    const { main, post, key, subject, request } = job;
    if (!main || !key || !subject || request.keyMode !== 'job') continue;
    const until = (job.end ?? post)?.startedAt ?? Number.POSITIVE_INFINITY;
    const own = processesOf(job);
    const others = scene.jobs.flatMap(processesOf).filter((one) => !own.includes(one));
    for (const { sent, startedAt } of others) {
      const end = sent.find((one) => ends(one) && idIn(one) === key.key.hash);
      if (!end || end.at < main.endedAt || end.at > until) continue;
      // A close has ended it, and a clean-up deletes it, maybe after a reopening.
      const disabledAt = scene.disabledAt.get(key.key.hash) ?? Number.POSITIVE_INFINITY;
      if (disabledAt < end.at) continue;
      expect(was('closed', scene, { subject, from: startedAt, to: end.at })).toBe(true);
    }
  }
}

/** How far GitHub's servers are behind at most, in milliseconds. */
export const MAX_LAG_MS = 3_000;

/** Who says that a preview was reopened has disabled its keys, and has seen that it is open. */
export function noFalseAlarm(scene: Scene): void {
  for (const { sent, error, startedAt, endedAt } of scene.jobs.flatMap(processesOf)) {
    if (!(error instanceof Failure && error.is(previewReopened))) continue;
    expect(sent.some(ends)).toBe(true);
    const subject = subjectOf(scene, error.details.workspace.id) as Subject;
    const looks = sent.filter((one) => one.look && asksFor(one, subject));
    expect(looks.at(-1)?.look).toMatchObject({ isOpen: true });
    // What changes twice within a second can be seen as it was before.
    const from = startedAt - MAX_LAG_MS;
    expect(was('open', scene, { subject, from, to: endedAt })).toBe(true);
  }
}

/** Without a clean-up: the run for the last change has ended the keys that existed then. */
export function theLastRunIsRight(scene: Scene): void {
  const { world, conditions, hasLags } = scene;
  if (!conditions.isCalm || hasLags || conditions.lag > 0) return;
  for (const subject of SUBJECTS) {
    if (isOpenNow(scene, subject)) continue;
    const since = lastChange(scene, subject);
    const noticed = jobsOf(scene, subject).flatMap(({ main }) => main?.startedAt ?? []);
    const last = Math.max(...noticed.filter((at) => at > since));
    const ids = previewsOf(scene, subject).map(({ id }) => id);
    const left = [...world.ledger.keys, ...scene.byHand].filter(
      ({ key, createdAt }) =>
        ids.includes(key.workspace_id) && createdAt < last && works(world, key),
    );
    expect(left).toEqual([]);
  }
}

export function closedHasNothing(scene: Scene): void {
  for (const subject of SUBJECTS) {
    if (!isOpenNow(scene, subject)) expect(previewsOf(scene, subject)).toEqual([]);
  }
  const { account } = scene.world.simulation;
  const left = account.keys.filter(({ workspace_id }) => {
    const owner = subjectOf(scene, workspace_id);
    return owner && !isOpenNow(scene, owner);
  });
  expect(left).toEqual([]);
}

/** Whether a process that ended since the last change of `subject` failed, and named its workspace. */
function saysSo(scene: Scene, subject: Subject): boolean {
  const { world } = scene;
  const known = knownOf(world.github, world.repository);
  const { slug } = identify(subject, known, undefined);
  return scene.jobs.flatMap(processesOf).some(({ error, result, lines, endedAt }) => {
    const failure = error ?? (result as { failure?: unknown } | undefined)?.failure;
    if (!failure || endedAt < lastChange(scene, subject)) return false;
    const details = failure instanceof Failure ? toJson(failure.details) : '';
    return details.includes(`"${slug}"`) || lines.some((line) => line.includes(` ${slug},`));
  });
}

/** Whether a run died after it had ended a key of `subject`, so that no one looked afterwards. */
function hasDiedClosing(scene: Scene, subject: Subject): boolean {
  const own = scene.world.ledger.keys
    .filter(({ key }) => subjectOf(scene, key.workspace_id) === subject)
    .map(({ key }) => key.hash);
  return scene.jobs
    .flatMap(processesOf)
    .some(({ killed, sent }) => killed && sent.some((one) => ends(one) && own.includes(idIn(one))));
}

/** Whether a clean-up locked a workspace of `subject` after that had changed: it had read the state before. */
const wasLockedLate = ({ world, lockedAt }: Scene, subject: Subject, since: number) =>
  [...lockedAt].some(([id, at]) => at >= since && subjectOf({ world }, id) === subject);

export function openHasItsWorkspaceOrSomeoneSaysSo(scene: Scene): void {
  for (const subject of SUBJECTS) {
    const open = previewsOf(scene, subject).filter(({ id }) => !isLocked(scene, id));
    if (!isOpenNow(scene, subject) || open.length > 0) continue;
    const since = lastChange(scene, subject);
    const gotThatFar = jobsOf(scene, subject).filter(
      ({ main }) =>
        main?.result?.state === 'open' &&
        main.result.opened?.result.workspace &&
        main.sent.some(({ at, look }) => look?.isOpen && at >= since),
    );
    if (saysSo(scene, subject) || hasDiedClosing(scene, subject)) continue;
    if (wasLockedLate(scene, subject, since)) continue;
    expect(gotThatFar.map(({ name }) => name)).toEqual([]);
  }
}

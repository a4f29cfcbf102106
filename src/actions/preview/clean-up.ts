import { forEachOf, forOneOfMany } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { countKeys, countWorkspaces, formatSeconds } from '../../lib/format.ts';
import { formatExactUsd } from '../../lib/format-usd.ts';
import { listKeys } from '../../openrouter/resources/keys.ts';
import {
  isCounted,
  isWorking,
  KeyWatch,
  seenIn,
  spentBy,
  withUnknownEnd,
} from '../../openrouter/settlement.ts';
import { Failure } from '../../shared/failure.ts';
import { failed } from '../../teardown/delete-stale.ts';
import {
  type FoundWorkspace,
  type SweepResult,
  type SweepWords,
  type SweptWorkspace,
  withOutcome,
} from '../../teardown/outcome.ts';
import { endSpending, isReopened, notEnded, type WatchedWorkspace } from './close-preview.ts';
import {
  deletePreview,
  left,
  MAY_BE_USED,
  type NightResult,
  NOT_COUNTED,
} from './delete-preview.ts';
import { keyEndUnknown } from './failures.ts';
import { findMarked } from './find-previews.ts';
import { linkTo, type MarkedWorkspace } from './naming.ts';
import { type GitHubContext, readSubject, type SubjectState } from './read-subject.ts';
import type { Subject } from './subject.ts';
import { writeComment } from './write-comment.ts';

export const CLEAN_UP: SweepWords = {
  heading: 'Preview',
  thing: 'OpenRouter preview',
  stale: 'closed',
  action: 'check or delete',
  run: 'clean-up',
};

/** A pull request or branch, and its previews: under a former name or prefix, it can have several. */
interface Group {
  subject: Subject;
  workspaces: MarkedWorkspace[];
}

/**
 * Ends the previews of this repository whose pull request is closed or whose branch is gone, and deletes those that ended
 * an hour ago. Brings the comments of the others up to date: their last amounts were late when they were written. What the
 * time does not allow is left to the next clean-up. If one fails, the others go on.
 * @throws {ApiError} if the workspaces cannot be listed
 */
export async function cleanUp(
  { dryRun }: { dryRun: boolean },
  context: GitHubContext,
): Promise<SweepResult> {
  const { log, clock } = context;
  const start = clock.now();
  const marked = await findMarked(context);
  log.info(`Previews of this repository: ${countWorkspaces(marked.length)}.`);
  const result: SweptWorkspace[] = [];
  const open: Handled[] = [];
  await forEachOf(groupBySubject(marked), async (group) => {
    for (const one of await handleGroup(group, { dryRun }, context)) {
      if (one.night.outcome === 'kept') open.push(one);
      else result.push(toSwept(one, context));
    }
  });
  await forEachOf(open, async (one) => {
    const night = await describeOpen(one, { dryRun }, context);
    result.push(toSwept({ ...one, night }, context));
  });
  const count = (outcome: NightResult['outcome']) => withOutcome(result, outcome).length;
  log.info(
    dryRun
      ? 'Dry run: nothing was changed.'
      : `Deleted: ${count('deleted')}. Left to the next clean-up: ${count('left')}. Open: ${count('kept')}. In ${formatSeconds(clock.now() - start)}.`,
  );
  return result;
}

function groupBySubject(marked: readonly MarkedWorkspace[]): Group[] {
  const groups = new Map<string, Group>();
  for (const workspace of marked) {
    const { subject } = workspace;
    const key = JSON.stringify(subject);
    const group = groups.get(key) ?? { subject, workspaces: [] };
    group.workspaces.push(workspace);
    groups.set(key, group);
  }
  return [...groups.values()];
}

interface Handled {
  workspace: MarkedWorkspace;
  night: NightResult;
}

/** How long it takes to delete a preview and, in addition, each of its API keys, in milliseconds, in a bad night. */
const DELETION_MS = 10_000;
const KEY_MS = 20;

/** Has half of the time that is left, so that a slow group leaves time for the others. */
async function handleGroup(
  { subject, workspaces }: Group,
  options: { dryRun: boolean },
  context: GitHubContext,
): Promise<Handled[]> {
  const { client, github } = context;
  const brief = { ...context, ...(await forOneOfMany({ client, github })) };
  const reason = reasonToStop(brief);
  if (reason !== undefined) {
    return workspaces.map((workspace) => ({ workspace, night: left(reason) }));
  }
  const state = await catching(readSubject(subject, undefined, brief), ApiError, Failure);
  const handled: Handled[] = [];
  for (const workspace of workspaces) {
    const night = await handleOne(workspace, { ...options, state }, brief);
    handled.push({ workspace, night });
  }
  return handled;
}

/** Why nothing more can be done in this night, if so. */
function reasonToStop({ client, github }: GitHubContext, keyCount = 0): string | undefined {
  if (client.isPaused()) return 'OpenRouter throttles';
  if (github.isPaused()) return 'GitHub throttles';
  const timeLeft = Math.min(client.timeLeft(), github.timeLeft());
  return timeLeft < DELETION_MS + keyCount * KEY_MS ? 'no time was left' : undefined;
}

interface HandleOptions {
  dryRun: boolean;
  state: { value?: SubjectState; error?: ApiError | Failure };
}

async function handleOne(
  workspace: MarkedWorkspace,
  { dryRun, state: { value: state, error } }: HandleOptions,
  context: GitHubContext,
): Promise<NightResult> {
  // A locked workspace is deleted whatever its subject is, once no key works that a job may use.
  if (!workspace.isLocked && error) return { outcome: 'failed', keys: [], failure: error };
  if (!workspace.isLocked && state?.isOpen) return { outcome: 'kept', keys: [], reason: OPEN };
  if (dryRun) return { outcome: 'would-delete', keys: [] };
  const ending = endAndDelete(workspace, state?.since, context);
  const { value: night, error: failure } = await catching(ending, ApiError, Failure);
  return night ?? { outcome: 'failed', keys: [], failure };
}

const OPEN = 'it is open';

async function endAndDelete(
  workspace: MarkedWorkspace,
  since: number | undefined,
  context: GitHubContext,
): Promise<NightResult> {
  const one = { workspace, watch: new KeyWatch(context.clock) };
  const ending = endSpending({ ...one, since }, context);
  const { value: end, error } = await catching(ending, ApiError, Failure);
  if (error) throw isReopened(error) ? error : notEnded(workspace, [error], one.watch.last);
  const { isOpen } = end;
  if (isOpen && workspace.isLocked) return left(MAY_BE_USED);
  if (isOpen) return { outcome: 'kept', keys: [], reason: 'it is open again' };
  warnOfUnknownEnds(one, context);
  const keys = one.watch.last ?? [];
  if (!keys.every(isCounted)) {
    if (!workspace.isLocked) await writeComment({ workspace }, context);
    return left(NOT_COUNTED);
  }
  // Once a workspace is locked, the rest has to succeed in this night, or its bill is only a lower bound.
  await context.github.untilResumed();
  const isMute = context.comments?.failure !== undefined;
  const reason = isMute ? 'GitHub accepts no comment now' : reasonToStop(context, keys.length);
  return reason === undefined ? deletePreview(one, context) : left(reason);
}

/** Otherwise, a workspace would be left in each night, and no one would know. */
function warnOfUnknownEnds(
  { workspace, watch }: WatchedWorkspace,
  { warn }: Pick<GitHubContext, 'warn'>,
): void {
  const keys = watch.list ? withUnknownEnd(watch.list) : [];
  if (keys.length > 0) warn(keyEndUnknown, { workspace, keys });
}

/** Brings the comment of an open preview up to date, and adds what its API keys have spent, and which work. */
async function describeOpen(
  { workspace, night }: Handled,
  { dryRun }: { dryRun: boolean },
  context: GitHubContext,
): Promise<NightResult> {
  if (reasonToStop(context) !== undefined) return night;
  const comment = dryRun ? undefined : await writeComment({ workspace, addsNone: true }, context);
  const written = comment?.kind === 'written' ? comment : undefined;
  // A comment that was written has listed them.
  const keys = written?.keys ?? (await keysIfListed(workspace, context));
  if (!keys) return night;
  const works = `${countKeys(keys.filter(isWorking).length)} can spend`;
  const cap = written?.data.cap;
  const ofCap = cap === undefined ? '' : `, the cap is ${formatExactUsd(cap)}`;
  return { ...night, spent: spentBy(keys), reason: `${night.reason}: ${works}${ofCap}` };
}

/** The API keys of a workspace, or undefined if OpenRouter does not list them. */
async function keysIfListed(workspace: MarkedWorkspace, context: GitHubContext) {
  const { value } = await catching(listKeys(context, workspace), ApiError);
  return value && seenIn(value);
}

/** Why a preview is deleted. */
const STALE = 'its pull request or branch is closed';

function toSwept({ workspace, night }: Handled, context: GitHubContext): SweptWorkspace {
  const { subject } = workspace;
  const link = linkTo(subject, context.repository);
  const found: FoundWorkspace = { ...workspace, link, age: undefined, reason: STALE };
  if (night.outcome === 'failed') return failed({ ...found, ...night }, night.failure, context);
  if (night.outcome === 'left') {
    context.log.info(`Left to the next clean-up: ${workspace.name}, because ${night.reason}.`);
  }
  return { ...found, ...night };
}

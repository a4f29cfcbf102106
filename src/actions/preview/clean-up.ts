import { type Client, forEachOf } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { countWorkspaces, truncateList } from '../../lib/format.ts';
import { Failure } from '../../shared/failure.ts';
import { logEnd, logFailure } from '../../teardown/sweep-log.ts';
import {
  type FoundWorkspace,
  outcomeOfNone,
  type SweepResult,
  type SweptWorkspace,
} from '../../teardown/sweep-result.ts';
import { closePreview, findMarked } from './close-preview.ts';
import { previewNotDeleted } from './failures.ts';
import { linkTo, type MarkedWorkspace } from './naming.ts';
import { type GitHubContext, readSubject } from './read-subject.ts';
import type { Subject } from './subject.ts';
import { writeComment } from './write-comment.ts';

/** A pull request or branch, and its previews: under a former name or prefix, it can have several. */
interface Group {
  subject: Subject;
  workspaces: MarkedWorkspace[];
}

/** What a clean-up may do, as the author of the workflow requested it. */
export interface CleanUpRequest {
  /** If more previews are to be deleted, none is. */
  maxDeletions: number;
  dryRun: boolean;
}

/**
 * Ends the previews of this repository whose pull request is closed or whose branch is gone, and brings the comments of
 * the others up to date: their last amounts were late when they were written. Each lookup and each deletion has half
 * of the time that is left, so that a slow one leaves time for the others. A preview whose subject cannot be read is
 * kept. If one fails, the others go on.
 * @throws {ApiError} if the workspaces cannot be listed; then none is deleted
 */
export async function cleanUp(
  request: CleanUpRequest,
  context: GitHubContext,
): Promise<SweepResult> {
  const { log, clock } = context;
  const start = clock.now();
  const marked = await findMarked(context);
  log.info(`Previews of this repository: ${countWorkspaces(marked.length)}.`);
  // One that is closed already is ended whatever its subject is.
  const isClosed = ({ state }: MarkedWorkspace) => state !== 'open';
  const groups = groupBySubject(marked.filter((one) => !isClosed(one)));
  const { outdated, open, unread } = await readSubjects(groups, context);
  const stale = [...marked.filter(isClosed), ...outdated];
  const names = truncateList(open.map(({ slug }) => slug)).join(', ');
  log.info(
    `Closed: ${countWorkspaces(stale.length)}. Open, and kept: ${countWorkspaces(open.length)}${names && `: ${names}`}.`,
  );
  const outcome = outcomeOfNone(stale.map(toFound(context)), request);
  const ended = outcome
    ? stale.map((one) => ({ ...toFound(context)(one), outcome }))
    : await endAll(stale, context);
  if (!request.dryRun) await updateComments(open, context);
  const kept = open.map((one) => ({
    ...toFound(context, 'it is open')(one),
    outcome: 'kept' as const,
  }));
  const result = [...kept, ...unread, ...ended];
  logEnd(result, { dryRun: request.dryRun, start }, context);
  return result;
}

interface SubjectStates {
  outdated: MarkedWorkspace[];
  open: MarkedWorkspace[];
  /** Those whose state could not be read. */
  unread: SweptWorkspace[];
}

/** Looks up the subject of each group. */
async function readSubjects(
  groups: readonly Group[],
  context: GitHubContext,
): Promise<SubjectStates> {
  const states: SubjectStates = { outdated: [], open: [], unread: [] };
  await forEachOf(groups, async ({ subject, workspaces }) => {
    const github = withHalf(context.github);
    const lookup = readSubject(subject, undefined, { ...context, github });
    const { value: facts, error } = await catching(lookup, ApiError, Failure);
    if (!error) {
      const { isOpen, since } = facts;
      states[isOpen ? 'open' : 'outdated'].push(...workspaces.map((one) => ({ ...one, since })));
      return;
    }
    const found = workspaces.map(toFound(context, context.toLine(error.message)));
    const entries = found.map((one) => ({ ...one, outcome: 'unread' as const, error }));
    for (const entry of entries) logFailure(entry, context);
    states.unread.push(...entries);
  });
  return states;
}

/** A client that has half of the time that is left. */
function withHalf(client: Client): Client {
  return client.within(client.timeLeft() / 2);
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

/** Ends previews, a few at once. */
async function endAll(
  stale: readonly MarkedWorkspace[],
  context: GitHubContext,
): Promise<SweptWorkspace[]> {
  const { client, github } = context;
  const ended: SweptWorkspace[] = [];
  await forEachOf(stale, async (workspace) => {
    const brief = { ...context, client: withHalf(client), github: withHalf(github) };
    const entry = await endOne(workspace, brief);
    logFailure(entry, context);
    ended.push(entry);
  });
  return ended;
}

async function endOne(workspace: MarkedWorkspace, context: GitHubContext): Promise<SweptWorkspace> {
  const found = toFound(context);
  const ending = closePreview(workspace, { waits: false }, context);
  const { value: closing, error } = await catching(ending, ApiError, Failure);
  if (error) {
    const reason = context.toLine(error.message);
    const known = error instanceof Failure && error.is(previewNotDeleted);
    const left = known ? { keysLeft: error.details.keysLeft } : {};
    return { ...found(workspace), reason, outcome: 'failed', error, ...left };
  }
  switch (closing.kind) {
    case 'reopened':
      return { ...found(workspace), reason: 'it is open again', outcome: 'reopened' };
    case 'settling':
      return { ...found(workspace), outcome: 'settling' };
    case 'gone': {
      const { spent } = closing;
      const outcome = closing.deleted ? 'deleted' : 'already-deleted';
      return { ...found(workspace), outcome, ...(spent && { spent }) };
    }
  }
}

async function updateComments(
  open: readonly MarkedWorkspace[],
  context: GitHubContext,
): Promise<void> {
  await forEachOf(open, async (workspace) => {
    const outcome = writeComment({ workspace, addsNone: true }, context);
    const { error } = await catching(outcome, ApiError);
    if (error) context.log.info(`${error.message}.`);
  });
}

/** Returns a function that makes an entry of the result of a workspace. */
function toFound(
  { repository }: Pick<GitHubContext, 'repository'>,
  reason = 'its pull request or branch is closed',
) {
  return ({ id, slug, created_at, subject }: MarkedWorkspace): FoundWorkspace => ({
    id,
    slug,
    link: linkTo(subject, repository),
    created_at: created_at ?? null,
    age: undefined,
    reason,
  });
}

import { forEachOf, forOneOfMany } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { countWorkspaces, truncateList } from '../../lib/format.ts';
import { Failure } from '../../shared/failure.ts';
import { deleteStale, failed } from '../../teardown/delete-stale.ts';
import type {
  Deletion,
  FoundWorkspace,
  SweepResult,
  SweptWorkspace,
} from '../../teardown/deletion.ts';
import { closePreview, findMarked } from './close-preview.ts';
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
  const { log } = context;
  const marked = await findMarked(context);
  log.info(`Previews of this repository: ${countWorkspaces(marked.length)}.`);
  // One that is closed already is ended whatever its subject is.
  const isClosed = ({ state }: MarkedWorkspace) => state !== 'open';
  const groups = groupBySubject(marked.filter((one) => !isClosed(one)));
  const { closed, open, unread } = await readSubjects(groups, context);
  const stale = [...marked.filter(isClosed), ...closed];
  const names = truncateList(open.map(({ slug }) => slug)).join(', ');
  log.info(
    `Closed: ${countWorkspaces(stale.length)}. Open, and kept: ${countWorkspaces(open.length)}${names && `: ${names}`}.`,
  );
  const found = stale.map((one) => toFound(one, context));
  const deleteOne = (one: FoundPreview) => endOne(one, context);
  const ended = await deleteStale(found, { ...request, deleteOne }, context);
  if (!request.dryRun) await updateComments(open, context);
  const kept = open.map((one) => ({
    ...toFound(one, context),
    outcome: 'kept' as const,
    reason: 'it is open',
    keys: [],
  }));
  return [...kept, ...unread, ...ended];
}

interface SubjectStates {
  closed: MarkedWorkspace[];
  open: MarkedWorkspace[];
  /** Those whose state could not be read. */
  unread: SweptWorkspace[];
}

/** Looks up the subject of each group. */
async function readSubjects(
  groups: readonly Group[],
  context: GitHubContext,
): Promise<SubjectStates> {
  const states: SubjectStates = { closed: [], open: [], unread: [] };
  // The deletions have the other half.
  const lookups = context.github.within(context.github.timeLeft() / 2);
  await forEachOf(groups, async ({ subject, workspaces }) => {
    const { github } = await forOneOfMany({ github: lookups });
    const lookup = readSubject(subject, undefined, { ...context, github });
    const { value: facts, error } = await catching(lookup, ApiError, Failure);
    if (!error) {
      const { isOpen, since } = facts;
      states[isOpen ? 'open' : 'closed'].push(...workspaces.map((one) => ({ ...one, since })));
      return;
    }
    const found = workspaces.map((one) => toFound(one, context));
    states.unread.push(...found.map((one) => failed(one, error, context)));
  });
  return states;
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

async function endOne(
  workspace: FoundPreview,
  context: GitHubContext,
): Promise<Deletion & { reason?: string }> {
  const { client, github } = context;
  const brief = { ...context, ...(await forOneOfMany({ client, github })) };
  const ending = closePreview(workspace, { waits: false }, brief);
  const { value: deletion, error: failure } = await catching(ending, Failure);
  if (failure) return { outcome: 'failed', keys: [], failure };
  return deletion.outcome === 'kept' ? { ...deletion, reason: 'it is open again' } : deletion;
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

/** Why a preview is deleted. */
export const STALE = 'its pull request or branch is closed';

type FoundPreview = MarkedWorkspace & FoundWorkspace;

function toFound(
  workspace: MarkedWorkspace,
  { repository }: Pick<GitHubContext, 'repository'>,
): FoundPreview {
  return {
    ...workspace,
    link: linkTo(workspace.subject, repository),
    age: undefined,
    reason: STALE,
  };
}

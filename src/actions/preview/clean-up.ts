import { forEachOf } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { countWorkspaces, truncateList } from '../../lib/format.ts';
import { sumUsd, toUsd } from '../../lib/usd.ts';
import { isDisabled, type Key } from '../../openrouter/resources/keys.ts';
import {
  isDefault,
  type ListedWorkspace,
  listWorkspaces,
} from '../../openrouter/resources/workspaces.ts';
import { Failure } from '../../shared/failure.ts';
import { keysLeftAfter } from '../../teardown/failures.ts';
import type { KeysLeft } from '../../teardown/keys-left.ts';
import { logEnd, logFailure } from '../../teardown/sweep-log.ts';
import {
  type FoundWorkspace,
  outcomeOfNone,
  type SweepResult,
  type SweptWorkspace,
  withOutcome,
} from '../../teardown/sweep-result.ts';
import { remembersMore } from './comment.ts';
import { type DeletionProgress, deletePreview, type ListedKeys } from './delete-preview.ts';
import { linkTo, readMark } from './naming.ts';
import { type GitHubContext, readSubject } from './read-subject.ts';
import type { Subject } from './subject.ts';

type MarkedWorkspace = ListedWorkspace &
  Required<Pick<FoundWorkspace, 'link'>> & { subject: Subject };

/** A pull request or branch, and its previews: under a former name or prefix, it can have several. */
interface Group {
  subject: Subject;
  workspaces: MarkedWorkspace[];
}

interface Outdated extends Group {
  /** When its pull request is known to have changed. */
  since: number | undefined;
}

/** What a clean-up may do, as the author of the workflow requested it. */
export interface CleanUpRequest {
  /** If more previews are to be deleted, none is. */
  maxDeletions: number;
  dryRun: boolean;
  timeoutMs: number;
}

/**
 * The shares of the timeout that one lookup and one deletion have, so that one that takes long leaves time for
 * the others. All lookups have half of the time that is left.
 */
const LOOKUP_SHARE = 1 / 10;
const DELETION_SHARE = 1 / 5;

/**
 * Deletes the previews of this repository whose pull request is closed or whose branch is gone. A preview whose
 * subject cannot be read in its share of the time is kept. If a deletion fails, the others go on.
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
  const { outdated, others } = await findOutdated(groupBySubject(marked), request, context);
  const stale = outdated.flatMap(({ workspaces }) => workspaces.map((one) => toFound(one)));
  const open = withOutcome(others, 'kept').map(({ slug }) => slug);
  const names = truncateList(open).join(', ');
  log.info(
    `Closed: ${countWorkspaces(stale.length)}. Open, and kept: ${countWorkspaces(open.length)}${names && `: ${names}`}.`,
  );
  const outcome = outcomeOfNone(stale, request);
  const ended = outcome
    ? stale.map((one) => ({ ...one, outcome }))
    : await deleteAll(outdated, request, context);
  const result = [...others, ...ended];
  logEnd(result, { dryRun: request.dryRun, start }, context);
  return result;
}

/** Looks up the subject of each group. The others are those that are open, or that cannot be read. */
async function findOutdated(
  groups: readonly Group[],
  { timeoutMs }: CleanUpRequest,
  context: GitHubContext,
): Promise<{ outdated: Outdated[]; others: SweptWorkspace[] }> {
  const lookups = context.github.withTimeout(context.github.timeLeft() / 2);
  const [outdated, others]: [Outdated[], SweptWorkspace[]] = [[], []];
  await forEachOf(groups, async (group) => {
    const github = lookups.withShare(timeoutMs * LOOKUP_SHARE);
    const { value: facts, error } = await catching(
      readSubject(group.subject, undefined, { ...context, github }),
      ApiError,
      Failure,
    );
    const found = (reason: string) => group.workspaces.map((one) => toFound(one, reason));
    if (error) {
      const unread = { outcome: 'unread', error } as const;
      const entries = found(context.toLine(error.message)).map((one) => ({ ...one, ...unread }));
      for (const entry of entries) logFailure(entry, context);
      others.push(...entries);
    } else if (facts.isOpen) {
      others.push(...found('it is open').map((one) => ({ ...one, outcome: 'kept' as const })));
    } else {
      outdated.push({ ...group, since: facts.since });
    }
  });
  return { outdated, others };
}

/** A context for one of many items, which takes `ms` milliseconds at most, without the time of comments. */
function withShare(ms: number, context: GitHubContext): GitHubContext {
  const { client, github, comments } = context;
  const commentClients = comments ? [comments.github] : [];
  return {
    ...context,
    client: client.withShare(ms, [github, ...commentClients]),
    github: github.withShare(ms, [client, ...commentClients]),
  };
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

/** Deletes the previews of each group, a few groups at once. */
async function deleteAll(
  outdated: readonly Outdated[],
  { timeoutMs }: CleanUpRequest,
  context: GitHubContext,
): Promise<SweptWorkspace[]> {
  const ended: SweptWorkspace[] = [];
  await forEachOf(outdated, async ({ workspaces, since }) => {
    // One after another, because they share a comment.
    for (const workspace of workspaces) {
      const shared = withShare(timeoutMs * DELETION_SHARE, context);
      const entry = await deleteOutdated(workspace, since, shared);
      logFailure(entry, context);
      ended.push(entry);
    }
  });
  return ended;
}

async function deleteOutdated(
  workspace: MarkedWorkspace,
  since: number | undefined,
  context: GitHubContext,
): Promise<SweptWorkspace> {
  const { slug, subject, description } = workspace;
  const identity = { slug, name: slug, description: String(description) };
  const preview = { subject, since, identity };
  const lists: ListedKeys[] = [];
  const onDeletion = (progress: DeletionProgress) => {
    if (progress.kind === 'keys') lists.push(progress);
  };
  const { value: deletion, error } = await catching(
    deletePreview(preview, { dryRun: false, listed: workspace }, { ...context, onDeletion }),
    ApiError,
    Failure,
  );
  if (error) {
    const found = toFound(workspace, context.toLine(error.message));
    const keysLeft = error instanceof ApiError ? keysIn(lists) : keysLeftAfter(error);
    const left = keysLeft ? { keysLeft } : {};
    return { ...found, outcome: 'failed', error, ...left, ...spentBy(lists, workspace) };
  }
  if (deletion.kind === 'reopened') {
    return { ...toFound(workspace, 'it is open again'), outcome: 'reopened' };
  }
  const found = toFound(workspace);
  if (deletion.kind === 'deletion' && deletion.deleted) {
    return { ...found, outcome: 'deleted', keysSpent: deletion.keysSpent };
  }
  // Its keys may have been ended here before another job deleted it.
  const spent = lists.length > 0 ? spentBy(lists, workspace) : {};
  return { ...found, outcome: 'already-deleted', ...spent };
}

/** Each API key as it was listed last. */
function lastOf(lists: readonly ListedKeys[]): Key[] {
  return [
    ...new Map(lists.flatMap(({ keys }) => keys.map((key) => [key.hash, key] as const))).values(),
  ];
}

/** What is known of the API keys of a preview whose deletion failed before a key was deleted. */
function keysIn(lists: readonly ListedKeys[]): KeysLeft {
  // The first list, and the same keys after they were disabled. Others follow only after deletions.
  const isComplete =
    lists.length > 0 && lists.length <= 2 && lists.every(({ hasMore }) => !hasMore);
  return { keys: lastOf(lists), isComplete, now: lists[0]?.now };
}

/**
 * What the disabled API keys had spent of a preview that this step could not delete, or that another job
 * deleted. It is a lower bound if one still works, could not be read, or was deleted before.
 */
function spentBy(
  lists: readonly ListedKeys[],
  workspace: MarkedWorkspace,
): Pick<SweptWorkspace, 'keysSpent' | 'isLowerBound'> {
  if (lists.length === 0) return { keysSpent: null };
  const keys = lastOf(lists);
  const amounts = keys.filter(isDisabled).flatMap((key) => toUsd(key['usage']) ?? []);
  const memories = lists.flatMap(({ remembered }) => remembered ?? []);
  const areAll =
    amounts.length === keys.length &&
    lists.every(({ hasMore }) => !hasMore) &&
    memories.length > 0 &&
    !memories.some((remembered) => remembersMore(remembered, { workspace, keys }));
  if (amounts.length === 0 && !areAll) return { keysSpent: null };
  return { keysSpent: sumUsd(amounts), isLowerBound: !areAll };
}

async function findMarked({ client, repository }: GitHubContext): Promise<MarkedWorkspace[]> {
  const marked: MarkedWorkspace[] = [];
  for await (const { items } of listWorkspaces(client)) {
    for (const workspace of items) {
      const subject = readMark(workspace.description, repository);
      if (!subject || isDefault(workspace)) continue;
      marked.push({ ...workspace, subject, link: linkTo(subject, repository) });
    }
  }
  return marked;
}

function toFound(
  { id, slug, created_at, link }: MarkedWorkspace,
  reason = 'its pull request or branch is closed',
): FoundWorkspace {
  return { id, slug, link, created_at: created_at ?? null, age: undefined, reason };
}

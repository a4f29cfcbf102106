/**
 * How a preview is deleted, although it can be reopened, and deleted by another job, at any moment.
 *
 * OpenRouter forgets with a workspace what its keys have spent, and neither OpenRouter nor GitHub has a lock. So
 * a deletion first ends the spending, then writes it down, then deletes. A key that cannot be disabled, or a
 * comment that cannot be written, does not prevent the deletion: then the total is a lower bound. A deletion reads
 * whether the pull request or branch is open before it disables, before it deletes, and after that:
 *
 *     1. List the keys of the workspace.
 *     2. If a key works: read. If it is open, stop; nothing was changed.
 *     3. Disable the keys that work. Each response has what the key has spent in the end.
 *     4. Write that into the comment, as an unfinished deletion: this job may die before step 7.
 *     5. Read. If it is open, write the comment once more, and stop. If a key was disabled, fail: preview-reopened.
 *     6. Delete the keys, then the workspace. For each list that has new keys, do steps 2 to 5 before that.
 *     7. Write into the comment that the deletion is finished or, if a key can have spent more than was read, that it
 *        stays unfinished.
 *     8. Read. If it is open, fail: preview-reopened. If that cannot be read, the main step lets its post step repeat
 *        it; a clean-up and a post step do not repeat it.
 *
 * Two deletions, and a reopening at the worst moment:
 *
 *     deletion 1                    workspace 1         deletion 2
 *     lists: K works                K works
 *     reads: closed
 *     disables K -----------------> K disabled, $3
 *     comment: $3, unfinished                           lists: K is disabled
 *                                                       comment: $3, unfinished
 *     reads: closed                                     reads: closed
 *
 *                      someone reopens the pull request: both have read too early
 *
 *     deletes K and workspace 1 --> gone
 *                      the run of the reopening creates workspace 2, with the same slug
 *
 *     comment: $3, finished                             deletes K and workspace 1: gone already
 *     reads: open                                       comment: $3, finished
 *     fails: preview-reopened                           reads: open
 *                                                       fails: preview-reopened
 *
 * Why that is safe: what is disabled or deleted is named by its id or hash, so workspace 2 is never touched, nor
 * is a key in it. To disable or delete twice is as good as once. What both write into the comment is joined, and a
 * finished deletion stays finished. If the run of the reopening still finds workspace 1, and creates a key in it that
 * no list shows, the deletion takes this key along, and `preview-reopened` says which runs to repeat. Each lookup of a pull request
 * passes on when the pull request had changed, as `since`: a response that is older than the one before does not count.
 */
import { forEachOf } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { countDone } from '../../lib/log.ts';
import type { Usd } from '../../lib/usd.ts';
import {
  disableKey,
  isDisabled,
  type Key,
  listKeys,
  totalSpent,
} from '../../openrouter/resources/keys.ts';
import {
  findWorkspace,
  isDefault,
  type WorkspaceRef,
} from '../../openrouter/resources/workspaces.ts';
import { Failure } from '../../shared/failure.ts';
import { deletionLine } from '../../teardown/deletion-line.ts';
import { teardownIncomplete } from '../../teardown/failures.ts';
import { NOT_LISTED } from '../../teardown/keys-left.ts';
import { listNewKeys, type NewKeys, teardown } from '../../teardown/teardown.ts';
import {
  type CommentData,
  type DeletionRecord,
  mergeComment,
  NO_DATA,
  remembersMore,
  toCommentData,
} from './comment.ts';
import { previewNotDeleted, previewNotOurs, previewReopened } from './failures.ts';
import { isSame, readMark } from './naming.ts';
import { type GitHubContext, readSubject } from './read-subject.ts';
import type { Subject } from './subject.ts';
import {
  type CommentOutcome,
  type CommentRequest,
  describeComment,
  type WrittenComment,
  writeComment,
} from './write-comment.ts';

/** A workspace with what a response says about it. */
type PreviewWorkspace = WorkspaceRef & Readonly<Record<string, unknown>>;

/** A preview and where its workspace is. */
export interface Preview {
  subject: Subject;
  /** When the subject is known to have changed, in milliseconds since 1970. */
  since?: number | undefined;
  identity: { slug: string; name: string; description: string };
  /** What is known of the API key that this job has disabled: no list has it if another job has deleted it since. */
  endedKey?: CommentData | undefined;
}

/** The workspace of a preview that does not exist any more, or would not after a dry run. */
export interface DeletedPreview {
  workspace: PreviewWorkspace;
  /** False in a dry run, and if another job had deleted it. */
  deleted: boolean;
  /** In a dry run, those that would be deleted. */
  deletedKeys: readonly Key[];
  /** What all API keys of the workspace had spent; null if that is unknown. Without a comment, nothing knows of keys that were deleted before. */
  keysSpent: Usd | null;
}

/** What became of the workspace of a preview that is not needed any more. */
export type PreviewDeletion =
  | (DeletedPreview & {
      kind: 'deletion';
      /** Whether the subject is known to be closed after that. */
      isSettled: boolean;
    })
  /** There was none. */
  | { kind: 'missing' }
  /** Its subject was open again before anything was changed. */
  | { kind: 'reopened' };

interface DeletionOptions {
  dryRun: boolean;
  /** The workspace, if a list has just shown that it bears the mark. By default, it is looked up. */
  listed?: PreviewWorkspace;
}

/** API keys of a workspace that is to be deleted, as they are at that moment. */
export interface ListedKeys {
  keys: readonly Key[];
  /** Whether the list of them was not read to its end. */
  hasMore?: boolean;
  /** When they were listed first, by OpenRouter's clock. */
  now?: number | undefined;
  /** What the comment remembered of them and of others; absent if that was not read. */
  remembered?: CommentData | undefined;
}

/** What happens during a deletion, which may fail later, or die with its step. */
export type DeletionProgress =
  /** API keys were listed, or were disabled after that. */
  | ({ kind: 'keys' } & ListedKeys)
  /** From here on, the workspace may be gone: if this step dies, its post step looks whether it is needed. */
  | { kind: 'begun'; workspace: WorkspaceRef }
  /** The workspace is gone. Its subject is looked up once more after that. */
  | { kind: 'done'; preview: DeletedPreview };

interface DeletionContext extends GitHubContext {
  onDeletion?(progress: DeletionProgress): void;
}

/**
 * Deletes the workspace of a preview, with all API keys in it. Its subject must be closed.
 * @throws {Failure} `preview-not-ours`, `preview-reopened`, `stale-response`, and those of `teardown`
 * @throws {ApiError}
 */
export async function deletePreview(
  preview: Preview,
  { dryRun, listed }: DeletionOptions,
  context: DeletionContext,
): Promise<PreviewDeletion> {
  const { log, client } = context;
  const { slug } = preview.identity;
  const workspace = listed ?? (await findWorkspace(client, slug)).workspace;
  if (!workspace) return concludeMissing(preview, { dryRun }, context);
  assertOurs(workspace, preview, context);
  if (dryRun) {
    log.info(`Dry run: the workspace ${JSON.stringify(slug)} and its API keys would be deleted.`);
    const { keys } = await listKeys(client, workspace);
    const result = { deleted: false, deletedKeys: keys, keysSpent: totalSpent(keys) };
    return { kind: 'deletion', workspace, ...result, isSettled: true };
  }
  const { value: list, error } = await catching(listNewKeys(client, workspace), ApiError);
  // OpenRouter may reject the list because another job has deleted the workspace: the teardown finds out.
  if (error && error.details.kind !== 'rejected') throw error;
  const hasMore = !list?.isComplete;
  const { newKeys: keys = [], serverTime: now } = list ?? {};
  context.onDeletion?.({ kind: 'keys', keys, hasMore, now });
  if (listed && !list?.newKeys.length) {
    const found = await findWorkspace(client, workspace.id);
    if (!found.workspace) return concludeMissing(preview, { dryRun }, context);
  }
  return deleteFound(preview, { workspace, list }, context);
}

/**
 * Does what `deletePreview` does, for a step that is about this preview alone.
 * @throws {Failure} those of `deletePreview`, but `preview-not-deleted` if requests have failed
 */
export async function deleteOnly(
  preview: Preview,
  options: DeletionOptions,
  context: DeletionContext,
): Promise<PreviewDeletion> {
  let listed = NOT_LISTED;
  const deletion = deletePreview(preview, options, {
    ...context,
    onDeletion(progress) {
      if (progress.kind === 'keys') {
        const { keys, hasMore = !listed.isComplete, now = listed.now } = progress;
        listed = { keys, isComplete: !hasMore, now };
      }
      context.onDeletion?.(progress);
    },
  });
  const { value, error } = await catching(deletion, ApiError, Failure);
  if (!error) return value;
  if (options.dryRun) throw error;
  const { slug } = preview.identity;
  if (error instanceof ApiError) {
    throw new Failure(previewNotDeleted, { slug, errors: [error], keysLeft: listed });
  }
  if (!error.is(teardownIncomplete)) throw error;
  const { errors, keysLeft } = error.details;
  throw new Failure(previewNotDeleted, { slug, errors, keysLeft });
}

/** Corrects the comment, if there is one, where no workspace was found. */
async function concludeMissing(
  preview: Preview,
  { dryRun }: DeletionOptions,
  context: GitHubContext,
): Promise<PreviewDeletion> {
  const missing = `There is no workspace ${JSON.stringify(preview.identity.slug)}: nothing to delete.`;
  const { written } = dryRun
    ? {}
    : await commentOn(preview, { data: NO_DATA, known: { kind: 'gone' } }, context);
  context.log.info([missing, ...(written ? [describeComment(written)] : [])].join(' '));
  return { kind: 'missing' };
}

/** A workspace that exists, and its API keys; undefined if OpenRouter has not listed them. */
interface FoundPreview {
  workspace: PreviewWorkspace;
  list: NewKeys | undefined;
}

/** A workspace to delete, and when that began. */
interface Target {
  workspace: PreviewWorkspace;
  begun: Omit<DeletionRecord, 'state'>;
}

/** Deletes a workspace with its API keys, and writes what they have spent into the comment. */
async function deleteFound(
  preview: Preview,
  { workspace, list }: FoundPreview,
  context: DeletionContext,
): Promise<PreviewDeletion> {
  const begun = { at: Math.floor(context.timeOfDay() / 1000), run: context.run };
  const target = { workspace, begun };
  const first = await prepareKeys(preview, { ...target, keys: list?.newKeys ?? [] }, context);
  if (first.kind === 'reopened') {
    if (first.hasDisabled) throw reopened(workspace, { whatOfKeys: 'were disabled' });
    context.log.info(`${preview.identity.description} is open again: nothing was deleted.`);
    return { kind: 'reopened' };
  }
  context.onDeletion?.({ kind: 'begun', workspace });
  const { problem, listedKeys, prepared, ...done } = await teardown(
    workspace,
    {
      deleteKeys: true,
      relistKeys: false,
      list: list && { ...list, newKeys: first.keys },
      async prepare(keys, { since }: ReadyKeys = first) {
        const next = await prepareKeys({ ...preview, since }, { ...target, keys }, context);
        if (next.kind === 'ready') return next;
        // If a list before this one had keys, these are deleted.
        throw reopened(workspace, { whatOfKeys: 'may be disabled or deleted' });
      },
    },
    context,
  );
  if (problem) throw problem;
  const keys = list ? listedKeys : [];
  // If no list had the key of this job, another job has deleted it, and maybe keys that this job never saw.
  const isOwnMissing = remembersMore(preview.endedKey ?? NO_DATA, { workspace, keys: listedKeys });
  const isFinal = list !== undefined && !isOwnMissing;
  const areKnown = !isOwnMissing && areAllKnown({ ...done, workspace, listedKeys }, first);
  const gone = { ...done, workspace, keysSpent: areKnown ? totalSpent(done.deletedKeys) : null };
  context.onDeletion?.({ kind: 'done', preview: gone });
  const { written } = await recordDeletion(preview, { ...target, keys, isFinal }, context);
  logDeletion(gone, written, context);
  const { since } = prepared ?? first;
  const isSettled = await isStillClosed({ ...preview, since }, workspace, context);
  return { kind: 'deletion', ...gone, isSettled };
}

/** Whether a step has deleted all API keys that its workspace ever had, and each was disabled when it was read. */
function areAllKnown(
  {
    workspace,
    deleted,
    deletedKeys,
    listedKeys,
  }: Omit<DeletedPreview, 'keysSpent'> & { listedKeys: readonly Key[] },
  { remembered }: { remembered: CommentData | undefined },
): boolean {
  return (
    deleted &&
    deletedKeys.length === listedKeys.length &&
    // A key that works until it is deleted can spend more than was read.
    deletedKeys.every(isDisabled) &&
    remembered !== undefined &&
    !remembersMore(remembered, { workspace, keys: deletedKeys })
  );
}

/** One line, because a clean-up deletes several at once. */
function logDeletion(
  { workspace, deleted, deletedKeys, keysSpent }: DeletedPreview,
  comment: WrittenComment | undefined,
  { log }: GitHubContext,
): void {
  const deletion = { deleted, keyCount: deletedKeys.length, keysSpent };
  const line = deletionLine(`the preview ${JSON.stringify(workspace.slug)}`, deletion);
  log.info([line, ...(comment ? [describeComment(comment)] : [])].join(' '));
}

/** API keys that may be deleted. */
interface ReadyKeys {
  kind: 'ready';
  /** As they are now. */
  keys: readonly Key[];
  /** What the comment said before it was written this time; undefined if it could not be read. */
  remembered: CommentData | undefined;
  /** When the subject is known to have changed. */
  since: number | undefined;
}

/**
 * Does steps 2 to 5 for API keys that were listed.
 * @throws {Failure} `stale-response`
 * @throws {ApiError}
 */
async function prepareKeys(
  preview: Preview,
  { workspace, begun, keys: listed }: Target & { keys: readonly Key[] },
  context: DeletionContext,
): Promise<ReadyKeys | { kind: 'reopened'; hasDisabled: boolean }> {
  const { subject } = preview;
  const hasWorking = !listed.every(isDisabled);
  const before = hasWorking ? await readSubject(subject, preview.since, context) : undefined;
  if (before?.isOpen) return { kind: 'reopened', hasDisabled: false };
  const { keys, hasDisabled } = await endKeys(listed, context);
  const deletion = { state: 'unfinished', ...begun } as const;
  const data = toCommentData({ workspace, keys }, { toLine: context.toLine, deletion });
  const known = { kind: 'being-deleted', workspace, keys } as const;
  const { remembered } = await commentOn(preview, { data, known }, context);
  context.onDeletion?.({ kind: 'keys', keys, remembered });
  const facts = await readSubject(subject, before?.since ?? preview.since, context);
  if (!facts.isOpen) return { kind: 'ready', keys, remembered, since: facts.since };
  const found = { kind: 'found', workspace } as const;
  const { written } = await commentOn(preview, { data: NO_DATA, known: found }, context);
  if (written) context.log.info(describeComment(written));
  return { kind: 'reopened', hasDisabled };
}

/** Disables those API keys that work. Returns all as they are then, and whether one may be disabled now. */
async function endKeys(listed: readonly Key[], { client, log }: GitHubContext) {
  const ended = new Map<string, Key>();
  let hasDisabled = false;
  const errors: ApiError[] = [];
  // To delete the keys matters more than to know what they have spent: most of the time is left for it.
  const limited = client.withShare(client.timeLeft() / 4);
  const working = listed.filter((key) => !isDisabled(key));
  const onDone = countDone(log, 'API keys disabled', working.length);
  await forEachOf(working, async (key) => {
    const { value, error } = await catching(disableKey(limited, key), ApiError);
    onDone();
    hasDisabled ||= value !== undefined || error?.details.ambiguous === true;
    if (value) ended.set(key.hash, value);
    if (error) errors.push(error);
  });
  const [first] = errors;
  if (first) log.info(`API keys not disabled: ${errors.length}. The first: ${first.message}.`);
  return { keys: listed.map((key) => ended.get(key.hash) ?? key), hasDisabled };
}

/**
 * Writes into the comment that a workspace was deleted.
 * @param isFinal whether `keys` are all that it had
 */
async function recordDeletion(
  preview: Preview,
  { workspace, begun, keys, isFinal }: Target & { keys: readonly Key[]; isFinal: boolean },
  context: GitHubContext,
): Promise<CommentOutcome> {
  const state = isFinal && keys.every(isDisabled) ? 'finished' : 'unfinished';
  const deletion = { state, ...begun } as const;
  const data = toCommentData({ workspace, keys }, { toLine: context.toLine, deletion });
  return commentOn(preview, { data, known: { kind: 'gone', id: workspace.id } }, context);
}

/**
 * Whether the subject of a deleted workspace is closed; false if that cannot be read.
 * @throws {Failure} `preview-reopened`
 */
async function isStillClosed(
  { subject, since }: Preview,
  workspace: PreviewWorkspace,
  context: GitHubContext,
): Promise<boolean> {
  const lookup = readSubject(subject, since, context);
  const { value: facts, error } = await catching(lookup, ApiError, Failure);
  if (error) context.log.info(`Whether it was reopened is unknown: ${error.message}.`);
  if (facts?.isOpen) throw reopened(workspace);
  return facts !== undefined;
}

/** @param whatOfKeys what became of its API keys if it was not deleted itself: `were disabled` */
function reopened(workspace: WorkspaceRef, { whatOfKeys }: { whatOfKeys?: string } = {}): Failure {
  const what = whatOfKeys ? `its API keys ${whatOfKeys}` : 'it was deleted';
  const reason = `${what}, and is open again: run its workflow again`;
  return new Failure(previewReopened, { workspace, deleted: !whatOfKeys, whatOfKeys }, reason);
}

/** The most that reading what a comment is about may delay the rest, in milliseconds: it can need two lists of thousands of keys. */
const LISTS_WITHIN_MS = 30_000;

/** Writes the comment of a pull request. Where there is to be none, it remembers nothing. */
export async function commentOn(
  { subject, identity, endedKey = NO_DATA }: Pick<Preview, 'subject' | 'identity' | 'endedKey'>,
  comment: Omit<CommentRequest, 'number' | 'slug'>,
  context: GitHubContext,
): Promise<CommentOutcome> {
  const { comments, client } = context;
  if (subject.kind !== 'pull' || !comments) return { remembered: NO_DATA };
  const ms = Math.min(LISTS_WITHIN_MS, client.timeLeft() / 4);
  return writeComment(
    {
      number: subject.number,
      slug: identity.slug,
      ...comment,
      data: mergeComment(comment.data, endedKey),
    },
    { ...context, comments, client: client.withTimeout(ms) },
  );
}

/** @throws {Failure} `preview-not-ours` */
export function assertOurs(
  workspace: PreviewWorkspace,
  { subject, identity }: Preview,
  { repository }: Pick<GitHubContext, 'repository'>,
): void {
  const marked = readMark(workspace['description'], repository);
  if (marked && isSame(marked, subject) && !isDefault(workspace)) return;
  const description = String(workspace['description'] ?? '');
  const details = { workspace, description, expected: identity.description };
  throw new Failure(previewNotOurs, details, 'another workspace has its slug');
}

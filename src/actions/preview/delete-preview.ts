import { forEachOf } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import type { Usd } from '../../lib/usd.ts';
import {
  disableKey,
  isDisabled,
  type Key,
  listKeys,
  totalSpent,
} from '../../openrouter/resources/keys.ts';
import { findWorkspace, isDefault, type Workspace } from '../../openrouter/resources/workspaces.ts';
import { Failure } from '../../shared/failure.ts';
import { listNewKeys, type NewKeys, teardown } from '../../teardown/teardown.ts';
import { type CommentData, type Deletion, NO_DATA, observe, remembersMore } from './comment.ts';
import { previewNotOurs, previewReopened } from './failures.ts';
import { isSame, readMark } from './naming.ts';
import { type GitHubContext, readStanding } from './standing.ts';
import type { Subject } from './subject.ts';
import { type CommentRequest, writeComment } from './write-comment.ts';

/** A preview and where its workspace is. */
export interface Preview {
  subject: Subject;
  /** When the subject is known to have changed, in milliseconds since 1970. */
  since?: number | undefined;
  identity: { slug: string; name: string; description: string };
}

/** What became of the workspace of a preview that is not needed any more. */
export type PreviewDeletion =
  | {
      kind: 'deletion';
      workspace: Workspace;
      /** False in a dry run, and if another job had deleted it. */
      deleted: boolean;
      /** In a dry run, those that would be deleted. */
      deletedKeys: readonly Key[];
      /** What all API keys of the workspace had spent; null if that is unknown. */
      keysSpent: Usd | null;
    }
  /** There was none. */
  | { kind: 'missing' }
  /** Its subject was open again before anything was deleted. */
  | { kind: 'reopened' };

/**
 * Deletes the workspace of a preview, with all API keys in it. Its subject must be closed, and is read once
 * more directly before and after that.
 * @throws {Failure} `preview-not-ours`, `preview-reopened`, `stale-response`, and those of `teardown`
 * @throws {ApiError}
 */
export async function deletePreview(
  preview: Preview,
  { dryRun }: { dryRun: boolean },
  context: GitHubContext,
): Promise<PreviewDeletion> {
  const { log, client } = context;
  const { subject, since, identity } = preview;
  const { workspace } = await findWorkspace(client, identity.slug);
  if (!workspace) {
    log.info(`There is no workspace ${identity.slug}: nothing to delete.`);
    return { kind: 'missing' };
  }
  assertOurs(workspace, preview, context);
  if (dryRun) {
    log.info(`Dry run: the workspace ${identity.slug} and its API keys would be deleted.`);
    const { keys } = await listKeys(client, workspace);
    const keysSpent = totalSpent(keys);
    return { kind: 'deletion', workspace, deleted: false, deletedKeys: keys, keysSpent };
  }
  const { value: list, error: listError } = await catching(
    listNewKeys(client, workspace),
    ApiError,
  );
  // OpenRouter may reject it because another job has deleted the workspace: the teardown finds out.
  if (listError && listError.details.kind !== 'rejected') throw listError;
  const begun = { at: Math.floor(context.timeOfDay() / 1000), run: context.run };
  const remembered = await announceDeletion(
    preview,
    { workspace, keys: list?.newKeys ?? [], begun },
    context,
  );
  const standing = await readStanding(subject, since, context);
  if (standing.isOpen) {
    log.info(`${identity.description} is open again: nothing was deleted.`);
    return { kind: 'reopened' };
  }
  context.onDeletion?.(workspace);
  const target = { workspace, list, remembered, begun };
  const deletion = await deleteWorkspaceOf(preview, target, context);
  const { value: after, error } = await catching(
    readStanding(subject, standing.since, context),
    ApiError,
    Failure,
  );
  if (error) log.info(`Whether it was reopened is unknown: ${error.message}.`);
  if (after?.isOpen) {
    const reason = 'it was deleted, and is open again: run its workflow again';
    throw new Failure(previewReopened, { workspace }, reason);
  }
  return deletion;
}

/**
 * Writes into the comment that a deletion has begun, for the case that this job dies during it. Returns what
 * the comment said before; undefined if it could not be read.
 */
async function announceDeletion(
  preview: Preview,
  { workspace, keys, begun }: { workspace: Workspace; keys: readonly Key[]; begun: Begun },
  context: GitHubContext,
): Promise<CommentData | undefined> {
  let remembered: CommentData | undefined;
  const doomed = { workspace, keys };
  const seen = observe(doomed, { ...begun, state: 'unfinished' });
  const onRemembered = (data: CommentData) => {
    remembered = data;
  };
  await commentOn(preview, { seen, doomed, onRemembered }, context);
  return remembered;
}

/** When a deletion began, and in which run. */
type Begun = Omit<Deletion, 'state'>;

/** A workspace to delete, and what is known of its API keys. */
interface Target {
  workspace: Workspace;
  /** Undefined if they could not be listed. */
  list: NewKeys | undefined;
  /** What the comment said before this step changed it; undefined if it could not be read. */
  remembered: CommentData | undefined;
  begun: Begun;
}

/** Deletes a workspace with its API keys, and writes what they have spent into the comment. */
async function deleteWorkspaceOf(
  preview: Preview,
  { workspace, list, remembered, begun }: Target,
  context: GitHubContext,
): Promise<PreviewDeletion> {
  const newKeys = list ? await endKeys(list.newKeys, context) : [];
  const options = { deleteKeys: true, relistKeys: false, list: list && { ...list, newKeys } };
  const result = await teardown(workspace, options, context);
  const { deleted, deletedKeys } = result;
  if (result.problem) throw result.problem;
  const { slug, id } = workspace;
  const done = deleted ? 'Deleted' : 'Another job had deleted';
  context.log.info(
    `${done} the workspace ${slug}, id ${id}. API keys deleted: ${deletedKeys.length}.`,
  );
  // What works until it is deleted can spend more than was read before.
  const isFinal = list !== undefined && deletedKeys.every(isDisabled);
  const keys = [...newKeys, ...deletedKeys];
  const state = isFinal ? 'finished' : 'unfinished';
  const seen = observe({ workspace, keys }, { ...begun, state });
  await commentOn(preview, { seen }, context);
  const isComplete =
    deleted &&
    deletedKeys.length === result.listedKeys &&
    remembered &&
    !remembersMore(remembered, { workspace, keys: deletedKeys });
  const keysSpent = isComplete ? totalSpent(deletedKeys) : null;
  return { kind: 'deletion', workspace, deleted, deletedKeys, keysSpent };
}

/** Disables those API keys that work, so that what they have spent is final. Returns all as they are then. */
async function endKeys(keys: readonly Key[], { client }: GitHubContext): Promise<Key[]> {
  const ended = new Map<string, Key>();
  const working = keys.filter((key) => !isDisabled(key));
  await forEachOf(working, async (key) => {
    const { value } = await catching(disableKey(client, key), ApiError);
    if (value) ended.set(key.hash, value);
  });
  return keys.map((key) => ended.get(key.hash) ?? key);
}

/** The most that a comment may delay the rest, in milliseconds: it can need two lists of thousands of keys. */
const COMMENT_WITHIN_MS = 30_000;

/**
 * Writes the comment of a pull request, unless there is to be none. Takes a quarter of the time that is
 * left at most.
 */
export async function commentOn(
  { subject, identity }: Preview,
  comment: Omit<CommentRequest, 'number' | 'slug' | 'render'>,
  context: GitHubContext,
): Promise<void> {
  const { renderComment: render, client, github } = context;
  if (subject.kind !== 'pull' || !render) {
    comment.onRemembered?.(NO_DATA);
    return;
  }
  const ms = Math.min(COMMENT_WITHIN_MS, client.timeLeft() / 4);
  const limited = { ...context, client: client.withTimeout(ms), github: github.withTimeout(ms) };
  await writeComment({ number: subject.number, slug: identity.slug, ...comment, render }, limited);
}

/** @throws {Failure} `preview-not-ours` */
export function assertOurs(
  workspace: Workspace,
  { subject, identity }: Preview,
  { repository }: Pick<GitHubContext, 'repository'>,
): void {
  const marked = readMark(workspace['description'], repository);
  if (marked && isSame(marked, subject) && !isDefault(workspace)) return;
  const description = String(workspace['description'] ?? '');
  const details = { workspace, description, expected: identity.description };
  throw new Failure(previewNotOurs, details, 'another workspace has its slug');
}

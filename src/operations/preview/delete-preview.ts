import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { disableKey, isDisabled, type Key, listKeys } from '../../openrouter/resources/keys.ts';
import { findWorkspace, isDefault, type Workspace } from '../../openrouter/resources/workspaces.ts';
import { Failure } from '../shared/failure.ts';
import { teardown } from '../teardown/teardown.ts';
import { type CommentData, observe } from './comment.ts';
import { isSame, readMark } from './naming.ts';
import { type GitHubContext, readStanding } from './standing.ts';
import type { Subject } from './subject.ts';
import { writeComment } from './write-comment.ts';

/** A preview and where its workspace is. */
export interface Preview {
  subject: Subject;
  /** When the subject is known to have changed, in milliseconds since 1970. */
  since?: number | undefined;
  identity: { slug: string; name: string; description: string };
}

/** What became of the workspace of a preview that is not needed any more. */
export type PreviewDeletion =
  /** In a dry run, `deleted` is false, and the keys are those that would be deleted. */
  | { kind: 'deletion'; workspace: Workspace; deleted: boolean; deletedKeys: readonly Key[] }
  /** There was none. */
  | { kind: 'missing' }
  /** Its subject was open again before anything was deleted. */
  | { kind: 'reopened' };

/** The most that a comment may delay the rest, in milliseconds. */
const COMMENT_WITHIN_MS = 10_000;

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
    return { kind: 'deletion', workspace, deleted: false, deletedKeys: keys };
  }
  // If this job dies during the deletion, the comment says so.
  await commentOn(preview, observe(workspace, [], 'unfinished'), context);
  const standing = await readStanding(subject, since, context);
  if (standing.isOpen) {
    log.info(`${identity.description} is open again: nothing was deleted.`);
    return { kind: 'reopened' };
  }
  context.onDeletion?.(workspace);
  const deletion = await deleteWorkspaceOf(preview, workspace, context);
  const { value: after, error } = await catching(
    readStanding(subject, standing.since, context),
    ApiError,
    Failure,
  );
  if (error) log.info(`Whether it was reopened is unknown: ${error.message}.`);
  if (after?.isOpen) {
    const reason = 'it was deleted, and is open again: run its workflow again';
    throw new Failure('preview-reopened', { workspace }, reason);
  }
  return deletion;
}

/** Deletes `workspace` with its API keys, and writes what they have spent into the comment. */
async function deleteWorkspaceOf(
  preview: Preview,
  workspace: Workspace,
  context: GitHubContext,
): Promise<PreviewDeletion> {
  const { value: endedKeys } = await catching(endKeys(workspace, context), ApiError);
  const options = { deleteKeys: true, relistKeys: false };
  const { deleted, deletedKeys, problem } = await teardown(workspace, options, context);
  if (problem) throw problem;
  const { slug, id } = workspace;
  const done = deleted ? 'Deleted' : 'Another job had deleted';
  context.log.info(
    `${done} the workspace ${slug}, id ${id}. API keys deleted: ${deletedKeys.length}.`,
  );
  // What works until it is deleted can spend more than was read before.
  const isFinal = endedKeys !== undefined && deletedKeys.every(isDisabled);
  const keys = [...(endedKeys ?? []), ...deletedKeys];
  await commentOn(preview, observe(workspace, keys, isFinal ? 'finished' : 'unfinished'), context);
  return { kind: 'deletion', workspace, deleted, deletedKeys };
}

/**
 * Disables the API keys of a workspace, so that what they have spent is final. Returns them with that.
 * @throws {ApiError}
 */
async function endKeys(workspace: Workspace, { client }: GitHubContext): Promise<readonly Key[]> {
  const { keys } = await listKeys(client, workspace);
  if (keys.every(isDisabled)) return keys;
  await Promise.all(keys.filter((key) => !isDisabled(key)).map((key) => disableKey(client, key)));
  return (await listKeys(client, workspace)).keys;
}

/**
 * Writes the comment of a pull request, unless there is to be none. Takes a quarter of the time that is
 * left at most.
 */
export async function commentOn(
  { subject, identity }: Preview,
  seen: CommentData,
  context: GitHubContext,
): Promise<void> {
  const { renderComment: render, client, github, clock, deadline } = context;
  if (subject.kind !== 'pull' || !render) return;
  const ms = Math.min(COMMENT_WITHIN_MS, (deadline - clock.now()) / 4);
  const limited = { ...context, client: client.withTimeout(ms), github: github.withTimeout(ms) };
  await writeComment({ number: subject.number, slug: identity.slug, seen, render }, limited);
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
  throw new Failure('preview-not-ours', details, 'another workspace has its slug');
}

import {
  type Comment,
  listComments,
  readLogin,
  sendComment,
  updateComment,
} from '../../github/comments.ts';
import type { Repository } from '../../github/repository.ts';
import type { Client } from '../../http/client.ts';
import { ApiError, toApiError } from '../../http/request.ts';
import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import { catching } from '../../lib/catching.ts';
import { listKeys } from '../../openrouter/resources/keys.ts';
import { findWorkspace } from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../../shared/context.ts';
import {
  type CommentData,
  type CommentFacts,
  checkDeletions,
  type ExistingWorkspace,
  hasMarker,
  mergeComment,
  NO_DATA,
  observe,
  readComment,
} from './comment.ts';
import { isSame, readMark } from './naming.ts';

/** The comment of the preview of a pull request. */
export interface CommentRequest {
  /** The number of the pull request. */
  number: number;
  /** The slug of its workspace. */
  slug: string;
  /** What the step knows and OpenRouter may have forgotten, such as a workspace that it deleted. */
  seen: CommentData;
  /** The workspace that is about to be deleted, as it was just listed. By default, it is looked up. */
  doomed?: ExistingWorkspace;
  /** Called with what the comment says before this step changes it. */
  onRemembered?(data: CommentData): void;
  /** Renders the body, which begins with the data. */
  render(facts: CommentFacts): string;
}

export interface CommentContext extends Pick<Context, 'client'> {
  /** Shows why the comment may be out of date. */
  notice(text: string): void;
  github: Client;
  repository: Repository;
  /** The login of the token of a job, which may not ask for its own: `github-actions[bot]`. */
  jobLogin: string;
}

/** More writes than it takes until several runs agree. */
const MAX_WRITES = 5;

/**
 * Writes the comment of a preview, if there is something to say. Reads it and what it is about again until
 * they agree, so that the last of several runs is right. A failure is only logged.
 */
export async function writeComment(
  request: CommentRequest,
  context: CommentContext,
): Promise<void> {
  const { error } = await catching(writeUntilRight(request, context), ApiError);
  if (!error) return;
  const { hint } = error.details;
  const problem = `The comment of the preview may be out of date: ${error.message}.`;
  context.notice(hint === undefined ? problem : `${problem} ${hint}`);
}

/** @throws {ApiError} */
async function writeUntilRight(request: CommentRequest, context: CommentContext): Promise<void> {
  const { github, repository, notice } = context;
  const { number, seen, doomed, render, onRemembered } = request;
  const login = await readLogin(github);
  let known = seen;
  // A list can lag behind a write.
  let written: Comment | undefined;
  for (let writes = 0; writes < MAX_WRITES; writes += 1) {
    const existing = doomed ? [doomed] : await observeWorkspace(request, context);
    const found = await findComment(login, request, context);
    if (found === 'unknown-author') return;
    const comment = found ?? written;
    const remembered = (comment && readComment(comment.body)) ?? NO_DATA;
    if (writes === 0) onRemembered?.(remembered);
    const all = [...existing.map((one) => observe(one)), remembered];
    known = all.reduce(mergeComment, checkDeletions(known, remembered));
    if (Object.keys(known.workspaces).length === 0) return;

    const body = render({ data: known, existing, isBeingDeleted: doomed !== undefined });
    if (comment?.body === body) return;
    if (comment) await updateComment(github, repository, comment, body);
    else written = await createComment({ number, body, attempt: writes + 1 }, context);
  }
  notice('The comment of the preview may be out of date: other runs keep changing it.');
}

/** @throws {ApiError} */
async function observeWorkspace(
  { number, slug }: CommentRequest,
  { client, repository }: CommentContext,
): Promise<ExistingWorkspace[]> {
  const { workspace } = await findWorkspace(client, slug);
  const mark = readMark(workspace?.['description'], repository);
  if (!workspace || !mark || !isSame(mark, { kind: 'pull', number })) return [];
  const { keys } = await listKeys(client, workspace);
  return [{ workspace, keys }];
}

/**
 * Finds the comment by its beginning and its author. Of two, a POST whose response was lost has made one:
 * the older counts.
 * @param login undefined for the token of a job, or of an app whose login is unknown
 * @throws {ApiError}
 */
async function findComment(
  login: string | undefined,
  { number }: CommentRequest,
  { github, repository, jobLogin, notice }: CommentContext,
): Promise<Comment | undefined | 'unknown-author'> {
  let otherApp: string | undefined;
  for await (const comment of listComments(github, repository, number)) {
    const author = comment.user?.login;
    if (!hasMarker(comment.body)) continue;
    if (author === (login ?? jobLogin)) return comment;
    if (author?.endsWith('[bot]')) otherApp ??= author;
  }
  if (login !== undefined || otherApp === undefined) return undefined;
  notice(
    `The comment of the preview is not written: whether the one by ${otherApp} is its own is unknown, because GitHub does not say whose token github-token is.`,
  );
  return 'unknown-author';
}

/**
 * Returns the new comment; undefined if it has to be looked for before the next attempt.
 * @throws {ApiError}
 */
async function createComment(
  { number, body, attempt }: { number: number; body: string; attempt: number },
  { github, repository }: CommentContext,
): Promise<Comment | undefined> {
  const outcome = await sendComment(github, repository, number, body);
  if (outcome.kind === 'succeeded') return outcome.response.data;
  const { retryable, ambiguous } = FAILURE_CLASSES[outcome.kind];
  const stopReason = retryable ? await github.waitForRetry(outcome.failure, attempt) : undefined;
  if (retryable && stopReason === undefined) return undefined;
  throw toApiError([outcome.failure], { ambiguous, stopReason });
}

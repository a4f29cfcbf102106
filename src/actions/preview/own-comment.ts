/** The comments that are about one workspace, among all of a pull request. */
import {
  type Comment,
  deleteComment,
  listComments,
  sendComment,
  updateComment,
} from '../../github/comments.ts';
import type { Repository } from '../../github/repository.ts';
import type { Client } from '../../http/client.ts';
import { ApiError, toApiError } from '../../http/request.ts';
import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import { catching } from '../../lib/catching.ts';
import type { Log } from '../../lib/log.ts';
import { type CommentData, readComment } from './comment.ts';

/** Where the comment of a workspace is. */
export interface OwnPlace {
  github: Client;
  repository: Repository;
  /** The number of the pull request. */
  number: number;
  /** The id of the workspace. */
  workspace: string;
  /** Whose comments count. */
  login: string;
  log: Log;
}

/** A comment about a workspace. */
export interface OwnComment {
  comment: Comment;
  data: CommentData;
}

/**
 * Lists the comments about a workspace, the oldest first. There is more than one after two runs began at once, or
 * after a POST whose response was lost.
 * @throws {ApiError}
 */
export async function listOwn(place: OwnPlace): Promise<OwnComment[]> {
  const { github, repository, number, workspace, login } = place;
  const own: OwnComment[] = [];
  for await (const comment of listComments(github, repository, number)) {
    const data = comment.user?.login === login ? readComment(comment.body) : undefined;
    if (data?.workspace === workspace) own.push({ comment, data });
  }
  return own.sort((a, b) => a.comment.id - b.comment.id);
}

interface WriteOptions {
  body: string;
  oldest: OwnComment | undefined;
  /** Which attempt this is, counted from 1, and whether it is the last one: then a failure is an error. */
  attempt: number;
  isLast: boolean;
}

/**
 * Has the oldest comment say `body`, or adds one. Returns whether it does; otherwise it has to be looked for first.
 * @throws {ApiError}
 */
export async function writeOwn(
  { body, oldest, attempt, isLast }: WriteOptions,
  { github, repository, number }: OwnPlace,
): Promise<boolean> {
  if (oldest) {
    const ref = { ...oldest.comment, pull: number };
    const { error } = await catching(updateComment(github, repository, ref, body), ApiError);
    // Someone has deleted it: the next list shows that, or the request was wrong and fails again.
    if (error && (error.details.status !== 404 || attempt > 2)) throw error;
    return !error;
  }
  const outcome = await sendComment(github, repository, number, body);
  if (outcome.kind === 'succeeded') return true;
  const { retryable, ambiguous } = FAILURE_CLASSES[outcome.kind];
  const repeats = retryable && !isLast;
  const stop = repeats ? await github.waitForRetry(outcome.failure, attempt) : undefined;
  if (!repeats || stop) throw toApiError([outcome.failure], { ambiguous, ...stop });
  return false;
}

/**
 * Deletes all comments but `kept`.
 * @throws {ApiError} if the other comments would fail like this
 */
export async function keepOnly(
  kept: OwnComment,
  all: readonly OwnComment[],
  { github, repository, number: pull, log }: OwnPlace,
): Promise<void> {
  for (const other of all.filter((one) => one !== kept)) {
    const deletion = deleteComment(github, repository, { ...other.comment, pull });
    const { error } = await catching(deletion, ApiError);
    if (error && concernsAll(error)) throw error;
    if (error) log.notice(`A second comment of the preview is left: ${error.message}.`);
  }
}

/** Whether other comments would fail like one with `error`: GitHub does not respond, or throttles for longer. */
export function concernsAll({ details: { server, status, kind } }: ApiError): boolean {
  return server === 'GitHub' && (status === undefined || kind === 'throttled');
}

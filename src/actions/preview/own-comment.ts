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
import { hasMarker } from './comment.ts';

/** Where the comments of a preview are written. */
export interface CommentPlace {
  github: Client;
  repository: Repository;
  /** The number of the pull request. */
  number: number;
  notice(text: string): void;
}

/**
 * Lists the comments of the preview by `login`, the oldest first. There is more than one after two runs began
 * at once, or after a POST whose response was lost.
 * @throws {ApiError}
 */
export async function listOwn(
  login: string,
  { github, repository, number }: CommentPlace,
): Promise<Comment[]> {
  const own: Comment[] = [];
  for await (const comment of listComments(github, repository, number)) {
    if (hasMarker(comment.body) && comment.user?.login === login) own.push(comment);
  }
  return own;
}

/** What became of an attempt to write a comment. */
export type WriteResult =
  /** It has the text, in the newest list. */
  | { kind: 'right' }
  | { kind: 'written'; comment: Comment }
  /** It has to be looked for before the next attempt. `missing` is the id of one that may have been deleted. */
  | { kind: 'unclear'; error: ApiError; missing?: number };

interface OwnText {
  body: string;
  /** What the newest list has. */
  own: readonly Comment[];
  /** A list can lag behind a write. */
  last: WriteResult | undefined;
  /** Counted from 1. */
  attempt: number;
}

/**
 * Has the oldest comment of its own say `body`. Deletes the younger ones, once a list shows that it does: then
 * what they remember is in it.
 * @throws {ApiError}
 */
export async function writeOwn(text: OwnText, place: CommentPlace): Promise<WriteResult> {
  const { body, own, last } = text;
  const written = last?.kind === 'written' ? [last.comment] : [];
  const [comment] = [...own, ...written].sort((a, b) => a.id - b.id);
  if (!comment) return createComment(text, place);
  if (comment.body === body) {
    if (comment === own[0]) await deleteAll(own.slice(1), place);
    return { kind: 'right' };
  }
  const { github, repository, number: pull } = place;
  const update = await catching(
    updateComment(github, repository, { ...comment, pull }, body),
    ApiError,
  );
  if (!update.error) return { kind: 'written', comment: update.value };
  // Someone has deleted it, unless a new list still has it.
  const wasMissing = last?.kind === 'unclear' && last.missing === comment.id;
  if (update.error.details.status !== 404 || wasMissing) throw update.error;
  return { kind: 'unclear', error: update.error, missing: comment.id };
}

/** @throws {ApiError} */
async function createComment(
  { body, attempt }: OwnText,
  { github, repository, number }: CommentPlace,
): Promise<WriteResult> {
  const outcome = await sendComment(github, repository, number, body);
  if (outcome.kind === 'succeeded') return { kind: 'written', comment: outcome.response.data };
  const { retryable, ambiguous } = FAILURE_CLASSES[outcome.kind];
  const stop = retryable ? await github.waitForRetry(outcome.failure, attempt) : undefined;
  const error = toApiError([outcome.failure], { ambiguous, ...stop });
  if (retryable && !stop) return { kind: 'unclear', error };
  throw error;
}

/** @throws {ApiError} if the other comments would fail like this */
async function deleteAll(
  comments: readonly Comment[],
  { github, repository, number: pull, notice }: CommentPlace,
): Promise<void> {
  for (const comment of comments) {
    const deletion = deleteComment(github, repository, { ...comment, pull });
    const { error } = await catching(deletion, ApiError);
    if (error && concernsAll(error)) throw error;
    if (error) notice(`A second comment of the preview is left: ${error.message}.`);
  }
}

/** Whether other comments would fail like one with `error`: GitHub does not respond, or throttles for longer. */
export function concernsAll({ details: { server, status, kind } }: ApiError): boolean {
  return server === 'GitHub' && (status === undefined || kind === 'throttled');
}

import { type Comment, readLogin } from '../../github/comments.ts';
import type { Repository } from '../../github/repository.ts';
import type { Client } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import type { Context } from '../../shared/context.ts';
import {
  type CommentData,
  type CommentFacts,
  checkDeletions,
  type ListedWorkspace,
  mergeComment,
  NO_DATA,
  type OwnKey,
  readComment,
  toCommentData,
} from './comment.ts';
import { findOthers, type KnownWorkspace, listExisting, type Search } from './find-existing.ts';
import {
  type CommentPlace,
  concernsAll,
  listOwn,
  type WriteResult,
  writeOwn,
} from './own-comment.ts';
import { describeSpent } from './render-comment.ts';

/** The comment of the preview of a pull request. */
export interface CommentRequest {
  /** The number of the pull request. */
  number: number;
  /** The slug of its workspace. */
  slug: string;
  /** What the step knows and OpenRouter may have forgotten, such as a workspace that it deleted. */
  data: CommentData;
  known: KnownWorkspace;
  own?: OwnKey | undefined;
}

/** What a step has read to write a comment. */
export interface CommentOutcome {
  /** The workspaces that exist; undefined if the comment may be out of date. */
  existing?: readonly ListedWorkspace[] | undefined;
  /** What the comment said before it was written this time; undefined if it could not be read. */
  remembered?: CommentData | undefined;
  /** What the comment says; undefined if there is none, or if it may be out of date. */
  written?: WrittenComment | undefined;
}

/** The comment of a preview that says what is right. */
export interface WrittenComment {
  /** The number of the pull request. */
  number: number;
  change: 'created' | 'updated' | 'none';
  facts: CommentFacts;
}

/** Where a comment is, and its sum as its title shows it: `Updated the comment on #42: $0.84 of $5.00.` */
export function describeComment({ number, change, facts }: WrittenComment): string {
  const sum = describeSpent(facts);
  const where = `comment on #${number}`;
  if (change === 'none') return `The ${where} is up to date: ${sum}.`;
  return `${change === 'created' ? 'Wrote the' : 'Updated the'} ${where}: ${sum}.`;
}

/** What the comments of a step share. */
export interface Comments {
  /** Its requests have a throttle and a time of their own, so that comments never hold up a deletion. */
  github: Client;
  /** Whether GitHub accepts none of them now. */
  areGivenUp: boolean;
  /** The notices so far. What a comment meets twice is reported once. */
  noticed: Set<string>;
  /**
   * The login that they are written under, which is read once.
   * @throws {ApiError}
   */
  login(): Promise<string>;
  /** Renders the body, which begins with the data. */
  render(facts: CommentFacts): string;
}

interface OpenOptions extends Pick<Comments, 'render'> {
  repository: Pick<Repository, 'isGitea'>;
  /** The login of the token of a job, where the server does not tell it. */
  jobLogin: string;
}

/** What the comments of a step share. */
export function openComments(
  github: Client,
  { jobLogin, repository, render }: OpenOptions,
): Comments {
  const ownGithub = github.withOwnThrottle(github.timeLeft() * TIME_SHARE);
  let login: Promise<string> | undefined;
  return {
    github: ownGithub,
    areGivenUp: false,
    noticed: new Set(),
    login() {
      login ??= readLogin(ownGithub, repository, jobLogin);
      return login;
    },
    render,
  };
}

/** The share of the timeout that the comments of a step have together. */
const TIME_SHARE = 1 / 4;

export interface CommentContext extends Pick<Context, 'client' | 'toLine'> {
  /** Shows why the comment may be out of date, and the error that is its cause. */
  notice(text: string, cause?: Error): void;
  comments: Comments;
  repository: Repository;
}

/** What a comment remembers whose data someone has broken: more than can be read. */
const LOST: CommentData = { ...NO_DATA, isCut: true };

/** More rounds than it takes until several runs agree. */
const MAX_ROUNDS = 5;

/**
 * Writes the comment of a preview, if there is something to say. Reads it and what it is about again until
 * they agree, so that the last of several runs is right. A failure is only a notice: after one without a response,
 * after throttling that takes longer, and without the login, the other comments of the step are skipped.
 */
export async function writeComment(
  request: CommentRequest,
  context: CommentContext,
): Promise<CommentOutcome> {
  const { comments } = context;
  if (comments.areGivenUp) return {};
  const { value: login, error: rejection } = await catching(comments.login(), ApiError);
  if (rejection) {
    noticeError(rejection, { endsComments: true }, context);
    return {};
  }
  const place = { ...context, github: comments.github, number: request.number, login };
  const search = { ...request, others: new Set<string>(), last: [] };
  const { value: first, error: unread } = await catching(readAll(search, place), ApiError);
  if (unread) {
    noticeError(unread, { endsComments: concernsAll(unread) }, context);
    return {};
  }
  const { value: end, error } = await catching(writeUntilRight(request, first, place), ApiError);
  const isNew = first.own.length === 0;
  if (error) noticeError(error, { endsComments: concernsAll(error), isNew }, context);
  return { ...end, remembered: first.remembered };
}

/** Says what failed, unless another comment, at the same time, has met what concerns all. */
function noticeError(
  error: ApiError,
  { endsComments, isNew = false }: { endsComments: boolean; isNew?: boolean },
  context: CommentContext,
): void {
  const { comments } = context;
  if (comments.areGivenUp) return;
  comments.areGivenUp = endsComments;
  const { kind, hint } = error.details;
  noticeOnce(
    [
      `${error.message}.`,
      ...(hint !== undefined && kind === 'rejected' ? [hint] : []),
      ...(endsComments ? ['This step writes no other comments.'] : []),
    ].join(' '),
    context,
    { cause: error, isNew },
  );
}

/** Says why the comment may be out of date, or why there is none, unless that has been said. */
function noticeOnce(
  reason: string,
  { comments: { noticed }, notice }: CommentContext,
  { cause, isNew = false }: { cause?: Error; isNew?: boolean } = {},
): void {
  if (noticed.has(reason)) return;
  noticed.add(reason);
  const what = isNew ? 'could not be written' : 'may be out of date';
  notice(`The comment of the preview ${what}: ${reason}`, cause);
}

/** What a comment is about, and what it says. */
interface Reading {
  existing: readonly ListedWorkspace[];
  remembered: CommentData;
  /** The comments of this preview: it can have more than one. */
  own: readonly Comment[];
}

type Place = CommentContext & CommentPlace & { login: string };

/** @throws {ApiError} */
async function readAll(search: Search, place: Place): Promise<Reading> {
  // Before the comment: a workspace that is deleted after this list is remembered in the comment.
  const existing = await listExisting(search, place);
  const own = await listOwn(place.login, place);
  const remembered = own.map(({ body }) => readComment(body) ?? LOST).reduce(mergeComment, NO_DATA);
  return { existing, remembered, own };
}

/** Joins what a run knows with what it has read. */
function joinAll(
  known: CommentData,
  { existing, remembered }: Reading,
  added: Parameters<typeof toCommentData>[1],
): CommentData {
  const listed = existing.map((one) => toCommentData(one, added));
  return [...listed, remembered].reduce(mergeComment, checkDeletions(known, remembered));
}

/** Whether a key exists or is remembered. Without one, only a comment that exists is updated. */
function hasSomethingToSay({ workspaces }: CommentData, own: readonly Comment[]): boolean {
  const known = Object.values(workspaces);
  if (own.length > 0) return known.length > 0;
  return known.some(({ keys }) => Object.keys(keys).length > 0);
}

/**
 * Returns nothing if other runs keep changing the comment.
 * @throws {ApiError}
 */
async function writeUntilRight(
  request: CommentRequest,
  first: Reading,
  place: Place,
): Promise<Omit<CommentOutcome, 'remembered'>> {
  const { known, own: ownKey, number } = request;
  const { toLine } = place;
  const others = new Set<string>();
  const isBeingDeleted = known.kind === 'being-deleted';
  let [reading, data] = [first, request.data];
  let last: WriteResult | undefined;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const search = { ...request, others, last: reading.existing };
    if (round > 1) reading = await readAll(search, place);
    const { existing, own } = reading;
    data = joinAll(data, reading, { toLine, own: ownKey });
    const found = findOthers(data, search, existing);
    for (const id of found) others.add(id);
    if (found.length > 0) continue;
    if (!hasSomethingToSay(data, own)) return { existing };
    const facts = { data, existing, isBeingDeleted };
    const isFirst = last === undefined;
    last = await writeOwn({ body: place.comments.render(facts), own, last, attempt: round }, place);
    if (last.kind === 'right') {
      const written = first.own.length === 0 ? 'created' : 'updated';
      const change = isFirst ? 'none' : written;
      return { existing, written: { number, change, facts } };
    }
  }
  if (last?.kind === 'unclear') throw last.error;
  noticeOnce('other runs keep changing it.', place);
  return {};
}

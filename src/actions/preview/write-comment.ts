import { readLogin } from '../../github/comments.ts';
import type { Repository } from '../../github/repository.ts';
import type { Client } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import type { Context } from '../../shared/context.ts';
import {
  type CommentData,
  type CommentFacts,
  checkDeletions,
  type ExistingWorkspace,
  mergeComment,
  NO_DATA,
  observe,
  readComment,
} from './comment.ts';
import { findOthers, type KnownWorkspace, listExisting } from './find-existing.ts';
import { type Attempt, listOwn, writeOwn } from './own-comment.ts';

/** The comment of the preview of a pull request. */
export interface CommentRequest {
  /** The number of the pull request. */
  number: number;
  /** The slug of its workspace. */
  slug: string;
  /** What the step knows and OpenRouter may have forgotten, such as a workspace that it deleted. */
  seen: CommentData;
  known: KnownWorkspace;
  /** Called with what the comment says before this step changes it. */
  onRemembered?(data: CommentData): void;
}

/** What the comments of a step share. */
export interface Comments {
  github: Client;
  /**
   * The login that they are written under, which is read once.
   * @throws {ApiError}
   */
  login(): Promise<string>;
  /** Renders the body, which begins with the data. */
  render(facts: CommentFacts): string;
}

/**
 * What the comments of a step share.
 * @param jobLogin the login of the token of a job, where GraphQL does not tell it
 */
export function openComments(
  github: Client,
  { jobLogin, render }: { jobLogin: string; render: Comments['render'] },
): Comments {
  let login: Promise<string> | undefined;
  return {
    github,
    login() {
      login ??= readLogin(github, jobLogin);
      return login;
    },
    render,
  };
}

export interface CommentContext extends Pick<Context, 'client'> {
  /** Shows why the comment may be out of date. */
  notice(text: string): void;
  comments: Comments;
  repository: Repository;
}

/** More rounds than it takes until several runs agree. */
const MAX_ROUNDS = 5;

/**
 * Writes the comment of a preview, if there is something to say. Reads it and what it is about again until
 * they agree, so that the last of several runs is right; of a workspace that is about to be deleted, it is
 * written once. Returns the workspaces that exist; undefined after a failure, which is only logged.
 */
export async function writeComment(
  request: CommentRequest,
  context: CommentContext,
): Promise<readonly ExistingWorkspace[] | undefined> {
  const { value, error } = await catching(writeUntilRight(request, context), ApiError);
  if (!error) return value;
  const { hint } = error.details;
  const problem = `The comment of the preview may be out of date: ${error.message}.`;
  context.notice(hint === undefined ? problem : `${problem} ${hint}`);
  return undefined;
}

/** @throws {ApiError} */
async function writeUntilRight(
  request: CommentRequest,
  context: CommentContext,
): Promise<readonly ExistingWorkspace[] | undefined> {
  const { number, known: start, onRemembered } = request;
  const { comments } = context;
  const place = { ...context, github: comments.github, number };
  const login = await comments.login();
  const others = new Set<string>();
  const isBeingDeleted = start.kind === 'doomed';
  let [data, existing]: [CommentData, readonly ExistingWorkspace[]] = [request.seen, []];
  let last: Attempt | undefined;
  for (let round = 1; round <= MAX_ROUNDS; round += 1) {
    const search = { ...request, others, last: existing };
    // Before the comment: what is deleted after this list is remembered in that.
    existing = await listExisting(search, context);
    const own = await listOwn(login, place);
    const remembered = own
      .map(({ body }) => readComment(body) ?? NO_DATA)
      .reduce(mergeComment, NO_DATA);
    if (round === 1) onRemembered?.(remembered);
    data = [...existing.map((one) => observe(one)), remembered].reduce(
      mergeComment,
      checkDeletions(data, remembered),
    );
    const found = findOthers(data, search, existing);
    for (const id of found) others.add(id);
    if (found.length > 0) continue;
    if (Object.keys(data.workspaces).length === 0) return existing;
    const body = comments.render({ data, existing, isBeingDeleted });
    last = await writeOwn({ body, own, last, attempt: round }, place);
    if (last.kind === 'right' || (last.kind === 'written' && isBeingDeleted)) return existing;
  }
  context.notice('The comment of the preview may be out of date: other runs keep changing it.');
  return undefined;
}

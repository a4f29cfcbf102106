import { type Branch, findBranch } from '../../github/branches.ts';
import { isOwnPull, readPull } from '../../github/pulls.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { staleResponse } from './failures.ts';
import type { Subject } from './subject.ts';
import type { CommentWriter } from './write-comment.ts';

/** Where the state of previews is looked up. */
export interface GitHubContext extends Context, CommentWriter {
  /** Called with each state that GitHub reports, before anything is done about it: the last one is right. */
  onSubject?: ((state: SubjectState) => void) | undefined;
}

/** What GitHub says of a pull request or a branch. */
export interface SubjectState {
  isOpen: boolean;
  /** Whether the code is in the repository itself. Code of strangers gets no preview. */
  isOwn: boolean;
  /** Its newest commit; undefined for a branch that is gone. */
  head: string | undefined;
  /** When the pull request changed, in milliseconds since 1970: a later response that is older is outdated. */
  since: number | undefined;
}

/** When to repeat a request whose response is, or seems, older than the event, in milliseconds. */
const STALE_DELAYS_MS = [0, 1_000, 2_000, 4_000];

/**
 * Reads whether a pull request is open, or whether a branch exists.
 * @param since when the pull request is known to have changed: an older response is outdated, and one without it
 * @param wasOpen whether the branch is known to have existed a moment ago, or to have been deleted: a response that
 *   differs can be outdated, too
 * @throws {ApiError} also if the token may not read it: that never means that it is closed
 * @throws {Failure} `stale-response`
 */
export async function readSubject(
  subject: Subject,
  since: number | undefined,
  context: GitHubContext,
  { wasOpen }: { wasOpen?: boolean } = {},
): Promise<SubjectState> {
  const state = await requestSubject(subject, since, context, { wasOpen });
  context.onSubject?.(state);
  return state;
}

async function requestSubject(
  subject: Subject,
  since: number | undefined,
  { github, repository }: GitHubContext,
  { wasOpen }: { wasOpen: boolean | undefined },
): Promise<SubjectState> {
  if (subject.kind === 'branch') {
    let branch: Branch | undefined;
    for (const delay of wasOpen === undefined ? [0] : STALE_DELAYS_MS) {
      await github.pause(delay);
      branch = await findBranch(github, repository, subject.name);
      if ((branch !== undefined) === wasOpen) break;
    }
    return { isOpen: branch !== undefined, isOwn: true, head: branch?.sha, since };
  }
  let missing: ApiError | undefined;
  for (const delay of STALE_DELAYS_MS) {
    await github.pause(delay);
    const lookup = readPull(github, repository, subject.number);
    const { value: pull, error } = await catching(lookup, ApiError);
    missing = error;
    if (error && since !== undefined && error.details.status === 404) continue;
    if (error) throw error;
    const updatedAt = Date.parse(pull.updated_at);
    if (!(updatedAt >= (since ?? 0))) continue;
    const isOwn = isOwnPull(pull, repository);
    return { isOpen: pull.state === 'open', isOwn, head: pull.head.sha, since: updatedAt };
  }
  const reason = 'GitHub shows an older state of it';
  throw missing ?? new Failure(staleResponse, { number: subject.number }, reason);
}

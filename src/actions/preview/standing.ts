import { findBranch } from '../../github/branches.ts';
import { isOwnPull, readPull } from '../../github/pulls.ts';
import type { Repository } from '../../github/repository.ts';
import type { Client } from '../../http/client.ts';
import { catching } from '../../lib/catching.ts';
import type { WorkspaceRef } from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { staleResponse } from './failures.ts';
import type { Subject } from './subject.ts';
import type { Comments } from './write-comment.ts';

/** Where the state of previews is looked up. */
export interface GitHubContext extends Context {
  github: Client;
  repository: Repository;
  /** The run and its attempt, such as `17000000012.1`; empty if unknown. */
  run: string;
  /** Called before a workspace is deleted: if this step dies then, its post step looks whether it is needed. */
  onDeletion?(workspace: WorkspaceRef): void;
  /** Shows what a reader of a green run should know. */
  notice(text: string): void;
  /** The comments of pull requests; undefined if none is to be written. */
  comments: Comments | undefined;
}

/** What GitHub says of a pull request or a branch. */
export interface Standing {
  isOpen: boolean;
  /** Whether the code is in the repository itself. Code of strangers gets no preview. */
  isOwn: boolean;
  /** Its newest commit; undefined for a branch that is gone. */
  head: string | undefined;
  /** When the pull request changed, in milliseconds since 1970: a later response that is older is outdated. */
  since: number | undefined;
}

/** When to repeat a request whose response is, or may be, older than the event, in milliseconds. */
const STALE_DELAYS_MS = [0, 1_000, 2_000, 4_000];

/** What the event of a run says. A response that says something else can be outdated, or newer. */
type Expected = Partial<Pick<Standing, 'isOpen' | 'head'>>;

/**
 * Reads whether a pull request is open, or whether a branch exists. Reads again what is not as expected, and
 * then believes it.
 * @param since when it is known to have changed: an older response is outdated
 * @throws {ApiError} also if the token may not read it: that never means that it is closed
 * @throws {Failure} `stale-response`
 */
export async function readStanding(
  subject: Subject,
  since: number | undefined,
  context: GitHubContext,
  expected: Expected = {},
): Promise<Standing> {
  let [last, stale]: [Standing?, Failure?] = [];
  for (const delay of STALE_DELAYS_MS) {
    await context.github.pause(delay);
    const lookup = readOnce(subject, last?.since ?? since, context);
    const { value: standing, error } = await catching(lookup, Failure);
    if (standing && isExpected(standing, expected)) return standing;
    last = standing ?? last;
    stale = error;
  }
  if (last) return last;
  throw stale;
}

function isExpected(standing: Standing, { isOpen, head }: Expected): boolean {
  return (
    (isOpen ?? standing.isOpen) === standing.isOpen && (head ?? standing.head) === standing.head
  );
}

/**
 * @throws {ApiError}
 * @throws {Failure} `stale-response`
 */
async function readOnce(
  subject: Subject,
  since: number | undefined,
  { github, repository }: GitHubContext,
): Promise<Standing> {
  if (subject.kind === 'branch') {
    const branch = await findBranch(github, repository, subject.name);
    return { isOpen: branch !== undefined, isOwn: true, head: branch?.sha, since };
  }
  const pull = await readPull(github, repository, subject.number);
  const updatedAt = Date.parse(pull.updated_at);
  if (!(updatedAt >= (since ?? 0))) {
    const { number } = subject;
    throw new Failure(staleResponse, { number }, 'GitHub shows an older state of it');
  }
  const isOwn = isOwnPull(pull, repository);
  return { isOpen: pull.state === 'open', isOwn, head: pull.head.sha, since: updatedAt };
}

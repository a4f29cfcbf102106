import { addComment, changeBranch, changePull, findPull } from './changes.ts';
import { deleteEvent, eventIn, type GitHubEvent, pullRequestEvent, pushEvent } from './events.ts';
import { userBody } from './resources.ts';
import { newSha, userOf } from './seed.ts';
import type { Comment, GitHubState, PullRequest, Repository } from './state.ts';

/** The events that something causes, the one that it is about first. */
export type Events = [GitHubEvent, ...GitHubEvent[]];

/** The login of whoever does something. */
interface By {
  by?: string;
}

const SOMEONE = 'octocat';

export interface PullFixture extends By {
  /** The next one by default. */
  number?: number;
  /** Created if it does not exist. */
  branch?: string;
  /** Where the branch is: in a fork, or in the repository itself. */
  from?: Repository;
}

/** Opens a pull request. */
export function openPull(
  github: GitHubState,
  repository: Repository,
  { number, branch = 'feature', from = repository, by = SOMEONE }: PullFixture = {},
): Events {
  const pulls = repository.pulls.now();
  if (!from.branches.now().has(branch)) changeBranch(from, branch, newSha(github));
  const pull: PullRequest = {
    number: number ?? Math.max(0, ...pulls.map((other) => other.number)) + 1,
    state: 'open',
    merged: false,
    author: userOf(by),
    head: { ref: branch, sha: from.branches.now().get(branch) ?? '', repository: from.id },
    createdAt: github.now(),
    updatedAt: github.now(),
  };
  repository.pulls.change([...pulls, pull]);
  return [pullRequestEvent(github, repository, { pull, action: 'opened', by })];
}

/** Closes a pull request without merging it. */
export function closePull(
  github: GitHubState,
  repository: Repository,
  number: number,
  { by = SOMEONE }: By = {},
): Events {
  const pull = changePull(github, repository, number, { state: 'closed' });
  return [pullRequestEvent(github, repository, { pull, action: 'closed', by })];
}

/** Merges a pull request, which pushes to the default branch. */
export function mergePull(
  github: GitHubState,
  repository: Repository,
  number: number,
  { by = SOMEONE }: By = {},
): Events {
  const pull = changePull(github, repository, number, { state: 'closed', merged: true });
  const pushed = pushTo(github, repository, repository.defaultBranch, { by });
  return [pullRequestEvent(github, repository, { pull, action: 'closed', by }), ...pushed];
}

/** Reopens a pull request, which then has the newest commit of its branch. */
export function reopenPull(
  github: GitHubState,
  repository: Repository,
  number: number,
  { by = SOMEONE }: By = {},
): Events {
  const { head } = findPull(repository, number);
  const sha = headOf(github, head) ?? head.sha;
  const pull = changePull(github, repository, number, { state: 'open', head: { ...head, sha } });
  return [pullRequestEvent(github, repository, { pull, action: 'reopened', by })];
}

/** The newest commit of the branch of a pull request, if that exists. */
function headOf(
  { repositories }: GitHubState,
  { repository, ref }: PullRequest['head'],
): string | undefined {
  return repositories
    .find(({ id }) => id === repository)
    ?.branches.now()
    .get(ref);
}

/** Pushes a commit to a branch, which is created if it does not exist, and to its open pull requests. */
export function pushTo(
  github: GitHubState,
  repository: Repository,
  branch: string,
  { by = SOMEONE }: By = {},
): Events {
  const before = repository.branches.now().get(branch);
  const after = newSha(github);
  changeBranch(repository, branch, after);
  const synchronized = openPullsOf(github, repository, branch).map(([base, { number, head }]) => {
    const pull = changePull(github, base, number, { head: { ...head, sha: after } });
    return pullRequestEvent(github, base, { pull, action: 'synchronize', by });
  });
  const ref = `refs/heads/${branch}`;
  return [pushEvent(github, repository, { ref, before, after, by }), ...synchronized];
}

/** Deletes a branch, which closes its open pull requests. */
export function deleteBranch(
  github: GitHubState,
  repository: Repository,
  branch: string,
  { by = SOMEONE }: By = {},
): Events {
  const before = repository.branches.now().get(branch);
  changeBranch(repository, branch, undefined);
  const closed = openPullsOf(github, repository, branch).flatMap(([base, { number }]) =>
    closePull(github, base, number, { by }),
  );
  const pushed = pushEvent(github, repository, { ref: `refs/heads/${branch}`, before, by });
  return [deleteEvent(github, repository, { branch, by }), pushed, ...closed];
}

/** The open pull requests of a branch, each with the repository that it is in. */
function openPullsOf(
  { repositories }: GitHubState,
  { id }: Repository,
  branch: string,
): [Repository, PullRequest][] {
  return repositories.flatMap((base) =>
    base.pulls
      .now()
      .filter(
        ({ state, head }) => state === 'open' && head.ref === branch && head.repository === id,
      )
      .map((pull): [Repository, PullRequest] => [base, pull]),
  );
}

/** Deletes a repository, a fork say. The pull requests from it stay open, and their `head.repo` is null. */
export function deleteRepository({ repositories }: GitHubState, { id }: Repository): void {
  repositories.splice(
    repositories.findIndex((other) => other.id === id),
    1,
  );
}

/** Renames a repository. Requests for its old name are redirected from then on. */
export function renameRepository(repository: Repository, name: string): void {
  repository.formerNames.push(repository.name);
  repository.name = name;
}

/** Comments on a pull request by hand. */
export function commentBy(
  github: GitHubState,
  repository: Repository,
  { by, pull, body }: { by: string; pull: number; body: string },
): Comment {
  return addComment(github, repository, { pull, body, author: userOf(by) });
}

/** Comments on a pull request, which GitHub calls an issue here. The run is one of the default branch. */
export function commentOn(
  github: GitHubState,
  repository: Repository,
  number: number,
  { body, by = SOMEONE }: By & { body: string },
): Events {
  const comment = { body, user: userBody(userOf(by)) };
  const issue = { number, pull_request: {} };
  const payload = { action: 'created', issue, comment };
  return [eventIn(github, repository, { name: 'issue_comment', by, payload })];
}

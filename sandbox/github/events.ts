import { pullBody, repositoryBody, userBody } from './resources.ts';
import { userOf } from './seed.ts';
import type { GitHubState, PullRequest, Repository } from './state.ts';

/** An event that starts runs of a repository's workflows. */
export interface GitHubEvent {
  /** `GITHUB_EVENT_NAME` */
  name: string;
  /** Whose workflows run. */
  repository: Repository;
  /** What is checked out: `GITHUB_REF` and `GITHUB_SHA`. */
  ref: string;
  sha: string;
  /** The login of whoever caused it. */
  actor: string;
  /** The JSON in the file of `GITHUB_EVENT_PATH`. */
  payload: Record<string, unknown>;
}

export interface EventDetails extends Partial<Pick<GitHubEvent, 'ref' | 'sha'>> {
  name: string;
  /** The login of whoever causes it. */
  by: string;
  payload?: Record<string, unknown>;
}

/** Any event, by default on the default branch. Its payload has the repository and the sender too. */
export function eventIn(
  github: GitHubState,
  repository: Repository,
  { name, by, payload, ...details }: EventDetails,
): GitHubEvent {
  const { defaultBranch, branches } = repository;
  return {
    name,
    repository,
    ref: `refs/heads/${defaultBranch}`,
    sha: branches.now().get(defaultBranch) ?? '',
    ...details,
    actor: by,
    payload: {
      ...payload,
      repository: repositoryBody(github, repository),
      sender: userBody(userOf(by)),
    },
  };
}

/** The event `pull_request`: `action` is `opened`, `synchronize`, `closed` or `reopened`, say. */
export function pullRequestEvent(
  github: GitHubState,
  repository: Repository,
  { pull, action, by }: { pull: PullRequest; action: string; by: string },
): GitHubEvent {
  const { number, head } = pull;
  return eventIn(github, repository, {
    name: 'pull_request',
    by,
    ref: `refs/pull/${number}/merge`,
    sha: head.sha,
    payload: { action, number, pull_request: pullBody(github, repository, pull) },
  });
}

/** The event `pull_request_target` that is sent together with a `pull_request`. */
export function asTarget(github: GitHubState, event: GitHubEvent): GitHubEvent {
  const { repository, actor, payload } = event;
  return eventIn(github, repository, { name: 'pull_request_target', by: actor, payload });
}

const NO_COMMIT = '0'.repeat(40);

/** The event `push`, of a branch or a tag. Without `after`, it is the deletion of one. */
export function pushEvent(
  github: GitHubState,
  repository: Repository,
  { ref, by, before = NO_COMMIT, after = NO_COMMIT }: PushDetails,
): GitHubEvent {
  const deleted = after === NO_COMMIT;
  const payload = { ref, before, after, created: before === NO_COMMIT, deleted, forced: false };
  const checkedOut = deleted ? {} : { ref, sha: after };
  return eventIn(github, repository, { name: 'push', by, payload, ...checkedOut });
}

interface PushDetails {
  /** `refs/heads/feature/x` */
  ref: string;
  by: string;
  before?: string | undefined;
  after?: string | undefined;
}

/** The event `delete`. On GitHub, its `ref` is a name without `refs/heads/`. It runs on the default branch. */
export function deleteEvent(
  github: GitHubState,
  repository: Repository,
  { branch, by }: { branch: string; by: string },
): GitHubEvent {
  const ref = github.engine === 'Gitea' ? `refs/heads/${branch}` : branch;
  const payload = { ref, ref_type: 'branch', pusher_type: 'user' };
  return eventIn(github, repository, { name: 'delete', by, payload });
}

/** The event `schedule`, with the cron expression and its workflow: its payload has nothing else. */
export function scheduleEvent(
  github: GitHubState,
  repository: Repository,
  schedule = '37 3 * * *',
): GitHubEvent {
  const payload = { schedule, workflow: '.github/workflows/preview-nightly.yml' };
  return { ...eventIn(github, repository, { name: 'schedule', by: 'octocat' }), payload };
}

/** The event `workflow_dispatch` on the default branch. */
export function dispatchEvent(
  github: GitHubState,
  repository: Repository,
  { by = 'octocat', inputs = {} }: { by?: string; inputs?: Record<string, string> } = {},
): GitHubEvent {
  const ref = `refs/heads/${repository.defaultBranch}`;
  return eventIn(github, repository, { name: 'workflow_dispatch', by, payload: { ref, inputs } });
}

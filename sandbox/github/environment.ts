import type { StepOptions } from '../runner/runner.ts';
import type { GitHubEvent } from './events.ts';
import type { GitHubServer } from './server.ts';
import type { GitHubState } from './state.ts';

/** A run of a workflow that an event has started, and the job in it. */
export interface Run {
  /** The base URL of the API. */
  apiUrl: string;
  workflow?: string;
  job?: string;
  id?: number;
  attempt?: number;
}

/**
 * The variables that a runner sets for a step of `run`. `GITHUB_EVENT_PATH` is not among them: the
 * runner writes that file, with the payload of `event`.
 */
export function environmentOf(
  { serverUrl, engine }: GitHubState,
  { name, repository, ref, sha, actor }: GitHubEvent,
  { apiUrl, workflow = 'Preview', job = 'test', id = 17_000_000_001, attempt = 1 }: Run,
): Record<string, string> {
  return {
    GITHUB_ACTOR: actor,
    GITHUB_API_URL: apiUrl,
    GITHUB_EVENT_NAME: name,
    GITHUB_JOB: job,
    GITHUB_REF: ref,
    GITHUB_REF_NAME: ref.replace(/^refs\/(heads|tags|pull)\//, ''),
    GITHUB_REPOSITORY: repository.name,
    ...(engine === 'Gitea'
      ? { GITEA_ACTIONS: 'true' }
      : { GITHUB_REPOSITORY_ID: String(repository.id) }),
    GITHUB_RUN_ATTEMPT: String(attempt),
    GITHUB_RUN_ID: String(id),
    GITHUB_SERVER_URL: serverUrl,
    GITHUB_SHA: sha,
    GITHUB_TRIGGERING_ACTOR: actor,
    GITHUB_WORKFLOW: workflow,
  };
}

/** What a step has of the run that `event` has started: the token of its job, its variables and its event. */
export function stepIn(
  { github, url, token }: Pick<GitHubServer, 'github' | 'url' | 'token'>,
  event: GitHubEvent,
  run: Omit<Run, 'apiUrl'> = {},
): Required<Pick<StepOptions, 'with' | 'env' | 'event'>> {
  return {
    // The value of the expression that is the default of this input.
    with: { 'github-token': token },
    env: environmentOf(github, event, { ...run, apiUrl: url }),
    event: event.payload,
  };
}

import type { Comment, GitHubState, PullRequest, Repository, User } from './state.ts';

/** A time as GitHub writes it, to the second. */
export function formatTime(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** A user as the API and events have it. */
export function userBody({ login, type }: User) {
  return { login, type };
}

/** A repository as events have it. */
export function repositoryBody({ serverUrl }: GitHubState, repository: Repository) {
  const { id, name, isPrivate, isFork, defaultBranch } = repository;
  const [owner = '', shortName] = name.split('/');
  return {
    id,
    name: shortName,
    full_name: name,
    private: isPrivate,
    owner: { login: owner },
    html_url: `${serverUrl}/${name}`,
    fork: isFork,
    default_branch: defaultBranch,
  };
}

/** A pull request as the API and events have it. */
export function pullBody(github: GitHubState, repository: Repository, pull: PullRequest) {
  const { number, state, merged, author, head, createdAt, updatedAt } = pull;
  const source = github.repositories.find(({ id }) => id === head.repository);
  return {
    number,
    state,
    merged,
    title: `Change ${head.ref}`,
    html_url: `${github.serverUrl}/${repository.name}/pull/${number}`,
    user: userBody(author),
    head: {
      ref: head.ref,
      sha: head.sha,
      repo: source ? repositoryBody(github, source) : null,
    },
    base: { ref: repository.defaultBranch, repo: repositoryBody(github, repository) },
    created_at: formatTime(createdAt),
    updated_at: formatTime(updatedAt),
  };
}

/** A comment as the API has it. */
export function commentBody({ serverUrl }: GitHubState, { name }: Repository, comment: Comment) {
  const { id, pull, body, author, createdAt, updatedAt } = comment;
  return {
    id,
    html_url: `${serverUrl}/${name}/pull/${pull}#issuecomment-${id}`,
    body,
    user: userBody(author),
    created_at: formatTime(createdAt),
    updated_at: formatTime(updatedAt),
  };
}

/** A branch as the API has it. */
export function refBody([name, sha]: readonly [string, string]) {
  return { ref: `refs/heads/${name}`, object: { type: 'commit', sha } };
}

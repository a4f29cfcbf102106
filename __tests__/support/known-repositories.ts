import type { GitHubState, Repository as InSandbox } from '../../sandbox/github/state.ts';
import type { Repository } from '../../src/github/repository.ts';

/** What an action knows of the repository that it runs in. */
export const SHOP = {
  name: 'octo-org/shop',
  id: 123456,
  serverUrl: 'https://github.com',
  isGitea: false,
  defaultBranch: 'main',
} satisfies Repository;

/** What an action knows of a repository of a sandbox. */
export function knownOf(
  { serverUrl, engine }: Pick<GitHubState, 'serverUrl' | 'engine'>,
  { name, id, defaultBranch }: InSandbox,
): Repository {
  return { name, id, serverUrl, isGitea: engine === 'Gitea', defaultBranch };
}

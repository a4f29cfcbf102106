import { historyOf } from './history.ts';
import { newLimit } from './limits.ts';
import type { GitHubState, Repository, Token, User } from './state.ts';

export interface RepositoryFixture
  extends Partial<Pick<Repository, 'id' | 'isPrivate' | 'isFork' | 'defaultBranch'>> {
  /** `octo-org/shop` */
  name: string;
}

export interface TokenFixture extends Partial<Pick<Token, 'repository'>> {
  /** The login of a user or an app; by default that of the token of a job. */
  login?: string;
  /** None but these. */
  permissions?: Partial<Token['permissions']>;
}

/** Adds a public repository, which only has its default branch. */
export function addRepository(github: GitHubState, fixture: RepositoryFixture): Repository {
  const { name, defaultBranch = 'main', isPrivate = false, isFork = false } = fixture;
  const repository = {
    id: fixture.id ?? github.nextId(),
    name,
    formerNames: [],
    isPrivate,
    isFork,
    defaultBranch,
    branches: historyOf(new Map([[defaultBranch, newSha(github)]]), github.now),
    pulls: historyOf([], github.now),
    comments: historyOf([], github.now),
  };
  github.repositories.push(repository);
  return repository;
}

/** Adds a token: of a job, by default. */
export function addToken(github: GitHubState, fixture: TokenFixture = {}): Token {
  const { login = 'github-actions[bot]', permissions, repository } = fixture;
  const user = userOf(login);
  const prefix = user.type === 'Bot' ? 'ghs_' : 'github_pat_';
  const token: Token = {
    secret: `${prefix}${github.random(18).toString('hex')}`,
    user,
    permissions: { metadata: 'read', contents: 'none', 'pull-requests': 'none', ...permissions },
    repository,
    limit: newLimit(github.now()),
  };
  github.tokens.push(token);
  return token;
}

/** The SHA of a new commit. */
export function newSha({ random }: GitHubState): string {
  return random(20).toString('hex');
}

/** The logins of bots end with `[bot]`. */
export function userOf(login: string): User {
  return { login, type: login.endsWith('[bot]') ? 'Bot' : 'User' };
}

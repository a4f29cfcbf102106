import { ApiError } from '../http/routing.ts';
import type { Access, GitHubState, Permission, Repository, Token } from './state.ts';

/** A GitHub as a request with a token meets it. */
export interface Session {
  github: GitHubState;
  token: Token;
}

/** A permission that a request needs. */
interface Need {
  permission: Permission;
  access: Exclude<Access, 'none'>;
}

/**
 * Finds a repository, if the token has a permission for it. Without it, a private repository does not
 * exist for the token.
 * @throws {ApiError}
 */
export function findRepository(session: Session, name: string, need: Need): Repository {
  const { github, token } = session;
  const repository = findByName(github, name);
  if (!repository) throw notFound();
  const readable = canRead(token, repository, need.permission);
  if (!readable && repository.isPrivate) throw notFound();
  if (need.access === 'read' ? !readable : accessOf(token, repository, need.permission) !== 'write')
    throw notAccessible(token);
  return repository;
}

function findByName({ repositories }: GitHubState, name: string): Repository | undefined {
  return repositories.find((other) => other.name.toLowerCase() === name.toLowerCase());
}

/** The repository that once had `name`, if no other has it now. */
export function findMoved(github: GitHubState, name: string): Repository | undefined {
  if (findByName(github, name)) return undefined;
  return github.repositories.find(({ formerNames }) => formerNames.includes(name));
}

function accessOf(token: Token, { id }: Repository, permission: Permission): Access {
  const applies = token.repository === undefined || token.repository === id;
  return applies ? token.permissions[permission] : 'none';
}

/**
 * Everyone may read a public repository and its pull requests. GitHub documents that for its branches
 * too, but they are read with `contents: read` here, as a job should request it.
 */
function canRead(token: Token, repository: Repository, permission: Permission): boolean {
  const isOpen = !repository.isPrivate && permission !== 'contents';
  return isOpen || accessOf(token, repository, permission) !== 'none';
}

export function notFound(): ApiError {
  return new ApiError(404, 'Not Found');
}

/** The rejection of a request for which `token` has no permission. */
export function notAccessible({ user }: Token): ApiError {
  const owner = user.type === 'Bot' ? 'integration' : 'personal access token';
  return new ApiError(403, `Resource not accessible by ${owner}`);
}

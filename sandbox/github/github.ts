import { randomBytes } from 'node:crypto';
import {
  type Api,
  ApiError,
  type ApiRequest,
  type ApiResponse,
  callOf,
  match,
  type Routes,
} from '../http/routing.ts';
import { countRequest, limitHeaders } from './limits.ts';
import { branchRoutes } from './routes/branches.ts';
import { commentRoutes } from './routes/comments.ts';
import { pullRoutes } from './routes/pulls.ts';
import { repositoryRoutes } from './routes/repositories.ts';
import { userRoutes } from './routes/user.ts';
import { findMoved, notFound, type Session } from './session.ts';
import type { GitHubState } from './state.ts';

/** What a GitHub can be opened with; see `GitHubState` for each. */
export type GitHubOptions = Partial<
  Pick<GitHubState, 'engine' | 'limitStatus' | 'serverUrl' | 'now' | 'random'>
>;

/** A GitHub, and the API to it. */
export interface GitHub extends GitHubState, Api {}

const ROUTES: Routes<Session> = {
  ...pullRoutes,
  ...branchRoutes,
  ...commentRoutes,
  ...repositoryRoutes,
  ...userRoutes,
};

/** GitHub's REST API, as far as previews need it, over a GitHub in memory without repositories. */
export function openGitHub(options: GitHubOptions = {}): GitHub {
  const state = emptyState(options);
  return Object.assign(state, {
    callOf: (method: string, path: string) => callOf(ROUTES, method, path),
    beside: ['/graphql'],
    handle: (request: ApiRequest) => handle(state, request),
    headers: () => ({
      date: state.now().toUTCString(),
      'x-github-request-id': `5B0C:${state.nextId().toString(16).toUpperCase().padStart(6, '0')}`,
    }),
  });
}

function emptyState(options: GitHubOptions): GitHubState {
  let lastId = 0;
  return {
    engine: 'GitHub',
    repositories: [],
    tokens: [],
    lag: { branches: 0, pulls: 0, comments: 0 },
    limitedUntil: undefined,
    limitSaysHowLong: true,
    writtenAt: [],
    writesPerMinute: 80,
    limitStatus: 403,
    serverUrl: 'https://github.com',
    now: () => new Date(),
    random: randomBytes,
    nextId() {
      lastId += 1;
      return lastId;
    },
    ...options,
  };
}

function handle(github: GitHubState, request: ApiRequest): ApiResponse {
  const token = github.tokens.find(({ secret }) => request.authorization === `Bearer ${secret}`);
  if (!token) return failure(new ApiError(401, 'Bad credentials'));
  const response = countRequest(github, token, request) ?? route({ github, token }, request);
  // A copy: what a client gets does not change with the state.
  return structuredClone({
    ...response,
    headers: { ...limitHeaders(token), ...response.headers },
  });
}

function route(session: Session, { method, path, body, authorization = '' }: ApiRequest) {
  const found = match(ROUTES, method, path);
  if (!found) return failure(notFound());
  const [owner, name] = found.params;
  const moved = findMoved(session.github, `${owner}/${name}`);
  if (moved) return redirect(method, `/repositories/${moved.id}`);
  const query = new URL(path, 'http://sandbox').searchParams;
  try {
    return found.route(session, { params: found.params, query, body, authorization });
  } catch (error) {
    if (error instanceof ApiError) return failure(error);
    throw error;
  }
}

function failure({ status, message }: ApiError): ApiResponse {
  const documentation_url = 'https://docs.github.com/rest';
  return { status, body: { message, documentation_url, status: String(status) } };
}

function redirect(method: string, location: string): ApiResponse {
  const status = method === 'GET' ? 301 : 307;
  return { status, headers: { location }, body: { message: 'Moved Permanently', url: location } };
}

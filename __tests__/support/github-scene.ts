import { type GitHubOptions, openGitHub } from '../../sandbox/github/github.ts';
import {
  addRepository,
  addToken,
  type RepositoryFixture,
  type TokenFixture,
} from '../../sandbox/github/seed.ts';
import {
  type InProcessFault,
  inProcessTransport,
  type Network,
} from '../../sandbox/http/in-process.ts';
import { virtualClock } from '../../sandbox/virtual-clock.ts';
import { gitHub } from '../../src/github/server.ts';
import { ApiError } from '../../src/http/request.ts';
import { describeApiError } from '../../src/report/describe-api-error.ts';
import { openClient } from './client.ts';
import { knownOf } from './known-repositories.ts';

export type GitHubScene = ReturnType<typeof openGitHubScene>;

export interface GitHubSceneOptions
  extends Partial<Pick<RepositoryFixture, 'isPrivate' | 'defaultBranch'>>,
    TokenFixture,
    Pick<GitHubOptions, 'engine'> {
  schedule?: InProcessFault[];
  timeout?: number;
}

const API_URL = 'https://github.test/api/v3';
const EPOCH = Date.UTC(2026, 0, 1);

/** What the README's workflow has, and `contents` for previews of branches. */
const PERMISSIONS = { contents: 'read', 'pull-requests': 'write' } as const;

/** Opens a GitHub in virtual time with octo-org/shop, and a client with the token of a job in it. */
export function openGitHubScene(options: GitHubSceneOptions = {}) {
  const { isPrivate = false, defaultBranch = 'main', schedule = [], timeout = 60_000 } = options;
  const { engine = 'GitHub' } = options;
  const clock = virtualClock();
  const github = openGitHub({ engine, now: () => new Date(EPOCH + clock.now()) });
  const repository = addRepository(github, { name: 'octo-org/shop', isPrivate, defaultBranch });
  const token = addToken(github, { permissions: PERMISSIONS, ...options });
  const network: Network = { api: github, clock, schedule, calls: [], latency: 10 };
  return {
    github,
    repository,
    /** The repository as the runner names it. */
    named: knownOf(github, repository),
    token,
    client: openClient({
      server: gitHub({ apiUrl: API_URL, token: token.secret }),
      transport: inProcessTransport(network, API_URL),
      clock,
      timeout,
    }),
    clock,
    network,
    /** Lets time pass until `work` ends; its error if it fails. */
    run: <Value>(work: Promise<Value>): Promise<Value | ApiError> =>
      clock.run(
        work.catch((error: unknown) => {
          if (error instanceof ApiError) return error;
          throw error;
        }),
      ),
  };
}

/** What a failed step would report. Throws what is no error. */
export function reportOf(error: unknown) {
  if (!(error instanceof ApiError)) throw new Error(`No error: ${JSON.stringify(error)}`);
  return describeApiError(error.details, 'none');
}

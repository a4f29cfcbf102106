import { type ApiServer, type ServerOptions, serve } from '../http/server.ts';
import { type GitHub, type GitHubOptions, openGitHub } from './github.ts';
import { addToken } from './seed.ts';

/** A GitHub that listens on loopback. */
export interface GitHubServer extends ApiServer {
  github: GitHub;
  /** The token of a job with `contents: read` and `pull-requests: write`, for every repository. */
  token: string;
}

/**
 * Starts a GitHub without repositories. The server is listening when the promise resolves. Its URL has
 * a path, as that of GitHub Enterprise Server.
 * @throws {Error} when the port is taken.
 */
export async function startGitHub(
  options: GitHubOptions & ServerOptions = {},
): Promise<GitHubServer> {
  const github = openGitHub(options);
  const permissions = { contents: 'read', 'pull-requests': 'write' } as const;
  const { secret: token } = addToken(github, { permissions });
  const server = await serve(github, { ...options, basePath: '/api/v3' });
  return { ...server, github, token };
}

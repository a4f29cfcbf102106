import * as z from 'zod/mini';
import type { Client } from '../http/client.ts';

/** A repository. */
export interface Repository {
  /** `octo-org/shop` */
  name: string;
  /** The number that stays the same when a repository is renamed. */
  id: number;
  /** `https://github.com` */
  serverUrl: string;
  /** Whether the server is Gitea or Forgejo. */
  isGitea: boolean;
  defaultBranch: string;
}

/** What a runner may not tell of its repository. */
type Facts = Pick<Repository, 'id' | 'defaultBranch'>;

/** A repository, as far as its runner tells. */
export type KnownRepository = Omit<Repository, keyof Facts> & {
  [Name in keyof Facts]: Facts[Name] | undefined;
};

/**
 * `GET /repos/{owner}/{repo}`, if the runner does not tell all of its repository. GitHub's always does.
 * @throws {ApiError}
 */
export async function completeRepository(
  client: Client,
  { id, defaultBranch, ...named }: KnownRepository,
): Promise<Repository> {
  if (id !== undefined && defaultBranch !== undefined) return { ...named, id, defaultBranch };
  const { data } = await client.request({
    operation: `read the repository ${named.name}`,
    method: 'GET',
    path: pathIn(named),
    schema: z.object({ id: z.number(), default_branch: z.string() }),
    hint: 'Check that github-token can read the repository.',
  });
  return { ...named, id: id ?? data.id, defaultBranch: defaultBranch ?? data.default_branch };
}

/** The path of a repository, or of what belongs to it: `/repos/octo-org/shop/pulls/42` */
export function pathIn({ name }: Pick<Repository, 'name'>, ...segments: string[]): string {
  return ['/repos', ...name.split('/').map(encodeURIComponent), ...segments].join('/');
}

import * as z from 'zod/mini';
import type { Client } from '../http/client.ts';
import type { ApiRequest } from '../http/request.ts';
import { pathIn, type Repository } from './repository.ts';

/** A branch and its newest commit. */
export interface Branch {
  sha: string;
}

/**
 * Finds a branch. It is gone only if it is HTTP 404 before and after the default branch is read: that alone
 * can mean that the token may not read branches.
 * @throws {ApiError}
 */
export async function findBranch(
  client: Client,
  repository: Repository,
  name: string,
): Promise<Branch | undefined> {
  const request = { ...requestFor(repository, name), on404: () => undefined };
  const { data } = await client.request({ ...request, trusts404: true });
  if (data) return data;
  await client.request(requestFor(repository, repository.defaultBranch));
  return (await client.request(request)).data;
}

/** The request for a branch. GitHub has the path of Gitea too, but redirects it, and has others below it. */
function requestFor(repository: Repository, name: string): ApiRequest<Branch | undefined> {
  const path = repository.isGitea ? ['branches'] : ['git', 'ref', 'heads'];
  // The slashes of a name are those of the path.
  const parts = name.split('/').map(encodeURIComponent);
  return {
    operation: `read the branch ${JSON.stringify(name)} of ${repository.name}`,
    method: 'GET',
    path: pathIn(repository, ...path, ...parts),
    schema: repository.isGitea ? branchOfGitea(name) : reference(`refs/heads/${name}`),
    hint: 'Check that the job has the permission contents: read.',
  };
}

const reference = (ref: string) =>
  z.pipe(
    z.object({ ref: z.enum([ref]), object: z.object({ sha: z.string() }) }),
    z.transform(({ object }): Branch => object),
  );

const branchOfGitea = (name: string) =>
  z.pipe(
    z.object({ name: z.enum([name]), commit: z.object({ id: z.string() }) }),
    z.transform(({ commit }): Branch => ({ sha: commit.id })),
  );

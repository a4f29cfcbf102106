import * as z from 'zod/mini';
import { type Client, toApiError } from '../http/client.ts';
import { pathIn, type Repository } from './repository.ts';

const reference = () => z.object({ ref: z.string(), object: z.object({ sha: z.string() }) });

const CHECK_PERMISSION =
  'Check that the job has the permission contents: read. Gitea and Forgejo do not have this request.';

/** A branch and its newest commit. */
export interface Branch {
  sha: string;
}

/**
 * Finds a branch. It is absent only if GitHub says so twice and shows the default branch: HTTP 404 alone can
 * mean that the token may not read branches.
 * @throws {ApiError}
 */
export async function findBranch(
  client: Client,
  repository: Repository,
  name: string,
): Promise<Branch | undefined> {
  const found = await readBranch(client, repository, name);
  if (found) return found;
  await listBranches(client, repository, repository.defaultBranch);
  const { named } = await listBranches(client, repository, name, { isRequired: false });
  return named;
}

/**
 * Lists the branches whose names begin with `name`, and finds that one.
 * @throws {ApiError} also if it is required and not among them
 */
async function listBranches(
  client: Client,
  repository: Repository,
  name: string,
  { isRequired = true } = {},
): Promise<{ named: Branch | undefined }> {
  const facts = {
    operation: `list the branches of ${repository.name}`,
    method: 'GET' as const,
    path: pathIn(repository, 'git', 'matching-refs', 'heads', encodeRef(name)),
    hint: CHECK_PERMISSION,
  };
  const { data, status } = await client.request({ ...facts, schema: z.array(reference()) });
  const named = data.find(({ ref }) => ref === `refs/heads/${name}`);
  if (named) return { named: { sha: named.object.sha } };
  if (!isRequired) return { named: undefined };
  const reason = `HTTP ${status}, but it has no branch ${name}`;
  const failure = { ...facts, server: 'GitHub', kind: 'rejected', reason, status: 404 } as const;
  throw toApiError([failure], { ambiguous: false });
}

async function readBranch(
  client: Client,
  repository: Repository,
  name: string,
): Promise<Branch | undefined> {
  const { data } = await client.request<z.infer<ReturnType<typeof reference>> | undefined>({
    operation: `read the branch ${name} of ${repository.name}`,
    method: 'GET',
    path: pathIn(repository, 'git', 'ref', 'heads', encodeRef(name)),
    schema: reference(),
    on404: () => undefined,
    hint: CHECK_PERMISSION,
    findMismatch: (found) =>
      found?.ref !== `refs/heads/${name}` ? `the response is about ${found?.ref}` : undefined,
  });
  return data && { sha: data.object.sha };
}

/** The slashes of a name are those of the path. */
function encodeRef(name: string): string {
  return name.split('/').map(encodeURIComponent).join('/');
}

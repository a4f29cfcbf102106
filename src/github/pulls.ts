import * as z from 'zod/mini';
import type { Client } from '../http/client.ts';
import { pathIn, type Repository } from './repository.ts';

const pull = () =>
  z.object({
    number: z.number(),
    /** A merged pull request is closed. */
    state: z.enum(['open', 'closed']),
    updated_at: z.string(),
    head: z.object({
      sha: z.string(),
      /** Null if that repository was deleted. */
      repo: z.nullable(z.object({ id: z.number() })),
    }),
  });

/** What is used of a pull request. */
export type Pull = z.infer<ReturnType<typeof pull>>;

/**
 * `GET /repos/{owner}/{repo}/pulls/{number}`: reads a pull request. HTTP 404 is an error: it can mean that
 * the token may not read it.
 * @throws {ApiError}
 */
export async function readPull(
  client: Client,
  repository: Repository,
  number: number,
): Promise<Pull> {
  const { data } = await client.request({
    operation: `read pull request #${number} of ${repository.name}`,
    method: 'GET',
    path: pathIn(repository, 'pulls', String(number)),
    schema: pull(),
    hint: 'Check that the job has the permission pull-requests: read or write, and that the pull request exists.',
    findMismatch: (found) =>
      found.number === number ? undefined : `the response is about #${found.number}`,
  });
  return data;
}

/** Whether the code of a pull request is in the repository itself, and not in a fork. */
export function isOwnPull({ head }: Pull, { id }: Repository): boolean {
  return head.repo?.id === id;
}

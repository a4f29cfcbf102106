import * as z from 'zod/mini';
import type { Client } from '../http/client.ts';
import { ApiError } from '../http/request.ts';
import { catching } from '../lib/catching.ts';
import { pathIn, type Repository } from './repository.ts';

const comment = () =>
  z.object({
    id: z.number(),
    body: z.string(),
    user: z.nullable(z.object({ login: z.string() })),
  });

export type Comment = z.infer<ReturnType<typeof comment>>;

const HINT = 'Check that the job has the permission pull-requests: write.';

/** So many of the longest comments that GitHub accepts fit into the 512 KiB of a response, in ASCII. */
const PAGE_SIZE = 7;

/**
 * Lists the comments of a pull request, oldest first, page by page. A page that begins as the one before is
 * no new page: Gitea returns all comments for each.
 * @throws {ApiError}
 */
export async function* listComments(
  client: Client,
  repository: Repository,
  number: number,
): AsyncGenerator<Comment> {
  const schema = z.array(comment());
  let first: number | undefined;
  for (let page = 1; ; page += 1) {
    const { data } = await client.request({
      operation: `list the comments of pull request #${number}`,
      method: 'GET',
      path: `${pathIn(repository, 'issues', String(number), 'comments')}?per_page=${PAGE_SIZE}&page=${page}`,
      schema,
      hint: HINT,
    });
    if (data[0]?.id === first) return;
    first = data[0]?.id;
    yield* data;
    if (data.length < PAGE_SIZE) return;
  }
}

/**
 * `POST …/issues/{number}/comments`: adds a comment. Sent once, because it is not idempotent.
 * @throws {ApiError}
 */
export function sendComment(client: Client, repository: Repository, number: number, body: string) {
  return client.send({
    operation: `comment on pull request #${number}`,
    mayLeaveBehind: 'the comment',
    method: 'POST',
    path: pathIn(repository, 'issues', String(number), 'comments'),
    body: { body },
    schema: comment(),
    hint: HINT,
  });
}

/** @throws {ApiError} */
export async function updateComment(
  client: Client,
  repository: Repository,
  { id }: Pick<Comment, 'id'>,
  body: string,
): Promise<void> {
  await client.request({
    operation: 'update the comment of the preview',
    mayLeaveBehind: 'the new text of the comment',
    method: 'PATCH',
    path: pathIn(repository, 'issues', 'comments', String(id)),
    body: { body },
    schema: comment(),
    hint: HINT,
  });
}

/**
 * The login that comments are written under; undefined if GitHub does not say. The tokens of jobs and apps
 * may not read `GET /user`, but ask GraphQL, which Gitea and Forgejo do not have.
 * @throws {ApiError} if that cannot be determined
 */
export async function readLogin(client: Client): Promise<string | undefined> {
  const operation = 'read whose token github-token is';
  const { value: user, error } = await catching(
    client.request({ operation, method: 'GET', path: '/user', schema: owner() }),
    ApiError,
  );
  if (user) return user.data.login;
  if (error.details.status !== 403) throw error;
  const { value: viewer } = await catching(
    client.request({
      operation,
      method: 'POST',
      path: GRAPHQL,
      body: { query: '{viewer{login}}' },
      schema: z.object({ data: z.object({ viewer: owner() }) }),
      trusts404: true,
      readOnly: true,
    }),
    ApiError,
  );
  return viewer?.data.data.viewer.login;
}

const owner = () => z.object({ login: z.string() });

/**
 * GraphQL is beside the REST API: https://api.github.com/graphql, https://HOST/api/graphql beside
 * https://HOST/api/v3. A URL resolves the two dots, which the root of a host has nothing above.
 */
const GRAPHQL = '/../graphql';

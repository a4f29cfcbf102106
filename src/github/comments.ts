import * as z from 'zod/mini';
import type { Client } from '../http/client.ts';
import { ApiError, toApiError } from '../http/request.ts';
import { catching } from '../lib/catching.ts';
import { pathIn, type Repository } from './repository.ts';

const comment = () =>
  z.object({
    id: z.number(),
    body: z.string(),
    user: z.nullable(z.object({ login: z.string() })),
  });

export type Comment = z.infer<ReturnType<typeof comment>>;

/** A comment, and the number of its pull request. */
export interface CommentRef extends Pick<Comment, 'id'> {
  pull: number;
}

const HINT = 'Check that the job has the permission pull-requests: write.';

/** How many comments are requested at once: as many as GitHub returns by default. */
const PAGE_SIZE = 30;

/** Far more than any pull request has. */
const MAX_PAGES = 1_000;

/** A page of the longest comments that GitHub accepts fits, also if each of their characters takes six bytes. */
const MAX_PAGE_BYTES = 12 * 2 ** 20;

/**
 * Lists the comments of a pull request, oldest first, page by page. GitHub says in the header `Link` whether there is a
 * next one, and a page can have fewer comments than requested. Gitea sends no such header, and returns all comments for
 * each page, so a page without a new comment is the end.
 * @throws {ApiError}
 */
export async function* listComments(
  client: Client,
  repository: Repository,
  number: number,
): AsyncGenerator<Comment> {
  const operation = `list the comments of pull request #${number}`;
  const path = pathIn(repository, 'issues', String(number), 'comments');
  const seen = new Set<number>();
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const { data, link } = await client.request({
      operation,
      method: 'GET',
      path: `${path}?per_page=${PAGE_SIZE}&page=${page}`,
      schema: z.array(comment()),
      maxBytes: MAX_PAGE_BYTES,
      hint: HINT,
    });
    const added = data.filter(({ id }) => !seen.has(id));
    for (const { id } of added) seen.add(id);
    yield* added;
    const hasNext = link?.includes('rel="next"') ?? data.length >= PAGE_SIZE;
    if (!hasNext || added.length === 0) return;
  }
  const reason = `the list has more than ${MAX_PAGES} pages`;
  const failure = { server: 'GitHub', operation, method: 'GET', path } as const;
  throw toApiError([{ ...failure, kind: 'unexpected', reason }], { ambiguous: false });
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

/**
 * Returns the comment as it is then. HTTP 404 is an error: the comment was deleted, or the token may not change
 * it. A list shows which.
 * @throws {ApiError}
 */
export async function updateComment(
  client: Client,
  repository: Repository,
  { id, pull }: CommentRef,
  body: string,
): Promise<Comment> {
  const { data } = await client.request({
    operation: `update the comment on pull request #${pull}`,
    mayLeaveBehind: 'the new text of the comment',
    method: 'PATCH',
    path: pathIn(repository, 'issues', 'comments', String(id)),
    body: { body },
    schema: comment(),
    trusts404: true,
    hint: HINT,
  });
  return data;
}

/**
 * Deleting a missing comment succeeds.
 * @throws {ApiError}
 */
export async function deleteComment(
  client: Client,
  repository: Repository,
  { id, pull }: CommentRef,
): Promise<void> {
  await client.request({
    operation: `delete a second comment on pull request #${pull}`,
    mayLeaveBehind: 'the second comment',
    method: 'DELETE',
    path: pathIn(repository, 'issues', 'comments', String(id)),
    schema: z.unknown(),
    on404: () => undefined,
    trusts404: true,
    hint: HINT,
  });
}

/**
 * The login that comments are written under. GraphQL answers it for the tokens of jobs, of apps and of people.
 * Gitea and Forgejo do not have it: they answer `GET /user`, though not always for the token of a job.
 * @param jobLogin the login of the token of a job there
 * @throws {ApiError} if that cannot be determined: a wrong login would add a comment in each run
 */
export async function readLogin(
  client: Client,
  { isGitea }: Pick<Repository, 'isGitea'>,
  jobLogin: string,
): Promise<string> {
  const viewer = isGitea ? undefined : await readViewer(client);
  return viewer ?? (await readUser(client)) ?? jobLogin;
}

const OPERATION = 'read whose token github-token is';

/** How a server without GraphQL responds to it: Gitea with HTTP 405. */
const NO_GRAPHQL: readonly unknown[] = [404, 405, 501];

/**
 * The login by GraphQL; undefined if the server has none.
 * @throws {ApiError}
 */
async function readViewer(client: Client): Promise<string | undefined> {
  const { value, error } = await catching(askGraphQl(client), ApiError);
  if (error && !NO_GRAPHQL.includes(error.details.status)) throw error;
  return value;
}

/**
 * The login by `GET /user`; undefined if the token may not ask that.
 * @throws {ApiError}
 */
async function readUser(client: Client): Promise<string | undefined> {
  const { value, error } = await catching(
    client.request({ operation: OPERATION, method: 'GET', path: '/user', schema: owner() }),
    ApiError,
  );
  if (error && error.details.status !== 403) throw error;
  return value?.data.login;
}

/** @throws {ApiError} */
async function askGraphQl(client: Client): Promise<string> {
  const { data } = await client.request({
    operation: OPERATION,
    method: 'POST',
    path: '/graphql',
    // https://api.github.com/graphql, and https://HOST/api/graphql next to https://HOST/api/v3.
    url: (apiUrl) => new URL('graphql', apiUrl).href,
    body: { query: '{viewer{login}}' },
    schema: z.pipe(
      z.unknown(),
      z.transform((body) => z.safeParse(answer(), body).data?.data.viewer.login ?? ''),
    ),
    findMismatch: (login) => (login === '' ? 'it does not say that' : undefined),
    trusts404: true,
    readOnly: true,
  });
  return data;
}

const answer = () =>
  z.object({ data: z.object({ viewer: owner() }), errors: z.optional(z.never()) });

const owner = () => z.object({ login: z.string() });

import * as z from 'zod';
import { ApiError, type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import { addComment, changeComment, deleteComment } from '../changes.ts';
import { commentBody } from '../resources.ts';
import { findRepository, notFound, type Session } from '../session.ts';
import type { Access, Repository } from '../state.ts';

export const commentRoutes: Routes<Session> = {
  'GET /repos/:owner/:repo/issues/:number/comments': listComments,
  'POST /repos/:owner/:repo/issues/:number/comments': createComment,
  'PATCH /repos/:owner/:repo/issues/comments/:id': updateComment,
  'DELETE /repos/:owner/:repo/issues/comments/:id': removeComment,
};

function listComments(session: Session, { params, query }: Call): ApiResponse {
  const { github } = session;
  const repository = repositoryOf(session, params, 'read');
  const number = numberOf(repository, params[2]);
  const comments = repository.comments
    .ago(github.lag.comments)
    .filter(({ pull }) => pull === number);
  const bodies = comments.map((comment) => commentBody(github, repository, comment));
  // Gitea ignores `page` and `per_page`, and sends no `Link`.
  if (github.engine === 'Gitea') return ok(bodies);
  const path = `/api/v3/repositories/${repository.id}/issues/${number}/comments`;
  return pageOf(bodies, github.serverUrl + path, query);
}

function createComment(session: Session, { params, body }: Call): ApiResponse {
  const { github, token } = session;
  const repository = repositoryOf(session, params, 'write');
  const pull = numberOf(repository, params[2]);
  const parsed = parseComment(body);
  const comment = addComment(github, repository, { pull, body: parsed, author: token.user });
  return { status: 201, body: commentBody(github, repository, comment) };
}

function updateComment(session: Session, { params, body }: Call): ApiResponse {
  const { github } = session;
  const repository = repositoryOf(session, params, 'write');
  const parsed = parseComment(body);
  const comment = changeComment(github, repository, { id: Number(params[2]), body: parsed });
  if (!comment) throw notFound();
  return ok(commentBody(github, repository, comment));
}

function removeComment(session: Session, { params }: Call): ApiResponse {
  const repository = repositoryOf(session, params, 'write');
  if (!deleteComment(repository, { id: Number(params[2]) })) throw notFound();
  return { status: 204, body: undefined };
}

function repositoryOf(
  session: Session,
  [owner, repo]: readonly string[],
  access: Exclude<Access, 'none'>,
): Repository {
  return findRepository(session, `${owner}/${repo}`, { permission: 'pull-requests', access });
}

/** @throws {ApiError} when there is no pull request of this number. */
function numberOf({ pulls }: Repository, number: string | undefined): number {
  const found = pulls.now().find((pull) => String(pull.number) === number);
  if (!found) throw notFound();
  return found.number;
}

const MAX_PAGE_SIZE = 100;

/**
 * A page of the list at `url`, empty after the last one. The header `Link` has the URLs of others, if there are any:
 * https://docs.github.com/rest/using-the-rest-api/using-pagination-in-the-rest-api
 */
function pageOf(items: readonly unknown[], url: string, query: URLSearchParams): ApiResponse {
  const size = Math.min(Number(query.get('per_page') ?? 30), MAX_PAGE_SIZE);
  const page = Number(query.get('page') ?? 1);
  const last = Math.ceil(items.length / size);
  const others = {
    ...(page > 1 && { prev: page - 1 }),
    ...(page < last && { next: page + 1, last }),
    ...(page > 1 && { first: 1 }),
  };
  const links = Object.entries(others).map(([relation, number]) => {
    const target = new URLSearchParams({ ...Object.fromEntries(query), page: String(number) });
    return `<${url}?${target}>; rel="${relation}"`;
  });
  const headers: ApiResponse['headers'] = links.length > 0 ? { link: links.join(', ') } : {};
  return { ...ok(items.slice((page - 1) * size, page * size)), headers };
}

/** The longest body of a comment, in characters. */
const MAX_BODY = 65_536;

const commentRequest = z.object({
  body: z
    .string()
    .min(1, 'body cannot be blank')
    .refine(
      (body) => [...body].length <= MAX_BODY,
      `body is too long (maximum is ${MAX_BODY} characters)`,
    ),
});

function parseComment(text: string): string {
  const parsed = commentRequest.safeParse(parseJson(text));
  if (parsed.success) return parsed.data.body;
  const [issue] = parsed.error.issues;
  throw new ApiError(422, `Validation Failed: ${issue?.message}`);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) throw new ApiError(400, 'Problems parsing JSON');
    throw error;
  }
}

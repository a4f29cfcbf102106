import { ApiError, type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import { userBody } from '../resources.ts';
import { notAccessible, type Session } from '../session.ts';

export const userRoutes: Routes<Session> = {
  'GET /user': getUser,
  'POST /graphql': getViewer,
};

/** Whose token it is. An app, and the token of a job, is no user. */
function getUser({ token }: Session): ApiResponse {
  if (token.user.type === 'Bot') throw notAccessible(token);
  return ok(userBody(token.user));
}

const VIEWER = JSON.stringify({ query: '{viewer{login}}' });

/**
 * The only query that an action sends. GraphQL also answers it for the token of an app or a job. Gitea has no
 * GraphQL, and 405 for each POST next to its API.
 */
function getViewer({ github, token }: Session, { body }: Call): ApiResponse {
  if (github.engine === 'Gitea') return { status: 405, body: undefined };
  if (body !== VIEWER) throw new ApiError(400, 'Problems parsing JSON');
  return ok({ data: { viewer: { login: token.user.login } } });
}

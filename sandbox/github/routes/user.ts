import { type ApiResponse, ok, type Routes } from '../../http/routing.ts';
import { userBody } from '../resources.ts';
import { notAccessible, type Session } from '../session.ts';

export const userRoutes: Routes<Session> = {
  'GET /user': getUser,
};

/** Whose token it is. An app, and the token of a job, is no user. */
function getUser({ token }: Session): ApiResponse {
  if (token.user.type === 'Bot') throw notAccessible(token);
  return ok(userBody(token.user));
}

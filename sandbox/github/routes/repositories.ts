import { type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import { repositoryBody } from '../resources.ts';
import { findRepository, type Session } from '../session.ts';

export const repositoryRoutes: Routes<Session> = {
  'GET /repos/:owner/:repo': getRepository,
};

function getRepository(session: Session, { params: [owner, repo] }: Call): ApiResponse {
  const need = { permission: 'metadata', access: 'read' } as const;
  return ok(repositoryBody(session.github, findRepository(session, `${owner}/${repo}`, need)));
}

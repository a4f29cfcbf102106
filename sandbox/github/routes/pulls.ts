import { type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import { pullBody } from '../resources.ts';
import { findRepository, notFound, type Session } from '../session.ts';

export const pullRoutes: Routes<Session> = {
  'GET /repos/:owner/:repo/pulls/:number': getPull,
};

function getPull(session: Session, { params: [owner, name, number] }: Call): ApiResponse {
  const repository = findRepository(session, `${owner}/${name}`, {
    permission: 'pull-requests',
    access: 'read',
  });
  const { github } = session;
  const pulls = repository.pulls.ago(github.lag.pulls);
  const found = pulls.find((pull) => String(pull.number) === number);
  if (!found) throw notFound();
  return ok(pullBody(github, repository, found));
}

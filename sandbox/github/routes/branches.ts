import { type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import { refBody } from '../resources.ts';
import { findRepository, notFound, type Session } from '../session.ts';

export const branchRoutes: Routes<Session> = {
  'GET /repos/:owner/:repo/git/ref/heads/:branch*': getBranch,
  'GET /repos/:owner/:repo/git/matching-refs/heads/:prefix*': listBranches,
};

function getBranch(session: Session, { params: [owner, repo, branch = ''] }: Call): ApiResponse {
  const sha = branchesOf(session, `${owner}/${repo}`).get(branch);
  if (sha === undefined) throw notFound();
  return ok(refBody([branch, sha]));
}

/** In one list, without pages. */
function listBranches(session: Session, { params: [owner, repo, prefix = ''] }: Call): ApiResponse {
  const branches = [...branchesOf(session, `${owner}/${repo}`)];
  return ok(branches.filter(([name]) => name.startsWith(prefix)).map(refBody));
}

function branchesOf(session: Session, name: string): ReadonlyMap<string, string> {
  const need = { permission: 'contents', access: 'read' } as const;
  return findRepository(session, name, need).branches.ago(session.github.lag.branches);
}

import { type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import { refBody } from '../resources.ts';
import { findRepository, notFound, type Session } from '../session.ts';

export const branchRoutes: Routes<Session> = {
  'GET /repos/:owner/:repo/git/ref/heads/:branch*': getBranch,
  // GitHub has it too, but no action uses it there.
  'GET /repos/:owner/:repo/branches/:branch*': getBranchOfGitea,
};

function getBranch(session: Session, call: Call): ApiResponse {
  if (session.github.engine === 'Gitea') throw notFound();
  return ok(refBody(findBranch(session, call)));
}

function getBranchOfGitea(session: Session, call: Call): ApiResponse {
  if (session.github.engine !== 'Gitea') throw notFound();
  const [name, id] = findBranch(session, call);
  return ok({ name, commit: { id } });
}

function findBranch(
  session: Session,
  { params: [owner, repo, branch = ''] }: Call,
): readonly [name: string, sha: string] {
  const sha = branchesOf(session, `${owner}/${repo}`).get(branch);
  if (sha === undefined) throw notFound();
  return [branch, sha];
}

function branchesOf(session: Session, name: string): ReadonlyMap<string, string> {
  const need = { permission: 'contents', access: 'read' } as const;
  return findRepository(session, name, need).branches.ago(session.github.lag.branches);
}

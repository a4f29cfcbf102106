import { ApiError, type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import { pageOf, parseBody } from '../request.ts';
import {
  membershipOf,
  membersRequest,
  type OrganizationMember,
  type WorkspaceMember,
} from '../resources/members.ts';
import type { Workspace } from '../resources/workspaces.ts';
import { findWorkspace } from './workspaces.ts';

export const memberRoutes: Routes<Account> = {
  'GET /organization/members': ({ members }, { query }) => listOf(members, query),
  'GET /workspaces/:id/members': (account, { params: [id], query }) =>
    listOf(membersOf(account, findWorkspace(account, id)), query),
  'POST /workspaces/:id/members/add': addMembers,
};

/** Adding a member again returns the membership that exists. */
function addMembers(account: Account, call: Call): ApiResponse {
  const { workspace, users } = readChange(account, call);
  const known = membersOf(account, workspace);
  const data = users.map(
    (user) =>
      known.find(({ user_id }) => user_id === user.id) ??
      membershipOf(workspace, user, account.now().toISOString()),
  );
  account.memberships.push(...data.filter((member) => !known.includes(member)));
  return ok({ data, added_count: data.length });
}

/** The workspace that a request changes, and the users that it names, each once. */
function readChange(account: Account, { params: [id], body }: Call) {
  const workspace = findWorkspace(account, id);
  if (workspace.slug === 'default') {
    throw new ApiError(403, 'All members of the organization are in the default workspace');
  }
  const { user_ids } = parseBody(membersRequest, body);
  return { workspace, users: [...new Set(user_ids)].map((userId) => findUser(account, userId)) };
}

function findUser({ members }: Account, userId: string): OrganizationMember {
  const found = members.find(({ id }) => id === userId);
  if (!found) throw new ApiError(400, `${userId} is not a member of the organization`);
  return found;
}

function membersOf({ members, memberships }: Account, workspace: Workspace): WorkspaceMember[] {
  return workspace.slug === 'default'
    ? members.map((member) => membershipOf(workspace, member, workspace.created_at))
    : memberships.filter(({ workspace_id }) => workspace_id === workspace.id);
}

function listOf(items: readonly unknown[], query: URLSearchParams): ApiResponse {
  return ok({ data: pageOf(items, query, 50), total_count: items.length });
}

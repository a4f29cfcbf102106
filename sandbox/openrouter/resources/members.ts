import * as z from 'zod';
import type { Account } from '../openrouter.ts';
import { ApiError, drop, ok, page, parse, type Routes } from '../route.ts';
import { derivedUuid, findWorkspace, type Workspace } from './workspaces.ts';

/** A member of the organization as the API answers them. */
export interface OrganizationMember {
  id: string;
  email: string;
  first_name: string | null;
  last_name: string | null;
  role: 'org:admin' | 'org:member';
}

/** A membership of a workspace as the API answers it. */
export interface WorkspaceMember {
  id: string;
  workspace_id: string;
  user_id: string;
  role: 'admin' | 'member';
  created_at: string;
}

const usersRequest = z.object({ user_ids: z.array(z.string()).min(1).max(100) });

/** The members of an organization of `owner`, who is the first of them. */
export function organizationOf(owner: string): OrganizationMember[] {
  const person = (id: string, first_name: string | null, last_name: string | null) => ({
    id,
    email: `${first_name?.toLowerCase() ?? id}@example.com`,
    first_name,
    last_name,
    role: id === owner ? ('org:admin' as const) : ('org:member' as const),
  });
  return [
    person(owner, 'Ada', 'Okafor'),
    person('user_2bruno', 'Bruno', 'Lindqvist'),
    person('user_2chandra', 'Chandra', null),
    person('user_2nameless', null, null),
  ];
}

/** The members of the organization of `account` and of its workspaces. */
export function memberRoutes({ workspaces, keys, members, memberships, now }: Account): Routes {
  const membersOf = (workspace: Workspace): WorkspaceMember[] =>
    workspace.slug === 'default'
      ? members.map((member) => membership(workspace, member, workspace.created_at))
      : memberships.filter(({ workspace_id }) => workspace_id === workspace.id);
  const memberOf = (userId: string): OrganizationMember => {
    const found = members.find(({ id }) => id === userId);
    if (!found) throw new ApiError(400, `${userId} is not a member of the organization`);
    return found;
  };
  const change = (id: string | undefined, body: string) => {
    const workspace = findWorkspace(workspaces, id);
    if (workspace.slug === 'default') {
      throw new ApiError(403, 'All members of the organization are in the default workspace');
    }
    const { user_ids } = parse(usersRequest, body);
    return { workspace, users: [...new Set(user_ids)].map(memberOf) };
  };

  return {
    'GET /organization/members': ({ query }) =>
      ok({ data: page(members, query, 50), total_count: members.length }),
    'GET /workspaces/:id/members': ({ query }, [id]) => {
      const all = membersOf(findWorkspace(workspaces, id));
      return ok({ data: page(all, query, 50), total_count: all.length });
    },
    'POST /workspaces/:id/members/add': ({ body }, [id]) => {
      const { workspace, users } = change(id, body);
      const known = membersOf(workspace);
      const data = users.map(
        (user) =>
          known.find(({ user_id }) => user_id === user.id) ??
          membership(workspace, user, now().toISOString()),
      );
      memberships.push(...data.filter((added) => !known.includes(added)));
      return ok({ data, added_count: data.length });
    },
    'POST /workspaces/:id/members/remove': ({ body }, [id]) => {
      const { workspace, users } = change(id, body);
      const named = (userId: unknown) => users.some((user) => user.id === userId);
      const parseResponse = keys.filter(
        (key) => key.workspace_id === workspace.id && !key.disabled,
      );
      if (parseResponse.some((key) => named(key['creator_user_id']))) {
        throw new ApiError(400, 'Members with active API keys cannot be removed');
      }
      const removed_count = drop(
        memberships,
        ({ workspace_id, user_id }) => workspace_id === workspace.id && named(user_id),
      );
      return ok({ removed_count });
    },
  };
}

function membership(
  workspace: Workspace,
  { id, role }: OrganizationMember,
  created_at: string,
): WorkspaceMember {
  return {
    id: derivedUuid(`${workspace.id} ${id}`),
    workspace_id: workspace.id,
    user_id: id,
    role: role === 'org:admin' ? 'admin' : 'member',
    created_at,
  };
}

import * as z from 'zod';
import { derivedUuid } from '../uuid.ts';
import type { Workspace } from './workspaces.ts';

/** A member of the organization as the API returns it. */
export interface OrganizationMember {
  id: string;
  email: string;
  first_name: string | null;
  last_name: string | null;
  role: 'org:admin' | 'org:member';
}

/** A membership of a workspace as the API returns it. */
export interface WorkspaceMember {
  id: string;
  workspace_id: string;
  user_id: string;
  role: 'admin' | 'member';
  created_at: string;
}

/** The body of a request that adds members, and of one that removes them. */
export const membersRequest = z.strictObject({ user_ids: z.array(z.string()).min(1).max(100) });

/** The members of an example organization, beginning with its owner. */
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

/** The membership of a user in a workspace, with the role that the user has in the organization. */
export function membershipOf(
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

import * as z from 'zod/mini';
import type { Client } from '../../http/client.ts';
import type { Outcome } from '../../http/request.ts';
import { listAll, PAGE_SIZE, pageOf } from '../pages.ts';
import type { WorkspaceRef } from './workspaces.ts';

const organizationMember = () =>
  z.object({
    id: z.string(),
    email: z.optional(z.nullable(z.string())),
  });

export type OrganizationMember = z.infer<ReturnType<typeof organizationMember>>;

const workspaceMember = () => z.object({ user_id: z.string() });

/**
 * `GET /organization/members`: lists the members of the organization.
 * @throws {ApiError}
 */
export async function listOrganizationMembers(client: Client): Promise<OrganizationMember[]> {
  const { items } = await listAll(client, {
    operation: 'list the members of the organization',
    path: '/organization/members',
    query: { limit: String(PAGE_SIZE) },
    schema: pageOf(organizationMember()),
    idOf: ({ id }) => id,
    hint: 'Only an organization has members: a personal account cannot use the input members.',
  });
  return items;
}

/**
 * `GET /workspaces/{id}/members`: lists the user ids of the members of a workspace.
 * @throws {ApiError}
 */
export async function listMembers(client: Client, { id, slug }: WorkspaceRef): Promise<string[]> {
  const { items } = await listAll(client, {
    operation: `list the members of the workspace "${slug}"`,
    path: `/workspaces/${encodeURIComponent(id)}/members`,
    query: { limit: String(PAGE_SIZE) },
    schema: pageOf(workspaceMember()),
    idOf: ({ user_id }) => user_id,
  });
  return items.map(({ user_id }) => user_id);
}

const UNCHANGEABLE =
  'No one can change the members of the default workspace. Members that an identity provider manages (SCIM) can only be changed there.';

/** The maximum number of users that one request adds, by OpenRouter's OpenAPI description. */
export const MAX_ADDED = 100;

/**
 * `POST /workspaces/{id}/members/add`: adds up to `MAX_ADDED` users by their ids. Sent once. Returns
 * the user ids that the response lists.
 */
export function sendMembers(
  client: Client,
  { id, slug }: WorkspaceRef,
  userIds: readonly string[],
): Promise<Outcome<string[]>> {
  return client.send({
    operation: `add members to the workspace "${slug}"`,
    method: 'POST',
    path: `/workspaces/${encodeURIComponent(id)}/members/add`,
    body: { user_ids: userIds },
    schema: addedMembers(),
    hint: UNCHANGEABLE,
  });
}

const addedMembers = (): z.ZodMiniType<string[]> =>
  z.pipe(
    z.object({ data: z.array(workspaceMember()) }),
    z.transform(({ data }: { data: { user_id: string }[] }) => data.map(({ user_id }) => user_id)),
  );

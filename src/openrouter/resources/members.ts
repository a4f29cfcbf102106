import * as z from 'zod/mini';
import type { Client } from '../client.ts';
import { allOf, listPages, PAGE_SIZE } from '../pages.ts';
import type { Workspace } from './workspaces.ts';

const organizationMember = z.looseObject({
  id: z.string(),
  email: z.optional(z.nullable(z.string())),
});

export type OrganizationMember = z.infer<typeof organizationMember>;

const workspaceMember = z.looseObject({ user_id: z.string() });

const listOf = <Item>(item: z.ZodMiniType<Item>) =>
  z.object({ data: z.array(item), total_count: z.optional(z.number()) });

/**
 * `GET /organization/members`: everybody in the organization.
 * @throws {OpenRouterError}
 */
export function listOrganizationMembers(client: Client): Promise<OrganizationMember[]> {
  return allOf(
    listPages(client, {
      doing: 'list the members of the organization',
      path: '/organization/members',
      query: { limit: String(PAGE_SIZE) },
      answer: listOf(organizationMember),
      idOf: ({ id }) => id,
      hint: 'Only an organization has members: members cannot be given for an account of one person.',
    }),
  );
}

/**
 * `GET /workspaces/{id}/members`: the ids of the users who are members of a workspace.
 * @throws {OpenRouterError}
 */
export async function listMembers(
  client: Client,
  { id, slug }: Pick<Workspace, 'id' | 'slug'>,
): Promise<string[]> {
  const members = await allOf(
    listPages(client, {
      doing: `list the members of the workspace ${slug}`,
      path: `/workspaces/${encodeURIComponent(id)}/members`,
      query: { limit: String(PAGE_SIZE) },
      answer: listOf(workspaceMember),
      idOf: ({ user_id }) => user_id,
    }),
  );
  return members.map(({ user_id }) => user_id);
}

const NOT_TO_BE_CHANGED =
  'OpenRouter does not let the members of this workspace be changed: those of the default one never, and those that an identity provider (SCIM) manages only there.';

/** The most that one call adds, by the OpenAPI document of OpenRouter. */
export const MAX_ADDED = 100;

/**
 * `POST /workspaces/{id}/members/add`: adds users, up to `MAX_ADDED` of them, by their ids;
 * `attempt` counts from 1. Returns the ids of those who are members by that.
 * @throws {OpenRouterError}
 */
export async function addMembers(
  client: Client,
  { id, slug }: Pick<Workspace, 'id' | 'slug'>,
  { userIds, attempt }: { userIds: readonly string[]; attempt: number },
): Promise<string[]> {
  const { answer } = await client.request({
    doing: `add members to the workspace ${slug}`,
    method: 'POST',
    path: `/workspaces/${encodeURIComponent(id)}/members/add`,
    body: { user_ids: userIds },
    answer: z.object({ data: z.array(workspaceMember) }),
    hint: NOT_TO_BE_CHANGED,
    attempt,
  });
  return answer.data.map(({ user_id }) => user_id);
}

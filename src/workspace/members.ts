import { Failure } from '../failure.ts';
import { OpenRouterError, whatHappened } from '../openrouter/error.ts';
import {
  addMembers,
  listMembers,
  listOrganizationMembers,
  MAX_ADDED,
  type OrganizationMember,
} from '../openrouter/members.ts';
import type { Workspace } from '../openrouter/workspaces.ts';
import type { Surroundings } from './post-once.ts';

/** A user, as they were written and by their id. */
export interface Member {
  written: string;
  userId: string;
}

/**
 * The users who are `written` as ids or e-mail addresses, each once.
 * @throws {Failure} when one of them is not in the organization.
 * @throws {OpenRouterError}
 */
export async function findMembers(
  written: readonly string[],
  { client }: Pick<Surroundings, 'client'>,
): Promise<Member[]> {
  const organization = await listOrganizationMembers(client);
  const found = written.map((text) => ({ text, member: memberOf(organization, text) }));
  const unknown = found.filter(({ member }) => member === undefined).map(({ text }) => text);
  if (unknown.length > 0) {
    throw new Failure('Not all members are in the organization', [
      ...unknown.map((text) => `members: nobody in it has the id or e-mail address ${text}`),
      'Nothing was changed at OpenRouter.',
    ]);
  }
  const byId = new Map(found.map(({ text, member }) => [member?.id ?? '', text]));
  return [...byId].map(([userId, text]) => ({ userId, written: text }));
}

function memberOf(organization: readonly OrganizationMember[], written: string) {
  const address = written.toLowerCase();
  return organization.find(({ id, email }) => id === written || email?.toLowerCase() === address);
}

/**
 * Adds users to a workspace. To add one again would do no harm, but a POST that may have landed is
 * looked into all the same.
 * @throws {OpenRouterError}
 */
export async function addAll(
  workspace: Pick<Workspace, 'id' | 'slug'>,
  userIds: readonly string[],
  { client, log }: Surroundings,
): Promise<void> {
  let missing = userIds;
  for (let attempt = 1; missing.length > 0; ) {
    const some = missing.slice(0, MAX_ADDED);
    try {
      await addMembers(client, workspace, { userIds: some, attempt });
      missing = missing.slice(MAX_ADDED);
      attempt = 1;
    } catch (error) {
      if (!(error instanceof OpenRouterError)) throw error;
      const { again, mayHaveLanded, attempts } = error.facts;
      if (!again || !mayHaveLanded) throw error;
      log.info(`${whatHappened(error.facts)}. Looking who is a member.`);
      const present = new Set(await listMembers(client, workspace));
      missing = missing.filter((userId) => !present.has(userId));
      attempt = attempts + 1;
      if (missing.length > 0) await client.untilNextAttempt(error);
    }
  }
}

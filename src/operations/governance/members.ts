import { OpenRouterError, whatHappened } from '../../openrouter/api-error.ts';
import {
  addMembers,
  listMembers,
  listOrganizationMembers,
  MAX_ADDED,
  type OrganizationMember,
} from '../../openrouter/resources/members.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Surroundings } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { canBeLookedInto, lookInto } from '../shared/reconcile.ts';
import type { Part } from './writes.ts';

/** As `planGovernance`, of the members. */
export async function planMembers(
  written: readonly string[],
  workspace: Workspace | undefined,
  surroundings: Surroundings,
): Promise<Part[]> {
  const { client } = surroundings;
  const members = await findMembers(written, surroundings);
  const present = new Set(workspace ? await listMembers(client, workspace) : []);
  const missing = members.filter(({ userId }) => !present.has(userId));
  if (missing.length === 0) return [];
  const userIds = missing.map(({ userId }) => userId);
  return [
    {
      name: 'the members',
      done: 'Added the members.',
      changes: [
        { field: 'members to add', from: null, to: missing.map((member) => member.written) },
      ],
      write: (existing) => addAll(existing, userIds, surroundings),
    },
  ];
}

/** A user, as they were written and by their id. */
interface Member {
  written: string;
  userId: string;
}

/**
 * The users who are `written` as ids or e-mail addresses, each once.
 * @throws {Failure} when one of them is not in the organization.
 * @throws {OpenRouterError}
 */
async function findMembers(
  written: readonly string[],
  { client }: Pick<Surroundings, 'client'>,
): Promise<Member[]> {
  const organization = await listOrganizationMembers(client);
  const found = written.map((text) => ({ text, members: membersOf(organization, text) }));
  const problems = found.flatMap(({ text, members: { length } }) => {
    if (length === 1) return [];
    return [
      `members: ${length === 0 ? 'nobody in it has' : `${length} people in it have`} ${text}`,
    ];
  });
  if (problems.length > 0) {
    throw new Failure('Not all members are in the organization', [
      ...problems,
      'Each must be the id or e-mail address of one member of the organization.',
      'Nothing was changed at OpenRouter.',
    ]);
  }
  const byId = new Map(found.map(({ text, members }) => [members[0]?.id ?? '', text]));
  return [...byId].map(([userId, text]) => ({ userId, written: text }));
}

function membersOf(organization: readonly OrganizationMember[], written: string) {
  const address = written.toLowerCase();
  return organization.filter(({ id, email }) => id === written || email?.toLowerCase() === address);
}

/**
 * Adds users to a workspace. To add one again would do no harm, but a POST that may have landed is
 * looked into all the same, and so is an answer that does not have all of them.
 * @throws {OpenRouterError}
 * @throws {Failure} when OpenRouter has answered that it was done, and does not show it.
 */
async function addAll(
  workspace: Pick<Workspace, 'id' | 'slug'>,
  userIds: readonly string[],
  surroundings: Surroundings,
): Promise<void> {
  for (let at = 0; at < userIds.length; at += MAX_ADDED) {
    await addSome(workspace, userIds.slice(at, at + MAX_ADDED), surroundings);
  }
}

async function addSome(
  workspace: Pick<Workspace, 'id' | 'slug'>,
  userIds: readonly string[],
  { client, log }: Surroundings,
): Promise<void> {
  const absent = async (ids: readonly string[]) => {
    const present = new Set(await listMembers(client, workspace));
    return ids.filter((userId) => !present.has(userId));
  };
  let missing = userIds;
  for (let attempt = 1; ; ) {
    try {
      const added = new Set(await addMembers(client, workspace, { userIds: missing, attempt }));
      if (missing.every((userId) => added.has(userId))) return;
      const left = await absent(missing);
      if (left.length === 0) return;
      throw new Failure(`Not all members were added to the workspace ${workspace.slug}`, [
        `OpenRouter has answered that it has added them, and does not show: ${left.join(', ')}.`,
      ]);
    } catch (error) {
      if (!(error instanceof OpenRouterError) || !canBeLookedInto(error.facts)) throw error;
      log.info(`${whatHappened(error.facts)}. Looking who is a member.`);
      missing = await lookInto(error, () => absent(missing));
      if (missing.length === 0) return;
      if (!error.facts.again) throw error;
      attempt = error.facts.attempts + 1;
      await client.untilNextAttempt(error);
    }
  }
}

import {
  countAmbiguous,
  type Decision,
  type FailedAttempt,
  postOnce,
} from '../creation/post-once.ts';
import { FAILURE_CLASSES } from '../http/retry-policy.ts';
import {
  listMembers,
  listOrganizationMembers,
  MAX_ADDED,
  type OrganizationMember,
  sendMembers,
} from '../openrouter/resources/members.ts';
import type { Workspace, WorkspaceRef } from '../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { membersNotAdded, unknownMembers } from './failures.ts';
import type { PlannedWrite } from './governance.ts';

/** Plans the write that adds missing members; see `planGovernance`. `written`: user ids or addresses. */
export async function planMembers(
  written: readonly string[],
  workspace: Workspace | undefined,
  context: Context,
): Promise<PlannedWrite[]> {
  const userIds = await findMembers(written, context);
  const present = new Set(workspace ? await listMembers(context.client, workspace) : []);
  const missing = userIds.filter((userId) => !present.has(userId));
  if (missing.length === 0) return [];
  return [
    {
      name: 'the members',
      done: 'Added the members.',
      changes: [
        {
          // Their number, so that neither the log nor the summary has their addresses.
          kind: 'field',
          field: 'members',
          from: present.size,
          to: present.size + missing.length,
        },
      ],
      async write(existing) {
        await addMembers(existing, missing, context);
        return {};
      },
    },
  ];
}

/** Finds the ids of the users by their ids or e-mail addresses, each once. */
async function findMembers(
  written: readonly string[],
  { client }: Pick<Context, 'client'>,
): Promise<string[]> {
  const matches = matchMembers(written, await listOrganizationMembers(client));
  const unknown = matches.filter(({ members }) => members.length !== 1);
  if (unknown.length > 0) {
    throw new Failure(unknownMembers, {
      members: unknown.map(({ text, members }) => ({ written: text, matches: members.length })),
    });
  }
  return [...new Set(matches.flatMap(({ members }) => members.map(({ id }) => id)))];
}

/** Finds the members of an organization for each id or e-mail address. Both lists can be long. */
export function matchMembers(
  written: readonly string[],
  organization: readonly OrganizationMember[],
): { text: string; members: OrganizationMember[] }[] {
  const byId = new Map(organization.map((member) => [member.id, member]));
  const byAddress = new Map<string, OrganizationMember[]>();
  for (const member of organization) {
    const address = member.email?.toLowerCase();
    if (address === undefined) continue;
    const others = byAddress.get(address);
    if (others) others.push(member);
    else byAddress.set(address, [member]);
  }
  return written.map((text) => {
    const addressed = byAddress.get(text.toLowerCase()) ?? [];
    return { text, members: [...new Set([byId.get(text) ?? [], addressed].flat())] };
  });
}

async function addMembers(
  workspace: WorkspaceRef,
  userIds: readonly string[],
  context: Context,
): Promise<void> {
  for (let start = 0; start < userIds.length; start += MAX_ADDED) {
    await addBatch(workspace, userIds.slice(start, start + MAX_ADDED), context);
  }
}

/** Adds up to `MAX_ADDED` users, and verifies that they are members if the response lacks any. */
async function addBatch(
  workspace: WorkspaceRef,
  userIds: readonly string[],
  context: Context,
): Promise<void> {
  const { client } = context;
  const findMissing = async () => {
    const present = new Set(await listMembers(client, workspace));
    return userIds.filter((userId) => !present.has(userId));
  };
  const added = await postOnce(
    {
      send: (attempts) => sendMembers(client, workspace, lastMissing(attempts) ?? userIds),
      reconcile: reconcileMembers,
      question: 'which users are members',
      check: findMissing,
    },
    context,
  );
  if (added.kind === 'reconciled') return;
  const listed = new Set(added.data);
  const desired = lastMissing(added.attempts) ?? userIds;
  if (desired.every((userId) => listed.has(userId))) return;
  const missing = await findMissing();
  if (missing.length > 0) throw new Failure(membersNotAdded, { workspace, userIds: missing });
}

/** The ids of users whom a lookup did not find among the members. */
type Missing = readonly string[];

function lastMissing(attempts: readonly FailedAttempt<Missing>[]): Missing | undefined {
  return attempts.findLast(({ found }) => found)?.found;
}

/** Decides what to do after a failed `POST …/members/add`. Only missing members are added again. */
export function reconcileMembers(
  attempts: readonly FailedAttempt<Missing>[],
): Decision<'all are members'> {
  const { failure, found } = attempts.at(-1) as FailedAttempt<Missing>;
  const { retryable, ambiguous } = FAILURE_CLASSES[failure.kind];
  if (found?.length === 0) return { kind: 'done', result: 'all are members' };
  if (!found && ambiguous && failure.kind !== 'aborted') return { kind: 'check', ambiguous: true };
  const mayBeApplied = countAmbiguous(attempts) > 0;
  return { kind: retryable ? 'retry' : 'give-up', ambiguous: mayBeApplied };
}

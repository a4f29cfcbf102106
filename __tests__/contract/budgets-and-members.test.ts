import { expect, test } from '@jest/globals';
import type { UpsertWorkspaceBudgetRequest, WorkspaceBudgetInterval } from '@openrouter/sdk/models';
import { openHarness } from '../support/harness.ts';
import { createWorkspace, openSdk } from './sdk.ts';

const harness = openHarness();
const sdk = () => openSdk(harness.sandbox);

type Flags = Omit<UpsertWorkspaceBudgetRequest, 'limitUsd'>;
const setBudget = (
  workspaceRef: string,
  interval: WorkspaceBudgetInterval,
  limitUsd: number,
  flags: Flags = {},
) =>
  sdk().workspaces.setBudget({
    workspaceRef,
    interval,
    upsertWorkspaceBudgetRequest: { limitUsd, ...flags },
  });
const listBudgets = async (workspaceRef: string) => {
  const { data } = await sdk().workspaces.listBudgets({ workspaceRef });
  return Object.fromEntries(data.map((set) => [set.resetInterval ?? 'lifetime', set.limitUsd]));
};

test('a budget is set, read, changed and deleted by the id and by the slug of its workspace', async () => {
  const { workspaces } = sdk();
  const { id, slug } = await createWorkspace(harness.sandbox);
  expect(await listBudgets(id)).toEqual({});

  const created = await setBudget(slug, 'monthly', 100);
  expect(created.data).toMatchObject({ workspaceId: id, limitUsd: 100, resetInterval: 'monthly' });
  expect((await setBudget(id, 'lifetime', 1000.5)).data.resetInterval).toBeNull();
  await setBudget(id, 'monthly', 200);
  const changed = await setBudget(id, 'monthly', 150);
  expect(changed.data).toMatchObject({ id: created.data.id, createdAt: created.data.createdAt });
  expect(await listBudgets(slug)).toEqual({ monthly: 150, lifetime: 1000.5 });

  const monthly = { workspaceRef: id, interval: 'monthly' as const };
  expect(await workspaces.deleteBudget(monthly)).toEqual({ deleted: true });
  expect(await workspaces.deleteBudget(monthly)).toEqual({ deleted: true });
  expect(await listBudgets(id)).toEqual({ lifetime: 1000.5 });
});

test('the budgets of a workspace share one flag for BYOK, which the workspace has too', async () => {
  const { id } = await createWorkspace(harness.sandbox);
  expect((await setBudget(id, 'daily', 1)).includeByokInBudgets).toBe(false);
  await setBudget(id, 'weekly', 5, { includeByokInBudgets: true });
  const { workspaces } = sdk();
  expect((await workspaces.listBudgets({ workspaceRef: id })).includeByokInBudgets).toBe(true);
  expect((await workspaces.get({ id })).data.includeByokInBudgets).toBe(true);
});

const users = () => harness.sandbox.account.members.map(({ id }) => id);
const addMembers = (id: string, userIds: string[]) =>
  sdk().workspaces.bulkAddMembers({ id, bulkAddWorkspaceMembersRequest: { userIds } });
const listMembers = async (id: string) => {
  const { result } = await sdk().workspaces.listMembers({ id });
  expect(result.totalCount).toBe(result.data.length);
  return result.data.map(({ userId }) => userId);
};

test('the members of the organization are listed page by page, the owner first', async () => {
  const { account } = harness.sandbox;
  const ids: string[] = [];
  for await (const { result } of await sdk().organization.listMembers({ limit: 3 })) {
    expect(result.totalCount).toBe(account.members.length);
    ids.push(...result.data.map(({ id }) => id));
  }
  expect(ids).toEqual(users());
  expect(ids[0]).toBe(account.owner);
});

test('members are added to a workspace once, with their role', async () => {
  const { id, slug } = await createWorkspace(harness.sandbox);
  const [owner = '', second = ''] = users();
  expect(await listMembers(id)).toEqual([]);

  const added = await addMembers(slug, [owner, second, second]);
  expect(added.addedCount).toBe(2);
  expect(added.data.map(({ userId, role }) => [userId, role])).toEqual([
    [owner, 'admin'],
    [second, 'member'],
  ]);
  expect((await addMembers(id, [owner])).data).toEqual([added.data[0]]);
  expect(await listMembers(slug)).toEqual([owner, second]);
});

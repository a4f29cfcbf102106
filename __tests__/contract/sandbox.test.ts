/** The sandbox, as the official SDK sees it. */
import { expect, test } from '@jest/globals';
import type {
  UpdateGuardrailRequest,
  UpsertWorkspaceBudgetRequest,
  WorkspaceBudgetInterval,
} from '@openrouter/sdk/models';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openHarness } from '../support/harness.ts';
import { createWorkspace, openSdk } from './sdk.ts';

const harness = openHarness();
const sdk = () => openSdk(harness.sandbox);

const idOf = (slug: string) =>
  harness.sandbox.account.workspaces.find((workspace) => workspace.slug === slug)?.id ?? '';

test('the SDK gets, updates and deletes any but the default workspace of the sandbox, by id and slug', async () => {
  const { workspaces } = sdk();
  await harness.create({ slug: 'witness' });

  expect((await workspaces.get({ id: 'witness' })).data.id).toBe(idOf('witness'));
  const updateWorkspaceRequest = { description: 'Updated' };
  const updated = await workspaces.update({ id: idOf('witness'), updateWorkspaceRequest });
  expect(updated.data).toMatchObject({ slug: 'witness', description: 'Updated' });
  expect(updated.data.updatedAt).not.toBeNull();
  expect(await workspaces.delete({ id: 'witness' })).toEqual({ deleted: true });
  await expect(workspaces.get({ id: 'witness' })).rejects.toMatchObject({ statusCode: 404 });
  await expect(workspaces.delete({ id: 'default' })).rejects.toMatchObject({ statusCode: 400 });
});

test('the SDK lists the workspaces of the sandbox page by page', async () => {
  for (let count = 0; count < 3; count += 1) await harness.create();
  const slugs: string[] = [];
  const pages = await sdk().workspaces.list({ limit: 2 });
  for await (const { result } of pages) slugs.push(...result.data.map(({ slug }) => slug));
  expect(slugs).toEqual(harness.sandbox.account.workspaces.map(({ slug }) => slug));
});

test('the SDK creates, lists and deletes API keys, which block the deletion of their workspace', async () => {
  const { sandbox } = harness;
  const { apiKeys, workspaces } = sdk();
  const workspace = seedWorkspace(sandbox, { slug: 'with-keys' });
  for (let at = 0; at < 100; at += 1) seedKey(sandbox, workspace, { name: `Key ${at}` });
  const requestBody = { name: 'Key 100', workspaceId: workspace.id };
  const created = await apiKeys.create({ requestBody });
  expect(created.data).toMatchObject(requestBody);
  expect(created.data.label).toBe(`${created.key.slice(0, 12)}...${created.key.slice(-4)}`);
  const { hash } = created.data;
  for (const key of sandbox.account.keys) key.disabled = key.hash === hash;

  const list = async (options: { offset?: number; includeDisabled?: boolean }) => {
    const { data } = await apiKeys.list({ workspaceId: workspace.id, ...options });
    return data.map(({ name }) => name);
  };
  expect((await list({ includeDisabled: true }))[0]).toBe('Key 100');
  expect(await list({ includeDisabled: true, offset: 100 })).toEqual(['Key 0']);
  expect((await list({}))[0]).toBe('Key 99');
  expect((await apiKeys.list()).data).toEqual([]);

  sandbox.account.keys.splice(1);
  await expect(workspaces.delete({ id: 'with-keys' })).rejects.toMatchObject({ statusCode: 400 });
  expect(await apiKeys.delete({ hash })).toEqual({ deleted: true });
  await expect(apiKeys.delete({ hash })).rejects.toMatchObject({ statusCode: 404 });
  expect(await workspaces.delete({ id: 'with-keys' })).toEqual({ deleted: true });
});

test('the SDK disables an API key of the sandbox, and leaves its other fields unchanged', async () => {
  const { apiKeys } = sdk();
  const { data: created } = await apiKeys.create({ requestBody: { name: 'Key', limit: 5 } });
  const { hash } = created;
  const { data } = await apiKeys.update({ hash, requestBody: { disabled: true } });
  expect(data).toMatchObject({ hash, name: 'Key', limit: 5, disabled: true });
  expect((await apiKeys.get({ hash })).data.disabled).toBe(true);
  await expect(apiKeys.update({ hash, requestBody: {} })).rejects.toMatchObject({
    statusCode: 400,
  });
  const missing = apiKeys.update({ hash: '0', requestBody: { disabled: true } });
  await expect(missing).rejects.toMatchObject({ statusCode: 404 });
});

const getGuardrail = (id: string) => sdk().guardrails.get({ id });
const updateGuardrail = (id: string, updateGuardrailRequest: UpdateGuardrailRequest) =>
  sdk().guardrails.update({ id, updateGuardrailRequest });

test('a guardrail exists from its first update on, by its own id only', async () => {
  const workspace = await createWorkspace(harness.sandbox);
  const { id: workspaceId, defaultGuardrailId: id } = workspace;
  for (const unknown of [id, workspaceId, workspace.slug]) {
    await expect(getGuardrail(unknown)).rejects.toMatchObject({ statusCode: 404 });
  }
  await expect(updateGuardrail(workspaceId, {})).rejects.toMatchObject({ statusCode: 404 });
  const created = await updateGuardrail(id, { allowedProviders: ['openai'] });
  expect(created.data).toMatchObject({
    id,
    workspaceId,
    allowedProviders: ['openai'],
    ignoredProviders: null,
    limitUsd: null,
    resetInterval: null,
    includeByokInBudgets: false,
    updatedAt: null,
  });
  expect(await getGuardrail(id)).toEqual(created);
});

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

const HOUR = 3_600_000;

/** A workspace with an API key that has spent 0.3 USD on two models. */
function seedSpender(slug: string) {
  const { sandbox } = harness;
  const workspace = seedWorkspace(sandbox, { slug, age: 24 * HOUR });
  const key = seedKey(sandbox, workspace, { name: 'CI', limit: 5 });
  seedUsage(sandbox, key, { model: 'a/one', credits: 0.1, requests: 2, prompt: 100 });
  seedUsage(sandbox, key, { model: 'a/two', credits: 0.2, byok: 0.05, completion: 50 });
  return { workspace, key };
}

test('the SDK reads what an API key of the sandbox has spent', async () => {
  const { key } = seedSpender('read-key');
  const { data } = await sdk().apiKeys.get({ hash: key.hash });
  expect(data).toMatchObject({ usage: 0.3, usageDaily: 0.3, limit: 5, limitRemaining: 4.7 });
  expect(data.byokUsage).toBe(0.05);
  await expect(sdk().apiKeys.get({ hash: '0' })).rejects.toMatchObject({ statusCode: 404 });
});

test.each(['workspace', 'key'])(
  'a usage step for a %s sends the same request as the SDK, which reads the response',
  async (kind) => {
    const { workspace, key } = seedSpender(`same-${kind}`);
    const inputs = { workspace: workspace.slug, ...(kind === 'key' && { 'key-hash': key.hash }) };
    const step = await harness.run('usage', inputs);
    const lastQuery = () =>
      harness.sandbox.requests.findLast(({ path }) => path === '/analytics/query');
    const ours = JSON.parse(lastQuery()?.body ?? '');
    const { time_range: range, order_by: orderBy, ...fields } = ours;
    const { data } = await sdk().analytics.queryAnalytics({
      requestBody: {
        ...fields,
        orderBy,
        timeRange: { start: new Date(range.start), end: new Date(range.end) },
      },
    });
    const theirs = JSON.parse(lastQuery()?.body ?? '');
    const seconds = ({ start, end }: Record<string, string>) =>
      [start, end].map((time) => Date.parse(time ?? ''));
    expect({ ...ours, time_range: seconds(ours.time_range) }).toEqual({
      ...theirs,
      time_range: seconds(theirs.time_range),
    });
    expect(data.metadata.truncated).toBe(false);
    expect(data.data).toHaveLength(2);
    expect(step.outputs).toMatchObject({ 'cost-usd': '0.3', complete: 'true' });
  },
);

import { describe, expect, test } from '@jest/globals';
import { OpenRouter } from '@openrouter/sdk';
import type {
  UpdateGuardrailRequest,
  UpsertWorkspaceBudgetRequest,
  WorkspaceBudgetInterval,
} from '@openrouter/sdk/models';
import { openHarness, workspaceInputs } from '../support/harness.ts';

const harness = openHarness();
const client = () =>
  new OpenRouter({ apiKey: harness.sandbox.managementKey, serverURL: harness.sandbox.url });

const refusal = (statusCode: number, message?: RegExp) =>
  message ? { statusCode, message: expect.stringMatching(message) } : { statusCode };

async function makeWorkspace() {
  const { data } = await client().workspaces.create({ createWorkspaceRequest: workspaceInputs() });
  return { ...data, defaultGuardrailId: data.defaultGuardrailId ?? '' };
}

describe("the sandbox's guardrails, to the SDK,", () => {
  const get = (id: string) => client().guardrails.get({ id });
  const update = (id: string, updateGuardrailRequest: UpdateGuardrailRequest) =>
    client().guardrails.update({ id, updateGuardrailRequest });

  test('come into being with their first update', async () => {
    const { id: workspaceId, defaultGuardrailId: id } = await makeWorkspace();
    await expect(get(id)).rejects.toMatchObject(refusal(404));
    const made = await update(id, { allowedProviders: ['openai'] });
    expect(made.data).toMatchObject({
      id,
      workspaceId,
      allowedProviders: ['openai'],
      ignoredProviders: null,
      limitUsd: null,
      resetInterval: null,
      includeByokInBudgets: false,
      updatedAt: null,
    });
    expect(await get(id)).toEqual(made);
  });

  test('keep what an update leaves out', async () => {
    const { defaultGuardrailId: id } = await makeWorkspace();
    await update(id, { limitUsd: 50, resetInterval: 'monthly', description: 'Previews' });
    const { data } = await update(id, { limitUsd: 75, includeByokInBudgets: true });
    expect(data).toMatchObject({
      limitUsd: 75,
      resetInterval: 'monthly',
      description: 'Previews',
      includeByokInBudgets: true,
      updatedAt: expect.any(String),
    });
    const lifted = await update(id, { limitUsd: null, resetInterval: null });
    expect(lifted.data).toMatchObject({ limitUsd: null, resetInterval: null });
  });

  test('answer models by their dated slugs', async () => {
    const { defaultGuardrailId: id } = await makeWorkspace();
    const { data } = await update(id, {
      allowedModels: ['openai/gpt-5.2', 'deepseek/deepseek-r1:free'],
      ignoredModels: ['anthropic/claude-4.5-opus-20251124', 'qwen/qwen4-20260202:free'],
    });
    expect(data.allowedModels).toEqual([
      'openai/gpt-5.2-20260101',
      'deepseek/deepseek-r1-20260101:free',
    ]);
    expect(data.ignoredModels).toEqual([
      'anthropic/claude-4.5-opus-20251124',
      'qwen/qwen4-20260202:free',
    ]);
  });

  test('take enforce_zdr for those of its kind that are left out', async () => {
    const { defaultGuardrailId: id } = await makeWorkspace();
    const { data } = await update(id, { enforceZdr: true, enforceZdrXai: false });
    expect(data).toMatchObject({
      enforceZdr: null,
      enforceZdrAnthropic: true,
      enforceZdrGoogle: true,
      enforceZdrOpenai: true,
      enforceZdrOther: true,
      enforceZdrXai: false,
    });
  });

  test('take every other field that the SDK knows', async () => {
    const { defaultGuardrailId: id } = await makeWorkspace();
    const fields: UpdateGuardrailRequest = {
      allowedDataRegions: ['europe'],
      ignoredProviders: ['azure'],
      enableFreeModelPublication: false,
      enableFreeModelTraining: false,
      enablePaidModelTraining: false,
      contentFilters: [{ action: 'redact', pattern: 'sk-[a-z0-9]+', label: '[KEY]' }],
      contentFilterBuiltins: [{ action: 'block', slug: 'regex-prompt-injection' }],
    };
    expect((await update(id, fields)).data).toMatchObject(fields);
  });

  test.each<[string, UpdateGuardrailRequest, RegExp]>([
    ['a name', { name: 'Mine' }, /named after its workspace/],
    ['a limit of nothing', { limitUsd: 0, resetInterval: 'daily' }, /limit_usd/],
    ['a limit without an interval', { limitUsd: 5 }, /set together/],
    ['an interval without a limit', { resetInterval: 'daily' }, /set together/],
    ['no interval', { limitUsd: 5, resetInterval: 'yearly' as never }, /reset_interval/],
    ['an empty list', { allowedModels: [] }, /allowed_models/],
  ])('refuse %s, and do not come into being', async (_, body, message) => {
    const { defaultGuardrailId: id } = await makeWorkspace();
    await expect(update(id, body)).rejects.toMatchObject(refusal(400, message));
    await expect(get(id)).rejects.toMatchObject(refusal(404));
  });

  test('are found by their own id only', async () => {
    const { id, slug } = await makeWorkspace();
    for (const unknown of [id, slug]) {
      await expect(get(unknown)).rejects.toMatchObject(refusal(404));
      await expect(update(unknown, {})).rejects.toMatchObject(refusal(404));
    }
  });
});

describe("the sandbox's budgets, to the SDK,", () => {
  type Flags = Omit<UpsertWorkspaceBudgetRequest, 'limitUsd'>;
  const set = (
    workspaceRef: string,
    interval: WorkspaceBudgetInterval,
    limitUsd: number,
    flags: Flags = {},
  ) =>
    client().workspaces.setBudget({
      workspaceRef,
      interval,
      upsertWorkspaceBudgetRequest: { limitUsd, ...flags },
    });
  const list = async (workspaceRef: string) => {
    const { data } = await client().workspaces.listBudgets({ workspaceRef });
    return Object.fromEntries(data.map((set) => [set.resetInterval ?? 'lifetime', set.limitUsd]));
  };

  test('are set, read, changed and deleted, by the id and by the slug of their workspace', async () => {
    const { workspaces } = client();
    const { id, slug } = await makeWorkspace();
    expect(await list(id)).toEqual({});

    const made = await set(slug, 'monthly', 100);
    expect(made.data).toMatchObject({ workspaceId: id, limitUsd: 100, resetInterval: 'monthly' });
    expect((await set(id, 'lifetime', 1000.5)).data.resetInterval).toBeNull();
    await set(id, 'monthly', 200);
    const changed = await set(id, 'monthly', 150);
    expect(changed.data).toMatchObject({ id: made.data.id, createdAt: made.data.createdAt });
    expect(await workspaces.getBudget({ workspaceRef: slug, interval: 'monthly' })).toEqual(
      changed,
    );
    expect(await list(slug)).toEqual({ monthly: 150, lifetime: 1000.5 });

    const monthly = { workspaceRef: id, interval: 'monthly' as const };
    expect(await workspaces.deleteBudget(monthly)).toEqual({ deleted: true });
    expect(await workspaces.deleteBudget(monthly)).toEqual({ deleted: true });
    await expect(workspaces.getBudget(monthly)).rejects.toMatchObject(refusal(404));
    expect(await list(id)).toEqual({ lifetime: 1000.5 });
  });

  test('share one flag for BYOK, which is on their workspace', async () => {
    const { workspaces } = client();
    const { id } = await makeWorkspace();
    expect((await set(id, 'daily', 1)).includeByokInBudgets).toBe(false);
    await set(id, 'weekly', 5, { includeByokInBudgets: true });
    expect((await set(id, 'daily', 2)).includeByokInBudgets).toBe(true);
    expect((await workspaces.listBudgets({ workspaceRef: id })).includeByokInBudgets).toBe(true);
    expect((await workspaces.get({ id })).data.includeByokInBudgets).toBe(true);
  });

  test('narrow with their interval, after every write', async () => {
    const { id } = await makeWorkspace();
    await set(id, 'lifetime', 100);
    await set(id, 'daily', 10);
    const refused: [WorkspaceBudgetInterval, number][] = [
      ['weekly', 10],
      ['monthly', 100],
      ['lifetime', 10],
      ['daily', 100],
    ];
    for (const [interval, limit] of refused) {
      const write = set(id, interval, limit, { includeByokInBudgets: true });
      await expect(write).rejects.toMatchObject(refusal(400, /lifetime > monthly/));
    }
    expect(await list(id)).toEqual({ lifetime: 100, daily: 10 });
    expect((await set(id, 'weekly', 11)).includeByokInBudgets).toBe(false);
  });

  test('refuse a limit of nothing, another interval and an unknown workspace', async () => {
    const { id } = await makeWorkspace();
    await expect(set(id, 'daily', 0)).rejects.toMatchObject(refusal(400, /limit_usd/));
    await expect(set(id, 'yearly' as never, 5)).rejects.toMatchObject(refusal(400, /interval/));
    await expect(set('unknown', 'daily', 5)).rejects.toMatchObject(refusal(404));
    await expect(list('unknown')).rejects.toMatchObject(refusal(404));
  });
});

describe("the sandbox's members, to the SDK,", () => {
  const users = () => harness.sandbox.account.members.map(({ id }) => id);
  const add = (id: string, userIds: string[]) =>
    client().workspaces.bulkAddMembers({ id, bulkAddWorkspaceMembersRequest: { userIds } });
  const remove = (id: string, userIds: string[]) =>
    client().workspaces.bulkRemoveMembers({ id, bulkRemoveWorkspaceMembersRequest: { userIds } });
  const list = async (id: string) => {
    const { result } = await client().workspaces.listMembers({ id });
    expect(result.totalCount).toBe(result.data.length);
    return result.data.map(({ userId }) => userId);
  };

  test('make up an organization, listed page by page, the owner first', async () => {
    const { account } = harness.sandbox;
    const ids: string[] = [];
    for await (const { result } of await client().organization.listMembers({ limit: 3 })) {
      expect(result.totalCount).toBe(account.members.length);
      ids.push(...result.data.map(({ id }) => id));
    }
    expect(ids).toEqual(users());
    expect(ids[0]).toBe(account.owner);
  });

  test('are added to and removed from a workspace, with the role that they have', async () => {
    const { id, slug } = await makeWorkspace();
    const [owner = '', second = '', third = ''] = users();
    expect(await list(id)).toEqual([]);

    const added = await add(slug, [owner, second, second]);
    expect(added.addedCount).toBe(2);
    expect(added.data.map(({ userId, role }) => [userId, role])).toEqual([
      [owner, 'admin'],
      [second, 'member'],
    ]);
    expect((await add(id, [owner])).data).toEqual([added.data[0]]);
    expect(await list(slug)).toEqual([owner, second]);

    expect(await remove(id, [second, third])).toEqual({ removedCount: 1 });
    expect(await list(id)).toEqual([owner]);
  });

  test('stay in a workspace when removed from another', async () => {
    const [from, other] = [await makeWorkspace(), await makeWorkspace()];
    const [user = ''] = users();
    for (const { id } of [from, other]) await add(id, [user]);
    expect(await remove(from.id, [user])).toEqual({ removedCount: 1 });
    expect(await list(other.id)).toEqual([user]);
  });

  test('stay while they have active keys there', async () => {
    const { apiKeys } = client();
    const { id } = await makeWorkspace();
    const [, user = ''] = users();
    await add(id, [user]);
    const { data } = await apiKeys.create({
      requestBody: { name: 'Theirs', workspaceId: id, creatorUserId: user },
    });
    await expect(remove(id, [user])).rejects.toMatchObject(refusal(400, /active API keys/));
    const key = harness.sandbox.account.keys.find(({ hash }) => hash === data.hash);
    Object.assign(key ?? {}, { disabled: true });
    expect(await remove(id, [user])).toEqual({ removedCount: 1 });
  });

  test('are all in the default workspace, which cannot be changed', async () => {
    const [user = ''] = users();
    expect(await list('default')).toEqual(users());
    await expect(add('default', [user])).rejects.toMatchObject(refusal(403));
    await expect(remove('default', [user])).rejects.toMatchObject(refusal(403));
  });

  test('are refused all at once when one is not in the organization', async () => {
    const { id } = await makeWorkspace();
    const [user = ''] = users();
    for (const change of [add, remove]) {
      await expect(change(id, [user, 'user_0'])).rejects.toMatchObject(refusal(400, /user_0/));
      await expect(change(id, [])).rejects.toMatchObject(refusal(400, /user_ids/));
      const many = Array.from({ length: 101 }, () => user);
      await expect(change(id, many)).rejects.toMatchObject(refusal(400, /user_ids/));
      await expect(change('unknown', [user])).rejects.toMatchObject(refusal(404));
    }
    expect(await list(id)).toEqual([]);
  });
});

test('the sandbox forgets with a workspace what governed it, and nothing else', async () => {
  const { workspaces, guardrails } = client();
  const { account } = harness.sandbox;
  const [owner] = account.members.map(({ id }) => id);
  const govern = async () => {
    const workspace = await makeWorkspace();
    const { id, defaultGuardrailId } = workspace;
    await guardrails.update({ id: defaultGuardrailId, updateGuardrailRequest: {} });
    const budget = { workspaceRef: id, interval: 'daily' as const };
    await workspaces.setBudget({ ...budget, upsertWorkspaceBudgetRequest: { limitUsd: 1 } });
    const members = { userIds: owner ? [owner] : [] };
    await workspaces.bulkAddMembers({ id, bulkAddWorkspaceMembersRequest: members });
    return workspace;
  };
  const heldFor = (id: string) =>
    [account.guardrails, account.budgets, account.memberships].map(
      (held) => held.filter(({ workspace_id }) => workspace_id === id).length,
    );
  const gone = await govern();
  const kept = await govern();
  await workspaces.delete({ id: gone.id });

  expect(heldFor(gone.id)).toEqual([0, 0, 0]);
  expect(heldFor(kept.id)).toEqual([1, 1, 1]);
  const lost = guardrails.update({ id: gone.defaultGuardrailId, updateGuardrailRequest: {} });
  await expect(lost).rejects.toMatchObject(refusal(404));
});

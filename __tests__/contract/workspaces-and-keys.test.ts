import { expect, test } from '@jest/globals';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openHarness } from '../support/harness.ts';
import { openSdk, rejection } from './sdk.ts';

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
  await expect(workspaces.get({ id: 'witness' })).rejects.toMatchObject(rejection(404));
  await expect(workspaces.delete({ id: 'default' })).rejects.toMatchObject(rejection(400));
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
  await expect(workspaces.delete({ id: 'with-keys' })).rejects.toMatchObject(rejection(400));
  expect(await apiKeys.delete({ hash })).toEqual({ deleted: true });
  await expect(apiKeys.delete({ hash })).rejects.toMatchObject(rejection(404));
  expect(await workspaces.delete({ id: 'with-keys' })).toEqual({ deleted: true });
});

test('the SDK disables an API key of the sandbox, and leaves its other fields unchanged', async () => {
  const { apiKeys } = sdk();
  const { data: created } = await apiKeys.create({ requestBody: { name: 'Key', limit: 5 } });
  const { hash } = created;
  const { data } = await apiKeys.update({ hash, requestBody: { disabled: true } });
  expect(data).toMatchObject({ hash, name: 'Key', limit: 5, disabled: true });
  expect((await apiKeys.get({ hash })).data.disabled).toBe(true);
  await expect(apiKeys.update({ hash, requestBody: {} })).rejects.toMatchObject(rejection(400));
  const missing = apiKeys.update({ hash: '0', requestBody: { disabled: true } });
  await expect(missing).rejects.toMatchObject(rejection(404));
});

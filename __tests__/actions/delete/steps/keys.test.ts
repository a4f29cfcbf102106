import { expect, test } from '@jest/globals';
import type { Key } from '../../../../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import {
  DELETE_KEY,
  DELETE_WORKSPACE,
  FIND_WORKSPACE,
  identityOf,
  LIST_KEYS,
  NOTHING_DELETED,
  openDeleteHarness,
  outputsOfDeleted,
} from '../../../support/delete-harness.ts';
import { expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';

const { harness, seed, runDelete, exists, keys, calls } = openDeleteHarness();

function seedWithDisabledKey() {
  const workspace = seed({ keys: 3 });
  const [disabled] = keys();
  if (disabled) disabled.disabled = true;
  return workspace;
}

test('API keys block the deletion, and the error names each key and delete-keys', async () => {
  const workspace = seedWithDisabledKey();
  seedUsage(harness.sandbox, keys()[0] as Key, { credits: 0.1 });
  const step = await runDelete();
  const outputs = { ...identityOf(workspace), ...NOTHING_DELETED };
  const { title, message } = expectFailure(step, outputs);
  expect(title).toBe(
    'Cannot delete the workspace "preview-42": it has 3 API keys, and delete-keys is false',
  );
  for (const { name, label, disabled } of keys()) {
    const state = disabled ? 'disabled' : 'works';
    expect(message).toContain(`"${name}" (${label}): ${state}`);
    expect(step.summary).toContain(
      `<td><code>${name}</code><br><code>${label}</code> ${state}</td>`,
    );
  }
  expect(step.summary).toContain('<td>Total</td><td align="right">at least $0.10</td>');
  expect(message).toContain('set delete-keys: true, which is false by default.');
  expect(message).toContain('Nothing was deleted.');
  expect(calls()).toEqual([FIND_WORKSPACE, LIST_KEYS]);
  expect(exists()).toBe(true);
  expect(keys()).toHaveLength(3);
});

test('delete-keys deletes all API keys of the workspace, disabled ones too, and no others', async () => {
  const workspace = seedWithDisabledKey();
  for (const key of keys()) seedUsage(harness.sandbox, key, { credits: 0.1 });
  // Expired keys have settled.
  for (const key of keys().slice(1)) key.expires_at = '2025-12-31T00:00:00Z';
  Object.assign(keys()[0] ?? {}, { updated_at: '2025-12-31T00:00:00Z' });
  seedWorkspace(harness.sandbox, { slug: 'preview-43', keys: 2 });
  const step = await runDelete({ 'delete-keys': 'true' });
  expect(step.outputs).toEqual({ ...outputsOfDeleted(workspace, 3), 'keys-cost-usd': '0.3' });
  expect(step.summary).toContain(
    '<td>Total of the keys it still had</td><td align="right">$0.30</td>',
  );
  expect(calls()).toEqual([
    FIND_WORKSPACE,
    LIST_KEYS,
    DELETE_KEY,
    DELETE_KEY,
    DELETE_KEY,
    LIST_KEYS,
    DELETE_WORKSPACE,
    FIND_WORKSPACE,
  ]);
  expect(keys().map(({ name }) => name)).toEqual(['Key 2', 'Key 1']);
  expect(step.log).toContain('Deleted 3 API keys of the workspace preview-42: "Key 3" (');
});

test('an API key that a concurrent job creates after the lookup fails a step without delete-keys', async () => {
  const workspace = seed();
  onNth(harness.sandbox, LIST_KEYS, 1, () => seedKey(harness.sandbox, workspace, { name: 'Late' }));
  const outputs = { ...identityOf(workspace), ...NOTHING_DELETED };
  const { title, message } = expectFailure(await runDelete(), outputs);
  expect(title).toBe(
    'Cannot delete the workspace "preview-42": it has 1 API key, and delete-keys is false',
  );
  expect(message).toContain('"Late"');
});

test('a delete does not report 0 if OpenRouter does not report what an API key had spent', async () => {
  seed({ keys: 2 });
  const [known, { usage: _, ...unknown }] = keys() as [Key, Key];
  const body = JSON.stringify({ data: [known, unknown] });
  harness.sandbox.faults.push({ on: LIST_KEYS, kind: 'response', status: 200, body });
  const step = await runDelete({ 'delete-keys': 'true' });
  expect(step.outputs).toMatchObject({ 'deleted-keys': '2', 'keys-cost-usd': '' });
  expect(step.summary).toContain('<td align="right">unknown</td>');
});

import { expect, test } from '@jest/globals';
import { seedKey, seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import {
  DELETE_KEY,
  DELETE_WORKSPACE,
  FIND_WORKSPACE,
  identityOf,
  LIST_KEYS,
  NOTHING_DELETED,
  openDeleteHarness,
  outputsOfDeleted,
  SLUG,
} from '../../../support/delete.ts';
import { expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';

const { harness, seed, runDelete, exists, keys, calls } = openDeleteHarness();

/** A workspace with three keys, one of which is disabled. */
function seedWithDisabledKey() {
  const workspace = seed({ keys: 3 });
  const [disabled] = keys();
  if (disabled) disabled.disabled = true;
  return workspace;
}

test('API keys block the deletion, and the error names each key and delete-keys', async () => {
  const workspace = seedWithDisabledKey();
  const step = await runDelete();
  const outputs = { ...identityOf(workspace), ...NOTHING_DELETED };
  const { title, message } = expectFailure(step, outputs);
  expect(title).toBe('The workspace preview-42 has 3 API keys, and delete-keys is false');
  for (const { name, label } of keys()) {
    expect(message).toContain(`"${name}" (${label})`);
    expect(step.summary).toContain(`<td><code>${name}</code></td><td><code>${label}</code></td>`);
  }
  expect(message).toContain('With delete-keys: true, the keys are deleted first.');
  expect(message).toContain('Nothing was deleted.');
  expect(calls()).toEqual([FIND_WORKSPACE, LIST_KEYS]);
  expect(exists()).toBe(true);
  expect(keys()).toHaveLength(3);
});

test('delete-keys deletes all API keys of the workspace, disabled ones too, and no others', async () => {
  const workspace = seedWithDisabledKey();
  seedWorkspace(harness.sandbox, { slug: 'preview-43', keys: 2 });
  const step = await runDelete({ 'delete-keys': 'true' });
  expect(step.outputs).toEqual(outputsOfDeleted(workspace, 3));
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
  expect(step.log).toContain(`Deleted the API key "Key 1" (${'sk-or-v1-'}`);
});

test('an expired API key needs delete-keys even if OpenRouter would delete its workspace', async () => {
  const other = await harness.startSandbox({ expiredKeysBlockDeletion: false });
  const workspace = seedWorkspace(other, { slug: SLUG });
  seedKey(other, workspace, { name: 'Old', expires_at: '2020-01-01T00:00:00.000Z' });
  const inputs = { 'management-key': other.managementKey, 'api-url': other.url };
  const failed = await runDelete(inputs);
  expect(expectFailure(failed, expect.anything()).message).toContain('"Old"');
  const deleted = await runDelete({ ...inputs, 'delete-keys': 'true' });
  expect(deleted.outputs).toEqual(outputsOfDeleted(workspace, 1));
});

test('API keys on several pages are deleted in one step', async () => {
  const workspace = seed({ keys: 250 });
  const step = await runDelete({ 'delete-keys': 'true' });
  expect(step.outputs).toEqual(outputsOfDeleted(workspace, 250));
  expect(exists()).toBe(false);
  // Three pages that overlap by one key, and one more lookup.
  expect(calls().filter((call) => call === LIST_KEYS)).toHaveLength(4);
});

test('an annotation counts the API keys that it has no room for', async () => {
  seed({ keys: 130 });
  const { title, message } = expectFailure(await runDelete(), expect.anything());
  expect(title).toContain('has 130 API keys');
  expect(message).toContain('… and 110 more');
});

test('an API key that a concurrent job creates after the lookup fails a step without delete-keys', async () => {
  const workspace = seed();
  onNth(harness.sandbox, LIST_KEYS, 1, () => seedKey(harness.sandbox, workspace, { name: 'Late' }));
  const outputs = { ...identityOf(workspace), ...NOTHING_DELETED };
  const { title, message } = expectFailure(await runDelete(), outputs);
  expect(title).toBe('The workspace preview-42 has 1 API key, and delete-keys is false');
  expect(message).toContain('"Late"');
});

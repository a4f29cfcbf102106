import { expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../../../sandbox/http/faults.ts';
import {
  DELETE_KEY,
  DELETE_WORKSPACE,
  LIST_KEYS,
  openDeleteHarness,
  outputsOfDeleted,
} from '../../../support/delete-harness.ts';
import { expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';

const { harness, seed, runDelete, exists, keys } = openDeleteHarness();

const rejected = (on: string, status = 403, message = 'Not yours'): ScheduledFault => ({
  on,
  kind: 'response',
  status,
  body: JSON.stringify({ error: { message } }),
});

test('a deletion is confirmed although another workspace has the slug by then', async () => {
  const { sandbox } = harness;
  const { id } = seed();
  // Applied, but the response is lost: the next attempt gets HTTP 404.
  sandbox.faults.push({ on: DELETE_WORKSPACE, kind: 'reset', applied: true });
  onNth(sandbox, DELETE_WORKSPACE, 2, () => seed());
  const step = await runDelete();
  expect(step).toMatchObject({ exitCode: 0, outputs: { deleted: 'true' } });
  expect(sandbox.account.workspaces.map((one) => one.id)).not.toContain(id);
  expect(exists()).toBe(true);
});

test('a step that cannot delete two API keys reports what is left, and another run finishes', async () => {
  const workspace = seed({ keys: 12 });
  harness.sandbox.faults.push(rejected(DELETE_KEY), rejected(DELETE_KEY));
  const step = await runDelete({ 'delete-keys': 'true' });
  const outputs = { ...outputsOfDeleted(workspace, 10), deleted: 'false' };
  const { title, message } = expectFailure(step, outputs);
  expect(title).toBe(
    'Could not delete 2 API keys of the workspace "preview-42": OpenRouter does not allow it (HTTP 403)',
  );
  expect(message.match(/HTTP 403 Forbidden: Not yours/g)).toHaveLength(2);
  expect(message).toContain('API keys deleted before that: 10.');
  expect(message).toMatch(/^Still able to spend: 2 API keys, .*: "/m);
  expect(message).toContain(
    `Not deleted, or unknown: the workspace "preview-42", id ${workspace.id}`,
  );
  expect(message).toContain('Deleting the workspace again finishes the work.');
  expect(message).not.toContain('Nothing was changed');
  expect([exists(), keys().length]).toEqual([true, 2]);

  const again = await runDelete({ 'delete-keys': 'true' });
  expect(again.outputs).toEqual(outputsOfDeleted(workspace, 2));
});

test('an API key that another job has deleted does not count as able to spend', async () => {
  seed({ keys: 1 });
  onNth(harness.sandbox, LIST_KEYS, 1, () => keys().splice(0));
  harness.sandbox.faults.push(rejected(DELETE_WORKSPACE));
  const { code, lines } = expectFailure(
    await runDelete({ 'delete-keys': 'true' }),
    expect.anything(),
  );
  expect(code).toBe('teardown-incomplete');
  expect(lines).toContain('API keys deleted before that: 0.');
  expect(lines).toContain('None of its API keys works.');
});

test('if OpenRouter says that API keys exist, and lists none, the message says where to look for them', async () => {
  seed();
  const message = 'Workspaces with active API keys cannot be deleted';
  harness.sandbox.faults.push(...Array(5).fill(rejected(DELETE_WORKSPACE, 400, message)));
  const { code, lines } = expectFailure(
    await runDelete({ 'delete-keys': 'true' }),
    expect.anything(),
  );
  expect(code).toBe('teardown-incomplete');
  expect(lines).toContain(`OpenRouter: ${message}`);
  expect(lines).toContain(
    "Look for API keys in OpenRouter's dashboard, also those of OAuth apps, and delete them before the workspace.",
  );
  // There is no input to correct.
  expect(lines.join()).not.toContain('Correct the input');
  expect(lines.join()).not.toContain('None of its API keys works');
});

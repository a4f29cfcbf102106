import { expect, test } from '@jest/globals';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { openDeleteHarness, outputsOfDeleted } from '../../../support/delete.ts';
import { expectFailure } from '../../../support/harness.ts';

const { harness, seed, runDelete, calls } = openDeleteHarness();

/** A key of `workspace` that has spent `credits` USD. */
function seedSpender(workspace: Workspace, name: string, credits: number) {
  const key = seedKey(harness.sandbox, workspace, { name });
  seedUsage(harness.sandbox, key, { credits });
  return key;
}

const TABLE = /<tr><th>API key<\/th><th>Label<\/th><th align="right">(.*?)<\/th><\/tr>/;

test('a delete reports what the deleted API keys had spent, without another request', async () => {
  const workspace = seed();
  seedSpender(workspace, 'One', 0.1);
  const { label } = seedSpender(workspace, 'Two', 0.2);
  const step = await runDelete({ 'delete-keys': 'true' });
  expect(step.outputs).toEqual({ ...outputsOfDeleted(workspace, 2), 'keys-cost-usd': '0.3' });
  expect(step.summary.match(TABLE)?.[1]).toBe('Keys spent (total $0.30)');
  expect(step.summary).toContain(
    `<tr><td><code>Two</code></td><td><code>${label}</code></td><td align="right">$0.20</td></tr>`,
  );
  expect(calls().filter((call) => call === 'GET /keys/:hash')).toEqual([]);
});

test('a dry run reports what the API keys have spent that would be deleted', async () => {
  const workspace = seed();
  seedSpender(workspace, 'One', 0.1);
  const step = await runDelete({ 'delete-keys': 'true', 'dry-run': 'true' });
  expect(step.outputs).toMatchObject({ 'deleted-keys': '0', 'keys-cost-usd': '0.1' });
});

test('a delete that API keys block shows what they have spent', async () => {
  seedSpender(seed(), 'One', 0.1);
  const step = await runDelete();
  expectFailure(step, expect.objectContaining({ 'keys-cost-usd': '0' }));
  expect(step.summary.match(TABLE)?.[1]).toBe('Keys spent (total $0.10)');
});

test('a delete does not report 0 if OpenRouter does not report what an API key had spent', async () => {
  const workspace = seed();
  const known = seedSpender(workspace, 'One', 0.1);
  const { usage: _, ...unknown } = seedKey(harness.sandbox, workspace, { name: 'Two' });
  const body = JSON.stringify({ data: [known, unknown] });
  harness.sandbox.faults.push({ on: 'GET /keys', kind: 'response', status: 200, body });
  const step = await runDelete({ 'delete-keys': 'true' });
  expect(step.outputs).toMatchObject({ 'deleted-keys': '2', 'keys-cost-usd': '' });
  expect(step.summary.match(TABLE)?.[1]).toBe('Keys spent');
  expect(step.summary).toContain('<td align="right">unknown</td>');
});

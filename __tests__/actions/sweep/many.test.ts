import { expect, test } from '@jest/globals';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { annotations, expectFailure } from '../../support/harness.ts';
import { onNth } from '../../support/on-nth.ts';
import { DAY, openSweepHarness, slugsIn } from '../../support/sweep.ts';

const { harness, seed, seedSome, runSweep, slugs, calls } = openSweepHarness();

/** Seeds workspaces. Their slugs have characters of 4 bytes, which no one promises never to be in a list. */
function seedMany(count: number, age = 0): void {
  for (let at = 0; at < count; at += 1) seed(`preview-${at}`, age).slug = `preview-${at}-🎈🎈🎈`;
}

/** The entries of an output. Expects that log and summary have how many of `total` it lacks. */
function listedIn(step: StepResult, output: string, total: number): unknown[] {
  const json = step.outputs[output] ?? '';
  expect(Buffer.byteLength(json)).toBeLessThan(60_000);
  const entries = JSON.parse(json);
  const sentence = `The output ${output} lacks ${total - entries.length} of ${total} workspaces: it is limited to 60 kB.`;
  expect(step.log.split('\n')).toContain(sentence);
  expect(step.summary).toContain(`<p>${sentence}</p>`);
  return entries;
}

test('a sweep fails and deletes nothing if more workspaces are stale than max-deletions allows', async () => {
  seedSome();
  const step = await runSweep({ 'delete-keys': 'true', 'max-deletions': '1' });
  const { kept, ...outputs } = step.outputs;
  const { title, message } = expectFailure(step, step.outputs);
  expect(outputs).toEqual({ deleted: '[]', 'would-delete': '[]', failed: '[]', count: '0' });
  expect(slugsIn(kept)).toEqual(['preview-old', 'preview-older', 'preview-young']);
  expect(kept?.match(/"reason":"more workspaces are stale than max-deletions/g)).toHaveLength(2);
  expect(title).toBe('2 workspaces would be deleted, and max-deletions is 1');
  expect(message).toContain('Nothing was deleted.');
  expect(slugs()).toHaveLength(6);
  expect(calls()).toEqual(['GET /workspaces']);
  expect(annotations(step, 'warning')).toHaveLength(1);
});

test('a sweep deletes as many workspaces as max-deletions allows', async () => {
  seedSome();
  expect((await runSweep({ 'delete-keys': 'true', 'max-deletions': '2' })).exitCode).toBe(0);
});

test('max-deletions is 50 by default', async () => {
  seedMany(51, 9 * DAY);
  expect(expectFailure(await runSweep(), expect.anything()).title).toContain('max-deletions is 50');
  harness.sandbox.account.workspaces.pop();
  expect((await runSweep()).outputs['count']).toBe('50');
});

test('a sweep of several pages misses no workspace while a concurrent job creates and deletes some', async () => {
  seedMany(350, 9 * DAY);
  // Of what was already read.
  const deleteSome = () => harness.sandbox.account.workspaces.splice(1, 40);
  for (const page of [1, 2, 3]) onNth(harness.sandbox, 'GET /workspaces', page, deleteSome);
  onNth(harness.sandbox, 'GET /workspaces', 1, () => seed('preview-late', 9 * DAY));
  const step = await runSweep({ 'max-deletions': '1000' });
  expect(step.exitCode).toBe(0);
  expect(slugs()).toEqual(['default']);
});

test('the output and the summary list the first of 1,200 kept workspaces', async () => {
  seedMany(1_200);
  const step = await runSweep();
  expect(listedIn(step, 'kept', 1_200).length).toBeGreaterThan(300);
  expect(step.summary).toContain('Kept, although the slug matches slug-pattern: 1200 workspaces.');
  expect(step.summary).toContain('<p>… and 200 more</p>');
});

test('the output and the summary list the first of 1,200 stale workspaces that are not deleted', async () => {
  seedMany(1_200, 9 * DAY);
  const step = await runSweep();
  const { summary } = step;
  expect(listedIn(step, 'kept', 1_200).length).toBeGreaterThan(200);
  expect(summary).toContain('❌ 1200 workspaces would be deleted, and max-deletions is 50');
  expect(summary.match(/<tr>/g)?.length).toBe(1_001);
  expect(summary).toContain('<p>… and 200 more</p>');
});

test.each([
  ['would-delete', 'true'],
  ['deleted', 'false'],
])('the output %s and the summary list the first of 900 workspaces', async (output, dryRun) => {
  seedMany(900, 9 * DAY);
  const step = await runSweep({ 'max-deletions': '1000', 'dry-run': dryRun });
  expect(step.exitCode).toBe(0);
  expect(listedIn(step, output, 900).length).toBeGreaterThan(300);
});

test('the output and the summary of 900 long failures stay within the limits of GitHub', async () => {
  seedMany(900, 9 * DAY);
  const body = JSON.stringify({ message: `<&"${'é'.repeat(3_000)}` });
  const fault = { on: 'DELETE /workspaces/:id', kind: 'response', status: 403, body } as const;
  harness.sandbox.faults.push(...Array(900).fill(fault));
  const step = await runSweep({ 'max-deletions': '1000' });
  expect(step.exitCode).toBe(1);
  expect(Buffer.byteLength(step.summary)).toBeLessThan(1024 * 1024);
  expect(listedIn(step, 'failed', 900).length).toBeGreaterThan(5);
});

test('a list that ends early fails the sweep before anything is deleted', async () => {
  seed('preview-old', 9 * DAY);
  const data = harness.sandbox.account.workspaces;
  for (const part of [data, data.slice(1)]) {
    const body = JSON.stringify({ data: part, total_count: 250 });
    harness.sandbox.faults.push({ kind: 'response', status: 200, body });
  }
  const { title, message } = expectFailure(await runSweep());
  expect(title).toBe('Could not list the workspaces');
  expect(message).toContain('the list ended after 2 entries, although there should be more');
  expect(message).not.toContain('OpenRouter rejected');
  expect(slugs()).toContain('preview-old');
});

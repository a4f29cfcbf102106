import { expect, test } from '@jest/globals';
import { annotations, declaredOutputs } from '../../../support/harness.ts';
import { openSweepHarness, slugsIn } from '../../../support/sweep.ts';

const { harness, seedSome, runSweep, slugs, calls } = openSweepHarness();

test('a sweep deletes what matches and is old enough, and nothing else, and warns once, with their names', async () => {
  const { old, older, young } = seedSome();
  const step = await runSweep({ 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(slugs()).toEqual(['default', 'preview-young', 'production', 'my-preview-old']);
  expect(harness.sandbox.account.keys).toEqual([]);
  expect(step.outputs['count']).toBe('2');
  const deleted = JSON.parse(step.outputs['deleted'] ?? '');
  expect(deleted).toHaveLength(2);
  for (const { id, slug, created_at } of [old, older]) {
    const reason = expect.stringMatching(/^(3|10) d old$/);
    expect(deleted).toContainEqual({ id, slug, created_at, reason });
  }
  expect(JSON.parse(step.outputs['kept'] ?? '')).toEqual([
    { id: young.id, slug: young.slug, created_at: young.created_at, reason: 'only 5 h old' },
  ]);
  expect(step.outputs['failed']).toBe('[]');
  expect(step.outputs['would-delete']).toBe('[]');
  expect(Object.keys(step.outputs).sort()).toEqual((await declaredOutputs('sweep')).sort());
  expect(annotations(step)).toEqual([]);
  expect(step.summary).toContain(
    '<details><summary>Kept: 1 workspace</summary>\n<table>\n<tr><th>Workspace</th><th>Reason</th></tr>\n<tr><td><code>preview-young</code></td><td>only 5 h old</td></tr>',
  );
  const [warning, ...more] = annotations(step, 'warning');
  expect(more).toEqual([]);
  expect(warning?.properties['title']).toBe('sweep: stale workspaces');
  expect(warning?.data).toMatch(/^Stale: 2 workspaces\n/);
  expect(warning?.data).toMatch(/^Slugs: preview-old(er)?, preview-old(er)?\.$/m);
  expect(warning?.data).toMatch(/^Check why the jobs that created them did not delete them\.$/m);
});

test('a sweep that finds nothing stale says that there is nothing to delete', async () => {
  const [step, dryRun] = [await runSweep(), await runSweep({ 'dry-run': 'true' })];
  for (const { summary } of [step, dryRun])
    expect(summary).toContain('<h3>✅ Nothing to delete</h3>');
});

test('a dry run of a sweep lists what it would delete apart from what it keeps, and deletes nothing', async () => {
  const { old } = seedSome();
  const step = await runSweep({ 'dry-run': 'true', 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(slugs()).toHaveLength(6);
  expect(calls()).toEqual(['GET /workspaces']);
  expect(step.outputs).toMatchObject({ deleted: '[]', failed: '[]', count: '0' });
  const { id, slug, created_at } = old;
  const wouldDelete = JSON.parse(step.outputs['would-delete'] ?? '');
  expect(wouldDelete).toContainEqual({ id, slug, created_at, reason: '3 d old' });
  expect(slugsIn(step.outputs['would-delete'])).toEqual(['preview-old', 'preview-older']);
  expect(slugsIn(step.outputs['kept'])).toEqual(['preview-young']);
  expect(step.log).toContain('preview-older, 10 d old: would be deleted.');
  expect(step.log).toContain('Dry run: nothing was deleted.');
  expect(step.summary).toContain('🔎 Dry run: would delete 2 workspaces');
  expect(annotations(step, 'warning')[0]?.data).toContain('Slugs: preview-old, preview-older.');
});

import { expect, test } from '@jest/globals';
import { declaredOutputs } from '../../../support/harness.ts';
import { DAY, openSweepHarness, slugsIn } from '../../../support/sweep-harness.ts';

const { harness, seed, seedSome, runSweep, slugs, calls } = openSweepHarness();

/** What follows the names in the notice of a sweep. */
const ADVICE = 'why the jobs that created them did not delete them.';

test('a sweep deletes what matches and is old enough, and nothing else, and names it in a notice', async () => {
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
  expect(step.summary).toContain(
    '<details><summary>Kept: 1</summary>\n<table>\n<tr><th>Workspace</th><th>Reason</th></tr>\n<tr><td><code>preview-young</code></td><td>only 5 h old</td></tr>',
  );
  const message = expect.stringMatching(
    `^Found 2 stale workspaces: preview-old(er)?, preview-old(er)?\\. Check ${ADVICE}$`,
  );
  expect(step.annotations).toEqual([{ level: 'notice', title: 'sweep', message }]);
});

test('the notice of a sweep names ten workspaces, and counts the others', async () => {
  for (let n = 1; n <= 12; n += 1) seed(`preview-${n}`, 3 * DAY);
  const { annotations } = await runSweep({ 'dry-run': 'true' });
  expect(annotations[0]?.message).toMatch(
    /^Found 12 stale workspaces: preview-\d+(, preview-\d+){9} and 2 more\. If no one/,
  );
});

test('a sweep that finds nothing stale says that there is nothing to delete', async () => {
  const [step, dryRun] = [await runSweep(), await runSweep({ 'dry-run': 'true' })];
  for (const { summary, annotations } of [step, dryRun]) {
    expect(summary).toContain('<h3>✅ Nothing to delete: no OpenRouter workspace is stale</h3>');
    expect(annotations).toEqual([]);
  }
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
  expect(step.log).toContain('Dry run: nothing was deleted.');
  expect(step.log).toContain('  "preview-older", 10 d old');
  expect(step.summary).toContain('🔎 Dry run: would delete 2 OpenRouter workspaces');
  const message = `Found 2 stale workspaces: preview-old, preview-older. If no one needs them, check ${ADVICE}`;
  expect(step.annotations).toEqual([{ level: 'notice', title: 'sweep', message }]);
});

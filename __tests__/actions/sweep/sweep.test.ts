import { expect, test } from '@jest/globals';
import { seedKey } from '../../../sandbox/openrouter/seed.ts';
import { annotations, declaredOutputs, expectFailure, printedBy } from '../../support/harness.ts';
import { onNth } from '../../support/on-nth.ts';
import { DAY, openSweepHarness, slugsIn } from '../../support/sweep.ts';

const { harness, seed, seedSome, runSweep, slugs, calls } = openSweepHarness();

test('a sweep deletes what matches and is old enough, and nothing else', async () => {
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
  expect(calls().sort()).toEqual(
    [
      'GET /workspaces',
      ...Array(2).fill('GET /keys'),
      'DELETE /keys/:hash',
      ...Array(2).fill('DELETE /workspaces/:id'),
    ].sort(),
  );
});

test('a sweep names an expired API key that blocks a deletion, and deletes it with delete-keys', async () => {
  const workspace = seed('preview-old', 3 * DAY);
  const expired = { name: 'Old', expires_at: '2020-01-01T00:00:00.000Z' };
  const { label } = seedKey(harness.sandbox, workspace, expired);
  const failed = await runSweep();
  expect(failed.exitCode).toBe(1);
  expect(failed.outputs['failed']).toContain(`\\"Old\\" (${label})`);
  expect(slugs()).toContain('preview-old');

  const step = await runSweep({ 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(slugs()).toEqual(['default']);
  expect(harness.sandbox.account.keys).toEqual([]);
});

test('a sweep that finds stale workspaces warns once, and names them', async () => {
  seedSome();
  const step = await runSweep({ 'delete-keys': 'true' });
  expect(annotations(step)).toEqual([]);
  const [warning, ...more] = annotations(step, 'warning');
  expect(more).toEqual([]);
  expect(warning?.properties['title']).toBe('Stale: 2 workspaces');
  expect(warning?.data).toMatch(/^Slugs: preview-old(er)?, preview-old(er)?\.$/m);
  expect(warning?.data).toMatch(/^Check why the workflow that deletes previews did not\.$/m);
});

test('a sweep that finds no stale workspace warns of nothing', async () => {
  seed('preview-young');
  const step = await runSweep();
  expect(step.exitCode).toBe(0);
  expect(annotations(step, 'warning')).toEqual([]);
  expect(step.outputs).toMatchObject({ deleted: '[]', failed: '[]', count: '0' });
  expect(step.summary).toContain('✅ Deleted 0 workspaces');
});

test('the summary of a sweep shows each workspace, its age and its outcome', async () => {
  seedSome();
  const { summary } = await runSweep({ 'delete-keys': 'true' });
  expect(summary).toContain('<tr><th>Workspace</th><th>Age</th><th>Outcome</th>');
  for (const row of [
    '<td><code>preview-old</code></td><td>3 d</td><td>deleted</td>',
    '<td><code>preview-older</code></td><td>10 d</td><td>deleted</td>',
    '<td><code>preview-young</code></td><td>5 h</td><td>kept: only 5 h old</td>',
  ]) {
    expect(summary).toContain(row);
  }
  expect(summary).not.toContain('production');
});

test.each(['preview-old, preview-y*', 'preview-old\npreview-?????', '["preview-old"]'])(
  'a sweep deletes nothing that keep matches: %j',
  async (keep) => {
    seedSome();
    const step = await runSweep({ keep, 'delete-keys': 'true' });
    expect(slugsIn(step.outputs['deleted'])).toEqual(keep.includes('?') ? [] : ['preview-older']);
    expect(slugsIn(step.outputs['kept'])).toContain('preview-old');
  },
);

test('the reason why a workspace is kept names the entry of keep', async () => {
  seedSome();
  const step = await runSweep({ keep: 'preview-ol*' });
  expect(step.outputs['kept']).toContain('"reason":"matches preview-ol* in keep"');
  expect(step.outputs['count']).toBe('0');
});

test('a sweep never deletes the default workspace', async () => {
  const [workspace] = harness.sandbox.account.workspaces;
  if (workspace) workspace.created_at = '2024-01-01T00:00:00Z';
  const step = await runSweep({ 'slug-pattern': 'de*', 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(step.outputs['kept']).toContain('"reason":"the default workspace"');
  expect(slugs()).toEqual(['default']);
  expect(calls()).toEqual(['GET /workspaces']);
});

test('a sweep succeeds although a concurrent job deletes the stale workspaces first', async () => {
  seedSome();
  onNth(harness.sandbox, 'GET /workspaces', 1, () => {
    harness.sandbox.account.workspaces.length = 1;
  });
  const step = await runSweep({ 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
});

test('a dry run of a sweep logs the plan, and deletes nothing', async () => {
  seedSome();
  const step = await runSweep({ 'dry-run': 'true', 'delete-keys': 'true' });
  expect(step.exitCode).toBe(0);
  expect(slugs()).toHaveLength(6);
  expect(calls()).toEqual(['GET /workspaces']);
  expect(step.outputs).toMatchObject({ deleted: '[]', failed: '[]', count: '0' });
  expect(step.log).toContain('preview-older, 10 d old: would be deleted.');
  expect(step.log).toContain('Dry run: nothing was deleted.');
  expect(step.summary).toContain('🔎 Dry run: would delete 2 workspaces');
});

test('a dry run of a sweep lists what it would delete apart from what it keeps', async () => {
  const { old } = seedSome();
  const step = await runSweep({ 'dry-run': 'true', 'delete-keys': 'true' });
  expect(slugsIn(step.outputs['would-delete'])).toEqual(['preview-old', 'preview-older']);
  const { id, slug, created_at } = old;
  expect(JSON.parse(step.outputs['would-delete'] ?? '')).toContainEqual({
    id,
    slug,
    created_at,
    reason: '3 d old',
  });
  expect(slugsIn(step.outputs['kept'])).toEqual(['preview-young']);
  for (const row of [
    '<td><code>preview-old</code></td><td>3 d</td><td>would be deleted</td>',
    '<td><code>preview-young</code></td><td>5 h</td><td>kept: only 5 h old</td>',
  ]) {
    expect(step.summary).toContain(row);
  }
  expect(annotations(step, 'warning')[0]?.data).toContain('Slugs: preview-old, preview-older.');
});

test('a dry run of a sweep fails if more workspaces are stale than max-deletions allows', async () => {
  seedSome();
  const step = await runSweep({ 'dry-run': 'true', 'max-deletions': '1' });
  expect(expectFailure(step, expect.anything()).title).toContain('max-deletions is 1');
  expect(step.outputs['would-delete']).toBe('[]');
  expect(slugsIn(step.outputs['kept'])).toEqual(['preview-old', 'preview-older', 'preview-young']);
});

test('a sweep step shows the management key nowhere', async () => {
  const { managementKey } = harness.sandbox;
  const workspace = seed('preview-old', 9 * DAY);
  seedKey(harness.sandbox, workspace, { name: managementKey });
  for (const step of [await runSweep(), await runSweep({ 'delete-keys': 'true' })]) {
    expect(step.masks[0]).toBe(managementKey);
    const shown = [printedBy(step), step.summary, JSON.stringify(step.outputs)];
    expect(shown.join()).not.toContain(managementKey);
  }
});

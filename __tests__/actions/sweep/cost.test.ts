import { expect, test } from '@jest/globals';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { seedUsage } from '../../../sandbox/openrouter/seed.ts';
import { parseUsd, type Usd } from '../../../src/lib/usd.ts';
import { sweepTable } from '../../../src/report/sweep.ts';
import { DAY, openSweepHarness } from '../../support/sweep.ts';

const { harness, seed, runSweep, calls } = openSweepHarness();

/** A stale workspace with one API key for each of `credits`, which has spent that many USD. */
function seedSpenders(slug: string, ...credits: number[]): void {
  seed(slug, 3 * DAY, credits.length);
  credits.forEach((amount, at) => {
    seedUsage(harness.sandbox, harness.sandbox.account.keys[at] as Key, { credits: amount });
  });
}

const rowsOf = (summary: string) =>
  [...summary.matchAll(/<tr>(.*)<\/tr>/g)].map(([, row = '']) =>
    row
      .replace(/<\/?(?:code|tr)>/g, '')
      .split(/<\/?t[dh][^>]*>/)
      .filter((_, at) => at % 2 === 1),
  );

test('a sweep reports what the deleted API keys had spent, without another request', async () => {
  seedSpenders('preview-1', 0.1, 0.2);
  seedSpenders('preview-2');
  seed('preview-3', DAY);
  const { summary } = await runSweep({ 'delete-keys': 'true' });
  const [header, ...rows] = rowsOf(summary);
  expect(header).toEqual(['Workspace', 'Age', 'Outcome', 'Keys spent (total $0.30)']);
  expect(rows.map(([slug, , , spent]) => [slug, spent]).sort()).toEqual([
    ['preview-1', '$0.30'],
    ['preview-2', ''],
    ['preview-3', ''],
  ]);
  expect(calls().filter((call) => call === 'GET /keys')).toHaveLength(2);
  expect(calls()).not.toContain('GET /keys/:hash');
});

test('a sweep that fails for one workspace still reports what the deleted API keys had spent', async () => {
  seedSpenders('preview-1', 0.1);
  harness.sandbox.faults.push({ on: 'DELETE /workspaces/:id', kind: 'response', status: 403 });
  const step = await runSweep({ 'delete-keys': 'true' });
  expect(step.exitCode).toBe(1);
  expect(rowsOf(step.summary)[0]?.at(-1)).toBe('Keys spent (total $0.10)');
});

test('a sweep that deletes no API keys says nothing of what they have spent', async () => {
  seedSpenders('preview-1', 0.1);
  const step = await runSweep({ 'dry-run': 'true' });
  expect(step.summary).not.toContain('spent');
});

test('a sweep does not report a total if OpenRouter does not report what an API key had spent', async () => {
  seedSpenders('preview-1', 0.3);
  seed('preview-2', 3 * DAY, 1);
  const [unknown] = harness.sandbox.account.keys;
  const body = JSON.stringify({ data: [{ ...unknown, usage: null }] });
  harness.sandbox.faults.push({ on: 'GET /keys', kind: 'response', status: 200, body });
  const { summary } = await runSweep({ 'delete-keys': 'true', 'slug-pattern': 'preview-2' });
  expect(rowsOf(summary).map((row) => row.at(-1))).toEqual(['Keys spent', 'unknown']);
});

test('a sweep shows each workspace of which the spend is known, although the total is not', () => {
  const entry = { id: 'a', slug: 'preview', created_at: null, age: DAY, reason: '1 d old' };
  const { header, rows } = sweepTable({
    deleted: [
      { ...entry, keysSpent: parseUsd('0.3') as Usd },
      { ...entry, keysSpent: null },
      entry,
    ],
    failed: [],
    alreadyDeleted: [],
    wouldDelete: [],
    tooMany: [],
    kept: [],
    staleCount: 3,
    keptCount: 0,
  });
  expect([header, ...rows].map((row) => row.at(-1))).toEqual([
    { numbers: 'Keys spent' },
    '$0.30',
    'unknown',
    '',
  ]);
});

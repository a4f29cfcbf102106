import { expect, test } from '@jest/globals';
import type { Key } from '../../../../sandbox/openrouter/resources/keys.ts';
import { seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { DAY, openSweepHarness } from '../../../support/sweep.ts';
import { rowsOf } from '../../../support/usage.ts';

const { harness, seed, runSweep, calls } = openSweepHarness();

/** A stale workspace with one API key for each of `credits`, which has spent that many USD. */
function seedSpenders(slug: string, ...credits: number[]): void {
  seed(slug, 3 * DAY, credits.length);
  credits.forEach((amount, at) => {
    seedUsage(harness.sandbox, harness.sandbox.account.keys[at] as Key, { credits: amount });
  });
}

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

import { test } from '@jest/globals';
import fc from 'fast-check';
import { nothingLostNothingDoubled, oneOfTwinsMakesIt } from './create.ts';
import { noKeyLostAndNoneOfOthers } from './key.ts';
import { deletesOnlyWhatIsRequested, sweepsOnlyWhatIsStale } from './teardown.ts';

test('nothing is lost and nothing doubled, in 2,000 schedules of faults', async () => {
  await fc.assert(nothingLostNothingDoubled, { numRuns: 2_000 });
}, 120_000);

test('of several jobs that ask for the same at once, one makes it', async () => {
  await fc.assert(oneOfTwinsMakesIt, { numRuns: 300 });
}, 60_000);

test('a delete step deletes only what was requested, in 1,000 accounts', async () => {
  await fc.assert(deletesOnlyWhatIsRequested, { numRuns: 1_000 });
}, 120_000);

test('a sweep step deletes only stale workspaces, in 1,000 accounts', async () => {
  await fc.assert(sweepsOnlyWhatIsStale, { numRuns: 1_000 });
}, 120_000);

test('a key is made once, and none that is lost stays, in 1,000 accounts', async () => {
  await fc.assert(noKeyLostAndNoneOfOthers, { numRuns: 1_000 });
}, 120_000);

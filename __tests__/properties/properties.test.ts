import { test } from '@jest/globals';
import fc from 'fast-check';
import { createsOnceAndReportsIt, oneOfConcurrentJobsCreates } from './create.ts';
import { noKeyLostAndNoneOfOthers } from './key.ts';
import { deletesOnlyWhatIsRequested, sweepsOnlyWhatIsStale } from './teardown.ts';

test('a create step creates one workspace at most and reports what happened, in 2,000 scenarios', async () => {
  await fc.assert(createsOnceAndReportsIt, { numRuns: 2_000 });
}, 120_000);

test('of several concurrent jobs exactly one reports that it created the workspace, in 300 scenarios', async () => {
  await fc.assert(oneOfConcurrentJobsCreates, { numRuns: 300 });
}, 60_000);

test('a delete step deletes only what was requested, in 1,000 accounts', async () => {
  await fc.assert(deletesOnlyWhatIsRequested, { numRuns: 1_000 });
}, 120_000);

test('a sweep deletes only stale workspaces, in 1,000 accounts', async () => {
  await fc.assert(sweepsOnlyWhatIsStale, { numRuns: 1_000 });
}, 120_000);

test('a key step leaves no orphaned key and deletes no key of another job, in 1,000 accounts', async () => {
  await fc.assert(noKeyLostAndNoneOfOthers, { numRuns: 1_000 });
}, 120_000);

import { test } from '@jest/globals';
import fc from 'fast-check';
import { createsOnceAndReportsIt, oneOfConcurrentJobsCreates } from './create.ts';
import { noKeyLostAndNoneOfOthers } from './key.ts';
import { keysAreReplacedWithoutAGap } from './key-replacement.ts';
import { previewsFollowTheirSubjects } from './preview.ts';
import { keysStayWithinTheCap, replacedAtTheEnd } from './preview-cap.ts';
import { deletesOnlyWhatIsRequested, sweepsOnlyWhatIsStale } from './teardown.ts';
import { costEqualsTheBooksOrIsIncomplete } from './usage.ts';

/** How many scenarios to run: `usual`, or fewer for each mutant of `npm run mutants`. */
const runs = (usual: number) => ({ numRuns: fc.readConfigureGlobal().numRuns ?? usual });

test('a create step creates one workspace at most and reports what happened, in 1,000 scenarios', async () => {
  await fc.assert(createsOnceAndReportsIt, runs(1_000));
});

test('of several concurrent jobs exactly one reports that it created the workspace, in 300 scenarios', async () => {
  await fc.assert(oneOfConcurrentJobsCreates, runs(300));
});

test('a delete step deletes only what was requested, in 1,000 accounts', async () => {
  await fc.assert(deletesOnlyWhatIsRequested, runs(1_000));
});

test('a sweep deletes only stale workspaces, in 1,000 accounts', async () => {
  await fc.assert(sweepsOnlyWhatIsStale, runs(1_000));
});

test('a key step leaves no orphaned key and deletes no key of another job, in 1,000 accounts', async () => {
  await fc.assert(noKeyLostAndNoneOfOthers, runs(1_000));
});

test('a key is replaced without a gap, and by no job that failed, in 300 sequences of jobs', async () => {
  await fc.assert(keysAreReplacedWithoutAGap, runs(300));
});

test('a usage step reports all of the cost that a source shows, or that it is incomplete, in 1,000 accounts', async () => {
  await fc.assert(costEqualsTheBooksOrIsIncomplete, runs(1_000));
});

test('a preview exists as long as its pull request or branch is open, or a run names it, in 60 schedules', async () => {
  await fc.assert(previewsFollowTheirSubjects, runs(60));
});

test('the keys of a preview stay within its cap, and someone gets one, in 100 schedules', async () => {
  await fc.assert(keysStayWithinTheCap, { ...runs(100), examples: [[replacedAtTheEnd]] });
});

import { test } from '@jest/globals';
import fc from 'fast-check';
import { createsOnceAndReportsIt, oneOfConcurrentJobsCreates } from './create.ts';
import { runs } from './runs.ts';

test('a create step creates one workspace at most and reports what happened, in 300 scenarios', async () => {
  await fc.assert(createsOnceAndReportsIt, runs(300));
});

test('of several concurrent jobs exactly one reports that it created the workspace, in 300 scenarios', async () => {
  await fc.assert(oneOfConcurrentJobsCreates, runs(300));
});

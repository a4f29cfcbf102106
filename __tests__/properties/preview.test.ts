import { test } from '@jest/globals';
import fc from 'fast-check';
import { previewsFollowTheirSubjects } from './preview.ts';
import { keysStayWithinTheCap, replacedAtTheEnd } from './preview-cap.ts';
import { runs } from './runs.ts';

test('a preview exists as long as its pull request or branch is open, or a run names it, in 60 schedules', async () => {
  await fc.assert(previewsFollowTheirSubjects, runs(60));
});

test('the keys of a preview stay within its cap, and someone gets one, in 100 schedules', async () => {
  await fc.assert(keysStayWithinTheCap, { ...runs(100), examples: [[replacedAtTheEnd]] });
});

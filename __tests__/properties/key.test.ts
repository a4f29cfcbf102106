import { test } from '@jest/globals';
import fc from 'fast-check';
import { noKeyLostAndNoneOfOthers } from './key.ts';
import { keysAreReplacedWithoutAGap } from './key-replacement.ts';
import { runs } from './runs.ts';

test('a key step leaves no orphaned key and deletes no key of another job, in 300 accounts', async () => {
  await fc.assert(noKeyLostAndNoneOfOthers, runs(300));
});

test('a key is replaced without a gap, and by no job that failed, in 300 sequences of jobs', async () => {
  await fc.assert(keysAreReplacedWithoutAGap, runs(300));
});

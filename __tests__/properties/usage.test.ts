import { test } from '@jest/globals';
import fc from 'fast-check';
import { runs } from './runs.ts';
import { costIsTheLargerOrIncomplete } from './usage.ts';

test('a usage step reports the larger cost of two sources, or that it is incomplete, in 300 accounts', async () => {
  await fc.assert(costIsTheLargerOrIncomplete, runs(300));
});

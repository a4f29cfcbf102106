import { test } from '@jest/globals';
import fc from 'fast-check';
import { runs } from './runs.ts';
import { costEqualsTheBooksOrIsIncomplete } from './usage.ts';

test('a usage step reports all of the cost that a source shows, or that it is incomplete, in 1,000 accounts', async () => {
  await fc.assert(costEqualsTheBooksOrIsIncomplete, runs(1_000));
});

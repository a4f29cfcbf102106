import { test } from '@jest/globals';
import fc from 'fast-check';
import { previewsKeepTheirPromises } from './preview.ts';
import { runs } from './runs.ts';

test('previews follow their pull requests, and never spend more than their cap, in 150 schedules', async () => {
  await fc.assert(previewsKeepTheirPromises, runs(150));
});

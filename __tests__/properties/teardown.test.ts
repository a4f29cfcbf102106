import { test } from '@jest/globals';
import fc from 'fast-check';
import { runs } from './runs.ts';
import { deletesOnlyWhatIsRequested, sweepsOnlyWhatIsStale } from './teardown.ts';

test('a delete step deletes only what was requested, in 300 accounts', async () => {
  await fc.assert(deletesOnlyWhatIsRequested, runs(300));
});

test('a sweep deletes only stale workspaces, in 300 accounts', async () => {
  await fc.assert(sweepsOnlyWhatIsStale, runs(300));
});

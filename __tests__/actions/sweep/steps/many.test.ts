import { expect, test } from '@jest/globals';
import { annotations, expectFailure } from '../../../support/harness.ts';
import { DAY, openSweepHarness, slugsIn } from '../../../support/sweep.ts';

const { harness, seed, seedSome, runSweep, slugs, calls } = openSweepHarness();

test('a sweep fails and deletes nothing if more workspaces are stale than max-deletions allows', async () => {
  seedSome();
  const step = await runSweep({ 'delete-keys': 'true', 'max-deletions': '1' });
  const { kept, ...outputs } = step.outputs;
  const { title, message } = expectFailure(step, step.outputs);
  expect(outputs).toEqual({ deleted: '[]', 'would-delete': '[]', failed: '[]', count: '0' });
  expect(slugsIn(kept)).toEqual(['preview-old', 'preview-older', 'preview-young']);
  expect(kept?.match(/"reason":"more workspaces are stale than max-deletions/g)).toHaveLength(2);
  expect(title).toBe('2 workspaces would be deleted, and max-deletions is 1');
  expect(message).toContain('Nothing was deleted.');
  expect(slugs()).toHaveLength(6);
  expect(calls()).toEqual(['GET /workspaces']);
  expect(annotations(step, 'warning')).toHaveLength(1);
});

test('the outputs and the summary have the first of 1,200 workspaces, and say how many they lack', async () => {
  // Slugs with characters of 4 bytes, which no one promises never to be in a list.
  for (let at = 0; at < 1_200; at += 1) seed(`${at}`, 9 * DAY).slug = `preview-${at}-🎈🎈🎈`;
  const step = await runSweep();
  const { length } = slugsIn(step.outputs['kept']);
  expect(length).toBeGreaterThan(200);
  const sentence = `The output kept lacks ${1_200 - length} of 1200 workspaces: it is limited to 60 kB.`;
  expect(step.log.split('\n')).toContain(sentence);
  expect(step.summary).toContain(`<p>${sentence}</p>`);
  expect(step.summary).toContain('❌ 1200 workspaces would be deleted, and max-deletions is 50');
  expect(step.summary.match(/<tr>/g)).toHaveLength(1_001);
  expect(step.summary).toContain('<p>… and 200 more</p>');
});

test('a list that ends early fails the sweep before anything is deleted', async () => {
  seed('preview-old', 9 * DAY);
  const data = harness.sandbox.account.workspaces;
  for (const part of [data, data.slice(1)]) {
    const body = JSON.stringify({ data: part, total_count: 250 });
    harness.sandbox.faults.push({ kind: 'response', status: 200, body });
  }
  const { title, message } = expectFailure(await runSweep());
  expect(title).toBe('Could not list the workspaces');
  expect(message).toContain('the list ended after 2 entries, although there should be more');
  expect(message).not.toContain('OpenRouter rejected');
  expect(slugs()).toContain('preview-old');
});

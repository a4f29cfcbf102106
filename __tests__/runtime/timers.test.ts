import { expect, test } from '@jest/globals';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openEmptiedHarness } from '../support/emptied-harness.ts';

// In real time: Node.js warns of a timer whose time is negative, not a number, or too long.

const { harness } = openEmptiedHarness();

test('a sweep that has no time left for deletions causes no warning of Node.js', async () => {
  // Eight at a time, each of which takes half of the time that is left.
  for (let number = 1; number <= 50; number += 1) {
    seedWorkspace(harness.sandbox, { slug: `preview-${number}`, age: 1e9 });
    harness.sandbox.faults.push({ on: 'GET /keys', kind: 'silence' });
  }
  const inputs = { 'slug-pattern': 'preview-*', 'older-than': '2d', timeout: '2s' };
  const step = await (await harness.start('sweep', inputs)).result;
  expect(step.log).toContain('Deleted 0 of 50');
  expect(step.stderr).toBe('');
});

test('a step ends at once if Retry-After has more digits than a number', async () => {
  // More than are deleted at a time, so that one begins after the response.
  for (let at = 1; at <= 10; at += 1) {
    seedWorkspace(harness.sandbox, { slug: `preview-${at}`, age: 1e9 });
  }
  const headers = { 'retry-after': '9'.repeat(400) };
  harness.sandbox.faults.push({ on: 'GET /keys', kind: 'response', status: 429, headers });
  const inputs = { 'slug-pattern': 'preview-*', 'older-than': '2d' };
  const step = await (await harness.start('sweep', inputs)).result;
  expect(step.log).toMatch(
    /OpenRouter requires a wait of [\d.]+ s, which exceeds the time that it has/,
  );
  expect(step.stderr).toBe('');
});

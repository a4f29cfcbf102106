import { expect, test } from '@jest/globals';
import { scheduleEvent } from '../../sandbox/github/events.ts';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { openPreviewHarness } from '../support/preview-steps.ts';

// In real time: Node.js warns of a timer whose time is negative, not a number, or too long.

const { harness, gitHub, mainInProcess } = openPreviewHarness();

test('a clean-up that has no time left for lookups causes no warning of Node.js', async () => {
  const { server, repository } = gitHub;
  // Eight at a time, each of which takes half of the time that is left.
  for (let number = 1; number <= 160; number += 1) {
    const url = `https://github.com/octo-org/shop/pull/${number}`;
    const description = `Preview of ${url} (repository ${repository.id})`;
    seedWorkspace(harness.sandbox, { slug: `preview-shop-${number}`, description });
    server.faults.push({ on: 'GET /repos/:owner/:repo/pulls/:number', kind: 'silence' });
  }
  const step = await mainInProcess(scheduleEvent(server.github, repository), { timeout: '2s' });
  expect(step.log).toContain('its time was over before it was sent');
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

import { expect, test } from '@jest/globals';
import { ACTION_REPOSITORY } from '../../sandbox/runner/environment.ts';
import { expectFailure, openHarness } from '../support/harness.ts';

const harness = openHarness();

test('a failed lookup after a POST is reported line by line', async () => {
  const body = '{"error":{"message":"No way"}}';
  harness.sandbox.faults.push(
    { on: 'POST /workspaces', kind: 'response', status: 502, body },
    // Ends a step that would retry until its timeout, whatever the speed of the machine.
    {
      on: 'GET /workspaces/:id',
      kind: 'response',
      status: 429,
      body,
      headers: { 'retry-after': '3600' },
    },
  );
  const step = await harness.create({ slug: 'preview-42' });
  const { message } = expectFailure(step);
  expect(message.split('\n')).toEqual([
    'Set if-exists: reuse, and start a new run: if the workspace was created, the step uses it. That is safe if no other run creates a workspace with this slug.',
    'Wait, then run this again.',
    'POST /workspaces: HTTP 502 Bad Gateway: No way',
    'Could not check the outcome: GET /workspaces/preview-42: HTTP 429 Too Many Requests: No way',
    'Attempts to check the outcome: 1, until the timeout.',
    expect.stringMatching(/^Request id for OpenRouter's support: cf-ray \S+$/),
    `See https://github.com/${ACTION_REPOSITORY}/blob/main/docs/troubleshooting.md#outcome-unknown`,
  ]);
  // The summary folds what only someone needs who looks into it.
  expect(step.summary).toMatch(
    /<p>Wait, then run this again\.<\/p>\n<details><summary>Details<\/summary>\n<p>POST \/workspaces: /,
  );
});

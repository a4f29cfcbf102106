import { expect, test } from '@jest/globals';
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
  const { message } = expectFailure(await harness.create({ slug: 'preview-42' }));
  expect(message.split('\n')).toEqual([
    'POST /workspaces: HTTP 502 Bad Gateway: No way',
    'Could not check the outcome: GET /workspaces/preview-42: HTTP 429 Too Many Requests: No way',
    'No further attempt: the next attempt, in 3600.0 s, would start after the timeout.',
    'OpenRouter limits the rate of requests. Wait, then run this again.',
    'The request may still have been applied.',
    'Running this again with if-exists: reuse finds the workspace if it was created. That is safe if no other workflow creates a workspace with this slug.',
    expect.stringMatching(/^Request id for OpenRouter's support: cf-ray \S+$/),
    'See https://github.com/OWNER/openrouter-workspace/blob/main/docs/troubleshooting.md#outcome-unknown',
  ]);
});

import { expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/http/faults.ts';
import { expectFailure, openHarness } from '../support/harness.ts';

const harness = openHarness();

const POST = 'POST /workspaces';
const BAD_GATEWAY = { on: POST, kind: 'response', status: 502 } as const;
/** Ends a step that would retry until its timeout, whatever the speed of the machine. */
const NO_TIME = { kind: 'response', status: 429, headers: { 'retry-after': '3600' } } as const;

/** The message of a create step whose requests meet `faults`, one after the other. */
async function messageAfter(...faults: ScheduledFault[]) {
  const body = '{"error":{"message":"No way"}}';
  harness.sandbox.faults.push(...faults.map((fault) => ({ ...fault, body }) as ScheduledFault));
  const { message } = expectFailure(await harness.create());
  expect(harness.sandbox.faults).toEqual([]);
  return message.replace(/preview-\d+/g, 'preview-42').split('\n');
}

test('502 is retried after a lookup and, if that fails, the workspace may exist', async () => {
  const lines = await messageAfter(BAD_GATEWAY, { ...NO_TIME, on: POST });
  expect(lines.slice(0, 3)).toEqual([
    'POST /workspaces: HTTP 429 Too Many Requests: No way',
    'Attempts at this request: 2.',
    'No further attempt: the next attempt, in 3600.0 s, would start after the timeout.',
  ]);
  expect(lines.at(-1)).toMatch(/#outcome-unknown$/);
});

test('a failed lookup after a POST is reported line by line', async () => {
  expect(await messageAfter(BAD_GATEWAY, { ...NO_TIME, on: 'GET /workspaces/:id' })).toEqual([
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

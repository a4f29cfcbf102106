import { expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/http/faults.ts';
import { expectFailure, openHarness } from '../support/harness.ts';

const harness = openHarness();

const REJECTED =
  'OpenRouter reports that it rejected each change of this step, so nothing should have changed.';
const LOOKUP = 'GET /workspaces/:id';

/** A response to the next POST, with `message` as its error. */
function rejection(status: number, fault: Partial<ScheduledFault> = {}): ScheduledFault {
  const body = '{"error":{"message":"No way"}}';
  return { on: 'POST /workspaces', kind: 'response', status, body, ...fault } as ScheduledFault;
}

/** Runs a create step whose requests meet `faults`, one after the other. */
async function createWith(...faults: ScheduledFault[]) {
  const { sandbox } = harness;
  sandbox.faults.push(...faults);
  const before = sandbox.requests.length;
  const failure = expectFailure(await harness.create());
  expect(sandbox.faults).toEqual([]);
  return { ...failure, calls: sandbox.requests.slice(before).map(({ method }) => method) };
}

/** Ends a step that would retry until its timeout, whatever the speed of the machine. */
const NO_TIME = rejection(429, { headers: { 'retry-after': '3600' } });

test('a rejected create fails the step and reports that nothing was changed', async () => {
  const { code, title, lines, calls } = await createWith(rejection(401));
  expect(code).toBe('unauthorized');
  expect(title).toMatch(/^Could not create the workspace preview-\d+$/);
  expect(lines[0]).toBe('POST /workspaces: HTTP 401 Unauthorized: No way');
  expect(lines).toContain('Nothing was changed at OpenRouter.');
  expect(calls).toEqual(['POST']);
});

test('a server that throttles a create, which has no time to wait, is quoted', async () => {
  const { lines, code, calls } = await createWith(NO_TIME);
  expect(code).toBe('throttled');
  expect(lines).toContain(REJECTED);
  expect(calls).toEqual(['POST']);
});

test('502 is retried after a lookup and, if that fails, the workspace may exist', async () => {
  const { message, lines, code, calls } = await createWith(rejection(502), NO_TIME);
  expect(code).toBe('outcome-unknown');
  expect(lines.slice(0, 3)).toEqual([
    'POST /workspaces: HTTP 429 Too Many Requests: No way',
    'Attempts at this request: 2.',
    'No further attempt: the next attempt, in 3600.0 s, would start after the timeout.',
  ]);
  expect(message).toContain('\nThe request may still have been applied.\nRunning this again with ');
  expect(calls).toEqual(['POST', 'GET', 'POST']);
});

test('a failed lookup after a POST is reported line by line', async () => {
  const { message } = await createWith(rejection(502), { ...NO_TIME, on: LOOKUP });
  expect(message.replace(/preview-\d+/g, 'preview-42').split('\n')).toEqual([
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

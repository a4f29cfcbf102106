import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import { expectFailure, openHarness } from '../support/harness.ts';

const harness = openHarness();

const NOTHING_CHANGED = 'Nothing was changed at OpenRouter.';
const REJECTED =
  'OpenRouter says that it rejected the request, so nothing should have been changed.';
const MAY_EXIST =
  /^The request may still have been applied\.\n(.*\n)?Before running this again, look for a workspace with the slug \S+\.$/m;

/** Runs a create step whose POSTs are met by `faults`, one after the other. */
function createWith(...faults: ScheduledFault[]) {
  return createFrom({}, ...faults);
}

async function createFrom(inputs: Record<string, string>, ...faults: ScheduledFault[]) {
  const { sandbox } = harness;
  sandbox.faults.push(...faults.map((fault) => ({ on: 'POST /workspaces', ...fault })));
  const before = sandbox.requests.length;
  const red = expectFailure(await harness.create(inputs));
  return { ...red, calls: sandbox.requests.slice(before).map(({ method }) => method) };
}

function answered(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): ScheduledFault {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { kind: 'answer', status, headers, body: text };
}

const answer = (...fault: Parameters<typeof answered>) => createWith(answered(...fault));

/** Ends a step that would try again until time is over, whatever the speed of the machine. */
const NO_TIME = answered(429, { message: 'Slow down' }, { 'retry-after': '3600' });

describe('an error of the API', () => {
  test.each([
    [401, 'https://openrouter.ai/settings/management-keys'],
    [403, 'Of an organization, only administrators may do this.'],
  ])('%i ends the step, and says what to do', async (status, hint) => {
    const { title, message, calls } = await answer(status, { error: { message: 'No way' } });
    expect(title).toMatch(/^Could not create the workspace preview-\d+$/);
    expect(message.split('\n')[0]).toBe(`POST /workspaces: the answer was ${status}: No way`);
    expect(message).toContain(hint);
    expect(message).toContain(NOTHING_CHANGED);
    expect(calls).toEqual(['POST']);
  });

  test.each([
    [400, 'OpenRouter refuses what it was asked, for the reason that it gives.'],
    [402, 'The account lacks the credit or the plan for this'],
    [404, 'Does api-url end with the path of the API'],
    [409, NOTHING_CHANGED],
    [422, 'OpenRouter refuses what it was asked, for the reason that it gives.'],
  ])('%i ends the step after a look at the slug, and says what to do', async (status, hint) => {
    const { message, calls } = await answer(status, { error: { message: 'No way' } });
    expect(message.split('\n')[0]).toBe(`POST /workspaces: the answer was ${status}: No way`);
    expect(message).toContain(hint);
    expect(message).toContain(NOTHING_CHANGED);
    expect(calls).toEqual(['POST', 'GET']);
  });

  test('429 is red where there is no time for the wait that it asks for', async () => {
    const { message, calls } = await createWith(NO_TIME);
    expect(message.split('\n').slice(0, 2)).toEqual([
      'POST /workspaces: the answer was 429: Slow down',
      'Attempt 1 was the last: the next one, in 3600.0 s, would be past the timeout',
    ]);
    expect(message).toContain('OpenRouter asks for fewer requests');
    expect(message).toContain(REJECTED);
    expect(calls).toEqual(['POST']);
  });

  const once = answered(429, {}, { 'retry-after': '1' });
  test.each<[string, ScheduledFault[]]>([
    ['once', [NO_TIME]],
    ['again and again', [once, once, NO_TIME]],
    ['with 503', [answered(503, {}, { 'retry-after': '3600' })]],
    ['and then refuses the key', [once, answered(401, {})]],
    ['and then refuses the request', [once, answered(422, {})]],
  ])(
    'a server that throttles a create %s is quoted, always in the same words',
    async (_, faults) => {
      const { message } = await createWith(...faults);
      expect(message).toContain(REJECTED);
      expect(message).not.toContain(NOTHING_CHANGED);
      expect(message).not.toContain('may still have been applied');
    },
  );

  test.each([408, 425, 502, 503, 504, 520, 521, 522, 523, 524])(
    '%i is tried again after a look and, where that comes to nothing, the workspace may exist',
    async (status) => {
      const { message, calls } = await createWith(answered(status, {}), NO_TIME);
      expect(message).toMatch(/^POST \/workspaces: the answer was 429: Slow down\nAttempt 2 was /);
      expect(message).toMatch(MAY_EXIST);
      expect(calls).toEqual(['POST', 'GET', 'POST']);
    },
  );

  test('500 is tried again after a lookup and, where that finds nothing, the workspace does not exist', async () => {
    const { message, calls } = await createWith(answered(500, {}), NO_TIME);
    expect(message).toContain(REJECTED);
    expect(calls).toEqual(['POST', 'GET', 'POST']);
  });

  test.each([499, 501, 525, 526, 599])(
    '%i ends the step after a look at the slug, and says that the workspace may exist',
    async (status) => {
      const { message, calls } = await answer(status, { error: { message: 'Oops' } });
      expect(message).toMatch(MAY_EXIST);
      expect(calls).toEqual(['POST', 'GET']);
    },
  );

  test('a lookup that fails after a POST is reported line by line', async () => {
    const lookupFault = { ...NO_TIME, on: 'GET /workspaces/:id' };
    const { message, calls } = await createWith(answered(502, '502 Bad Gateway'), lookupFault);
    expect(message.replace(/preview-\d+/g, 'preview-42').split('\n')).toEqual([
      'POST /workspaces: the answer was 502: 502 Bad Gateway',
      'The lookup that followed failed: GET /workspaces/preview-42: the answer was 429: Slow down',
      'Attempt 1 was the last: the next one, in 3600.0 s, would be past the timeout',
      'The request may still have been applied.',
      'The trouble is at OpenRouter: see https://status.openrouter.ai.',
      'Before running this again, look for a workspace with the slug preview-42.',
      'Running it again with if-exists: reuse is safe where only this workflow uses the slug: it reuses the workspace that has the slug, or creates it.',
      expect.stringMatching(/^For OpenRouter's support, the id of the request: cf-ray \S+$/),
    ]);
    expect(calls).toEqual(['POST', 'GET']);
  });

  test.each([
    [{ 'if-exists': 'reuse' }, 'it reuses the workspace that has the slug, or creates it.'],
    [{ 'if-exists': 'update' }, 'it updates the workspace that has the slug, or creates it.'],
    [
      { 'guardrail-limit-usd': '5', 'guardrail-limit-reset': 'daily' },
      'if-exists: update is safe where ',
    ],
  ])(
    'a create with %j that may have been applied says how to run it again',
    async (inputs, how) => {
      const ofLookup = { on: 'GET /workspaces/:id' };
      const faults = [answered(501, {}), { ...answered(403, {}), ...ofLookup }];
      if ('if-exists' in inputs) faults.unshift({ ...answered(404, {}), ...ofLookup });
      const { message } = await createFrom(inputs, ...faults);
      expect(message).toMatch(MAY_EXIST);
      expect(message).toContain(how);
    },
  );

  test('a create with delete-after-job that may have been applied does not suggest if-exists', async () => {
    const faults = [answered(501, {}), { ...answered(403, {}), on: 'GET /workspaces/:id' }];
    faults.unshift({ ...answered(404, {}), on: 'GET /workspaces/:id' });
    const { message } = await createFrom({ 'delete-after-job': 'true' }, ...faults);
    expect(message).toMatch(MAY_EXIST);
    expect(message).not.toContain('if-exists');
  });

  test('an inference key is told from a management key', async () => {
    const step = await harness.create({ 'management-key': `sk-or-v1-${'0'.repeat(64)}` });
    const { message } = expectFailure(step);
    expect(message).toContain('the answer was 401: Invalid management key');
    expect(message).toContain('a key for inference is not one, though both begin with sk-or-v1-.');
  });
});

describe('the message of the server', () => {
  test.each([
    ['error.message', { error: { code: 400, message: 'Deep' }, user_id: null }, ': Deep'],
    ['a flat message', { message: 'Flat', code: 400 }, ': Flat'],
    ['error as a text', { error: 'Plain' }, ': Plain'],
    ['no message', { detail: 1 }, ''],
    ['a message that is no text', { error: { message: { a: 1 } } }, ''],
    ['null', null, ''],
    ['nothing', '', ''],
    ['text', 'upstream connect error', ': upstream connect error'],
    [
      'HTML',
      '<!DOCTYPE html>\n<html><head><title>openrouter.ai | 400</title><style>p{}</style></head>\n<body><script>alert(1)</script><h1>Bad &amp; ugly</h1></body></html>',
      ': openrouter.ai | 400 Bad &amp; ugly',
    ],
    ['HTML that breaks off', '<p>Half <script>alert(', ': Half alert('],
  ])('is found in %s', async (_, body, shown) => {
    const { message } = await answer(400, body);
    expect(message.split('\n')[0]).toBe(`POST /workspaces: the answer was 400${shown}`);
  });

  test('is cut where it is too long', async () => {
    const { message } = await answer(400, { message: 'x'.repeat(500_000) });
    expect(message.length).toBeLessThan(3_000);
  });

  test('is taken from a page of a hundred thousand open brackets', async () => {
    const { message } = await answer(400, '<script '.repeat(100_000));
    expect(message).toMatch(/^POST \/workspaces: the answer was 400: <script <script /);
  });
});

test('the id of the request is told, for support', async () => {
  const { message } = await answer(401, {}, { 'cf-ray': '8f1a2b3c4d5e6f70-FRA' });
  expect(message).toContain(
    "For OpenRouter's support, the id of the request: cf-ray 8f1a2b3c4d5e6f70-FRA",
  );
});

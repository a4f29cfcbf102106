import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../sandbox/openrouter/faults.ts';
import { expectFailure, openHarness } from '../support/harness.ts';

const harness = openHarness();

const NOTHING_CHANGED = 'Nothing was changed at OpenRouter.';
const REJECTED =
  'OpenRouter reports that it rejected each change of this step, so nothing should have changed.';
const DECLINED = 'OpenRouter rejected the request for the reason above.';
const MAY_EXIST =
  /^The request may still have been applied\.\nRunning this again with if-exists: (reuse|update) finds the workspace if it was created\. That is safe if no other workflow creates a workspace with this slug\.$/m;

/** Runs a create step whose POSTs meet `faults`, one after the other. */
function createWith(...faults: ScheduledFault[]) {
  return createFrom({}, ...faults);
}

async function createFrom(inputs: Record<string, string>, ...faults: ScheduledFault[]) {
  const { sandbox } = harness;
  sandbox.faults.push(...faults.map((fault) => ({ on: 'POST /workspaces', ...fault })));
  const before = sandbox.requests.length;
  const failure = expectFailure(await harness.create(inputs));
  return { ...failure, calls: sandbox.requests.slice(before).map(({ method }) => method) };
}

function responseWith(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): ScheduledFault {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return { kind: 'response', status, headers, body: text };
}

const createWithResponse = (...fault: Parameters<typeof responseWith>) =>
  createWith(responseWith(...fault));

/** Ends a step that would retry until its timeout, whatever the speed of the machine. */
const NO_TIME = responseWith(429, { message: 'Slow down' }, { 'retry-after': '3600' });

describe('an error of the API', () => {
  test.each([
    [401, 'Unauthorized', 'unauthorized', 'https://openrouter.ai/settings/management-keys'],
    [403, 'Forbidden', 'forbidden', 'In an organization, only administrators may do this.'],
  ])('%i fails the step with advice', async (status, phrase, code, hint) => {
    const {
      title,
      message,
      lines,
      code: reported,
      calls,
    } = await createWithResponse(status, { error: { message: 'No way' } });
    expect(title).toMatch(/^Could not create the workspace preview-\d+$/);
    expect(reported).toBe(code);
    expect(lines[0]).toBe(`POST /workspaces: HTTP ${status} ${phrase}: No way`);
    expect(message).toContain(hint);
    expect(message).toContain(NOTHING_CHANGED);
    expect(calls).toEqual(['POST']);
  });

  test.each([
    [400, 'Bad Request', 'request-rejected', DECLINED],
    [
      402,
      'Payment Required',
      'payment-required',
      'The account lacks the credits or the plan for this',
    ],
    [404, 'Not Found', 'not-found', 'Check that api-url ends with the path of the API'],
    [409, 'Conflict', 'request-rejected', DECLINED],
    [422, 'Unprocessable Entity', 'request-rejected', DECLINED],
  ])(
    '%i fails the step after a lookup of the slug, with advice',
    async (status, phrase, code, hint) => {
      const {
        message,
        lines,
        code: reported,
        calls,
      } = await createWithResponse(status, { error: { message: 'No way' } });
      expect(reported).toBe(code);
      expect(lines[0]).toBe(`POST /workspaces: HTTP ${status} ${phrase}: No way`);
      expect(message).toContain(hint);
      expect(message).toContain(NOTHING_CHANGED);
      expect(calls).toEqual(['POST', 'GET']);
    },
  );

  test('429 fails the step if there is no time for the requested wait', async () => {
    const { message, lines, code, calls } = await createWith(NO_TIME);
    expect(code).toBe('throttled');
    expect(lines.slice(0, 2)).toEqual([
      'POST /workspaces: HTTP 429 Too Many Requests: Slow down',
      'No further attempt: the next attempt, in 3600.0 s, would start after the timeout.',
    ]);
    expect(message).toContain('OpenRouter limits the rate of requests');
    expect(message).toContain(REJECTED);
    expect(calls).toEqual(['POST']);
  });

  const once = responseWith(429, {});
  test.each<[string, ScheduledFault[]]>([
    ['once', [NO_TIME]],
    ['repeatedly', [once, once, NO_TIME]],
    ['with 503', [responseWith(503, {}, { 'retry-after': '3600' })]],
    ['and then rejects the key', [once, responseWith(401, {})]],
    ['and then rejects the request', [once, responseWith(422, {})]],
  ])(
    'a server that throttles a create %s is quoted in the same words each time',
    async (_, faults) => {
      const { message } = await createWith(...faults);
      expect(message).toContain(REJECTED);
      expect(message).not.toContain(NOTHING_CHANGED);
      expect(message).not.toContain('may still have been applied');
    },
  );

  test.each([408, 425, 502, 503, 504, 520, 521, 522, 523, 524])(
    '%i is retried after a lookup and, if that fails, the workspace may exist',
    async (status) => {
      const { message, lines, code, calls } = await createWith(responseWith(status, {}), NO_TIME);
      expect(code).toBe('outcome-unknown');
      expect(lines.slice(0, 3)).toEqual([
        'POST /workspaces: HTTP 429 Too Many Requests: Slow down',
        'Attempts at this request: 2.',
        expect.stringMatching(/^No further attempt: /),
      ]);
      expect(message).toMatch(MAY_EXIST);
      expect(calls).toEqual(['POST', 'GET', 'POST']);
    },
  );

  test('500 is retried after a lookup, although the request may still be applied', async () => {
    const { message, calls } = await createWith(responseWith(500, {}), NO_TIME);
    expect(message).toMatch(MAY_EXIST);
    expect(calls).toEqual(['POST', 'GET', 'POST']);
  });

  test.each([499, 501, 525, 526, 599])(
    '%i fails the step after a lookup of the slug and reports that the workspace may exist',
    async (status) => {
      const { message, calls } = await createWithResponse(status, { error: { message: 'Oops' } });
      expect(message).toMatch(MAY_EXIST);
      expect(calls).toEqual(['POST', 'GET']);
    },
  );

  test('a failed lookup after a POST is reported line by line', async () => {
    const lookupFault = { ...NO_TIME, on: 'GET /workspaces/:id' };
    const { message, calls } = await createWith(responseWith(502, '502 Bad Gateway'), lookupFault);
    expect(message.replace(/preview-\d+/g, 'preview-42').split('\n')).toEqual([
      'POST /workspaces: HTTP 502 Bad Gateway: 502 Bad Gateway',
      'Could not check the outcome: GET /workspaces/preview-42: HTTP 429 Too Many Requests: Slow down',
      'No further attempt: the next attempt, in 3600.0 s, would start after the timeout.',
      'OpenRouter limits the rate of requests. Wait, then run this again.',
      'The request may still have been applied.',
      'Running this again with if-exists: reuse finds the workspace if it was created. That is safe if no other workflow creates a workspace with this slug.',
      expect.stringMatching(/^Request id for OpenRouter's support: cf-ray \S+$/),
      'See https://github.com/OWNER/openrouter-workspace/blob/main/docs/troubleshooting.md#outcome-unknown',
    ]);
    expect(calls).toEqual(['POST', 'GET']);
  });

  test.each([
    [{ 'if-exists': 'reuse' }, 'reuse'],
    [{ 'if-exists': 'update' }, 'update'],
    [{ 'guardrail-limit-usd': '5', 'guardrail-limit-reset': 'daily' }, 'update'],
  ])(
    'a create with %j that may have been applied should run again with if-exists: %s',
    async (inputs, policy) => {
      const ofLookup = { on: 'GET /workspaces/:id' };
      const faults = [responseWith(501, {}), { ...responseWith(403, {}), ...ofLookup }];
      if ('if-exists' in inputs) faults.unshift({ ...responseWith(404, {}), ...ofLookup });
      const { message } = await createFrom(inputs, ...faults);
      expect(message).toMatch(MAY_EXIST);
      expect(message).toContain(`Running this again with if-exists: ${policy} finds the workspace`);
    },
  );

  test('a create with delete-after-job that may have been applied does not suggest if-exists', async () => {
    const faults = [responseWith(501, {}), { ...responseWith(403, {}), on: 'GET /workspaces/:id' }];
    faults.unshift({ ...responseWith(404, {}), on: 'GET /workspaces/:id' });
    const { message } = await createFrom({ 'delete-after-job': 'true' }, ...faults);
    expect(message).toMatch(
      /^The request may still have been applied\.\nBefore running this again, check for a workspace with the slug preview-\d+\.$/m,
    );
    expect(message).not.toContain('if-exists');
  });

  test.each([
    ['reuse', {}],
    ['update', { 'budget-daily-usd': '5' }],
  ])(
    'a lookup that is rejected before anything is sent says so, with if-exists: %s',
    async (policy, inputs) => {
      const wrong = { 'if-exists': policy, 'management-key': `sk-or-v1-${'0'.repeat(64)}` };
      const { code, lines } = expectFailure(await harness.create({ ...wrong, ...inputs }));
      expect(code).toBe('unauthorized');
      expect(lines[0]).toMatch(/^GET \/workspaces\/preview-\d+: HTTP 401 Unauthorized: /);
      expect(lines).toContain(NOTHING_CHANGED);
    },
  );

  test('an inference key is explained not to be a management key', async () => {
    const step = await harness.create({ 'management-key': `sk-or-v1-${'0'.repeat(64)}` });
    const { message } = expectFailure(step);
    expect(message).toContain('HTTP 401 Unauthorized: Invalid management key');
    expect(message).toContain('not an inference key. Both begin with sk-or-v1-.');
  });
});

describe('the server’s message', () => {
  test.each([
    ['error.message', { error: { code: 400, message: 'Deep' }, user_id: null }, ': Deep'],
    ['a flat message', { message: 'Flat', code: 400 }, ': Flat'],
    ['error as a text', { error: 'Plain' }, ': Plain'],
    ['no message', { detail: 1 }, ''],
    ['a message that is not text', { error: { message: { a: 1 } } }, ''],
    ['null', null, ''],
    ['nothing', '', ''],
    ['text', 'upstream connect error', ': upstream connect error'],
    [
      'HTML',
      '<!DOCTYPE html>\n<html><head><title>openrouter.ai | 400</title><style>p{}</style></head>\n<body><script>alert(1)</script><h1>Bad &amp; ugly</h1></body></html>',
      ': openrouter.ai | 400 Bad &amp; ugly',
    ],
    ['HTML that is cut off', '<p>Half <script>alert(', ': Half alert('],
  ])('is found in %s', async (_, body, shown) => {
    const { lines } = await createWithResponse(400, body);
    expect(lines[0]).toBe(`POST /workspaces: HTTP 400 Bad Request${shown}`);
  });

  test('is truncated if it is too long', async () => {
    const { message } = await createWithResponse(400, { message: 'x'.repeat(500_000) });
    expect(message.length).toBeLessThan(3_000);
  });

  test('is found in a page of a hundred thousand open brackets', async () => {
    const { message } = await createWithResponse(400, '<script '.repeat(100_000));
    expect(message).toMatch(/^POST \/workspaces: HTTP 400 Bad Request: <script <script /);
  });
});

test('the request id is reported, for support', async () => {
  const { message } = await createWithResponse(401, {}, { 'cf-ray': '8f1a2b3c4d5e6f70-FRA' });
  expect(message).toContain("Request id for OpenRouter's support: cf-ray 8f1a2b3c4d5e6f70-FRA");
});

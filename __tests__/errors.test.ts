import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../sandbox/faults.ts';
import { openBench, redOf } from './step.ts';

const bench = openBench();

const NOTHING_CHANGED = 'Nothing was changed at OpenRouter.';
const MAY_EXIST =
  /^OpenRouter may have done it nevertheless. Before running this again, look for a workspace with the slug \S+\.$/m;

/** Runs a create step whose every POST is met by `fault`. */
async function createWith(fault: ScheduledFault, timeout = '1s') {
  const { faults, requests } = bench.sandbox;
  faults.length = 0;
  for (let count = 0; count < 20; count += 1) faults.push({ on: 'POST /workspaces', ...fault });
  const before = requests.length;
  const red = redOf(await bench.create({ timeout }));
  faults.length = 0;
  return { ...red, calls: requests.slice(before).map(({ method }) => method) };
}

const answer = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  createWith({
    kind: 'answer',
    status,
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });

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

  test('429 that stays is red when time is over', async () => {
    const { message, calls } = await answer(429, { error: { message: 'Slow down' } });
    expect(message).toMatch(
      /^POST \/workspaces: the answer was 429 \(attempt \d+; the next, in .* would be past the timeout\): Slow down$/m,
    );
    expect(message).toContain('OpenRouter asks for fewer requests');
    expect(message).toContain(NOTHING_CHANGED);
    expect(new Set(calls)).toEqual(new Set(['POST']));
  });

  test.each([408, 425, 502, 503, 504, 520, 521, 522, 523, 524])(
    '%i that stays is red when time is over, and says that the workspace may exist',
    async (status) => {
      const { message, calls } = await answer(status, { error: { message: 'Oops' } });
      expect(message).toContain(`POST /workspaces: the answer was ${status} (attempt `);
      expect(message).toMatch(MAY_EXIST);
      expect(calls.slice(0, 2)).toEqual(['POST', 'GET']);
    },
  );

  test('500 that stays, where a look finds nothing, has changed nothing', async () => {
    const { message } = await answer(500, { error: { message: 'Oops' } });
    expect(message).toContain(NOTHING_CHANGED);
  });

  test.each([499, 501, 525, 526, 599])(
    '%i ends the step after a look at the slug, and says that the workspace may exist',
    async (status) => {
      const { message, calls } = await answer(status, { error: { message: 'Oops' } });
      expect(message).toMatch(MAY_EXIST);
      expect(calls).toEqual(['POST', 'GET']);
    },
  );

  test('an inference key is told from a management key', async () => {
    const step = await bench.create({ 'management-key': `sk-or-v1-${'0'.repeat(64)}` });
    const { message } = redOf(step);
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

import { describe, expect, test } from '@jest/globals';
import type { ScheduledFault } from '../sandbox/faults.ts';
import { openBench, redOf } from './step.ts';

const bench = openBench();

const NOTHING_CHANGED = 'Nothing was changed at OpenRouter.';
const MAY_EXIST =
  /^OpenRouter may have done it nevertheless. Before running this again, look for a workspace with the slug \S+\.$/m;

async function createWith(fault: ScheduledFault) {
  bench.sandbox.faults.push(fault);
  const before = bench.sandbox.requests.length;
  const red = redOf(await bench.create());
  expect(bench.sandbox.requests).toHaveLength(before + 1);
  return red;
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
    [400, 'A slug that is taken may be answered like this too.'],
    [401, 'https://openrouter.ai/settings/management-keys'],
    [402, 'The account lacks the credit or the plan for this'],
    [403, 'Of an organization, only administrators may do this.'],
    [404, 'Does api-url end with the path of the API'],
    [409, 'The slug is taken, most likely.'],
    [422, 'A slug that is taken may be answered like this too.'],
    [429, 'OpenRouter asks for fewer requests'],
  ])('%i says what to do, and that nothing was changed', async (status, hint) => {
    const { title, message } = await answer(status, { error: { code: status, message: 'No way' } });
    expect(title).toMatch(/^Could not create the workspace preview-\d+$/);
    expect(message.split('\n')[0]).toBe(`POST /workspaces: the answer was ${status}: No way`);
    expect(message).toContain(hint);
    expect(message).toContain(NOTHING_CHANGED);
  });

  test.each([408, 425, 499, 500, 501, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 599])(
    '%i says that the workspace may exist',
    async (status) => {
      const { message } = await answer(status, { error: { code: status, message: 'Oops' } });
      expect(message.split('\n')[0]).toBe(`POST /workspaces: the answer was ${status}: Oops`);
      expect(message).toMatch(MAY_EXIST);
      expect(message).not.toContain(NOTHING_CHANGED);
    },
  );

  test('an inference key is told from a management key', async () => {
    const step = await bench.create({ 'management-key': `sk-or-v1-${'0'.repeat(64)}` });
    const { message } = redOf(step);
    expect(message).toContain('the answer was 401: Invalid management key');
    expect(message).toContain('a key for inference is not one, though both begin with sk-or-v1-.');
  });

  test('a slug that is taken is red, and the workspace that has it is left as it was', async () => {
    await bench.create({ slug: 'taken', description: 'The first' });
    const before = structuredClone(bench.sandbox.account.workspaces);
    const { message } = redOf(await bench.create({ slug: 'taken', description: 'The second' }));
    expect(message).toContain('A workspace with this slug already exists');
    expect(bench.sandbox.account.workspaces).toEqual(before);
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
  const { message } = await answer(500, {}, { 'cf-ray': '8f1a2b3c4d5e6f70-FRA' });
  expect(message).toContain(
    "For OpenRouter's support, the id of the request: cf-ray 8f1a2b3c4d5e6f70-FRA",
  );
});

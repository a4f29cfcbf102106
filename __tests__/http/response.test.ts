import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import type { ApiRequest } from '../../src/http/request.ts';
import {
  extractServerMessage,
  parseHttpDate,
  parseResponse,
  retryAfter,
  withoutStatus,
} from '../../src/http/response.ts';
import type { HttpResponse } from '../../src/http/transport.ts';
import { openRouter } from '../../src/openrouter/server.ts';

const REQUEST: ApiRequest<{ id: string }> = {
  operation: 'look up',
  method: 'GET',
  path: '/x',
  schema: z.object({ id: z.string() }),
};
const parse = (response: Partial<HttpResponse>, request: Partial<typeof REQUEST> = {}) =>
  parseResponse(
    { ...REQUEST, ...request },
    { status: 200, headers: {}, body: '', ...response },
    openRouter({ apiUrl: 'https://openrouter.test', managementKey: 'k' }),
  );

test.each([200, 201, 299])('a body with HTTP %i is a success', (status) => {
  expect(parse({ status, body: '{"id":"1"}' })).toEqual({ data: { id: '1' } });
});

test.each([
  ['502 Bad Gateway', undefined],
  ['Bad gateway', undefined],
  ['Bad gateway.', undefined],
  ['HTTP 502 Bad Gateway 502 Bad Gateway nginx', 'nginx'],
  ['Bad gateway: no upstream', 'no upstream'],
  ['Bad gateways are rare', 'Bad gateways are rare'],
  ['No upstream', 'No upstream'],
  [undefined, undefined],
])('the message %j of HTTP 502 says %j beside the status', (message, rest) => {
  expect(withoutStatus(message, 502)).toBe(rest);
  const body = JSON.stringify({ error: { message } });
  expect(parse({ status: 502, body })).toMatchObject({
    reason: 'HTTP 502 Bad Gateway',
    serverMessage: rest,
  });
});

const REDIRECT = 'Redirects are not followed, so that no secret is sent to another host';
test.each([
  [199, {}, 'HTTP 199'],
  [300, {}, `HTTP 300 Multiple Choices to nowhere. ${REDIRECT}`],
  [
    307,
    {
      location:
        'https://user:secret@elsewhere.example:8443/a/secret-of-16-char/?token=secret#secret',
    },
    `HTTP 307 Temporary Redirect to https://elsewhere.example:8443/a/***/. ${REDIRECT}`,
  ],
  [
    399,
    { location: '/15-characters-x' },
    `HTTP 399 to https://openrouter.test/15-characters-x. ${REDIRECT}`,
  ],
  [
    308,
    { location: 'https://[secret' },
    `HTTP 308 Permanent Redirect to an invalid URL. ${REDIRECT}`,
  ],
  [400, { location: '/' }, 'HTTP 400 Bad Request'],
  [599, {}, 'HTTP 599'],
])('a body is not used with HTTP %i, and the reason says why', (status, headers, reason) => {
  expect(parse({ status, headers, body: '{"id":"1"}' })).toMatchObject({ status, reason });
});

test.each([
  [' \n', 'the body is empty'],
  ['<html>', 'the body is not JSON'],
  ['{"id": "1"', 'the body is not JSON'],
  ['[]', 'the body is not an object'],
  ['null', 'the body is not an object'],
  ['{}', 'the body has no valid id'],
])('a success with the body %j is ambiguous, and the reason says what is wrong', (body, defect) => {
  expect(parse({ body })).toMatchObject({ kind: 'ambiguous', reason: `HTTP 200, but ${defect}` });
});

test.each([
  ['a success for a request that expects it, if it is JSON', '{"error":{}}', { data: { id: '' } }],
  ['an error if it is no JSON', '<html>Not found</html>', { status: 404, kind: 'rejected' }],
  ['an error if it has no body', '', { status: 404, kind: 'rejected' }],
])('HTTP 404 is %s', (_, body, expected) => {
  expect(parse({ status: 404, body }, { on404: () => ({ id: '' }) })).toMatchObject(expected);
});

test('a body with more than 100 levels is nested too deep to be checked', () => {
  const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
  const reason = 'HTTP 200, but the body is nested more than 100 levels deep';
  expect(parse({ body: nested(100) })).toMatchObject({ kind: 'ambiguous' });
  expect(parse({ body: nested(101) })).toMatchObject({ kind: 'unexpected', reason });
  expect(parse({ body: nested(5_000) })).toMatchObject({ kind: 'unexpected', reason });
});

test.each([
  ['8f00-FRA', 'cf-ray 8f00-FRA'],
  [undefined, undefined],
  [['1', '2'], undefined],
])('the cf-ray %j of a failed response is reported as %j', (header, requestId) => {
  expect(parse({ status: 502, headers: { 'cf-ray': header } })).toHaveProperty(
    'requestId',
    requestId,
  );
});

const MAX = 16 * 1024;

test.each<[string, string, string | undefined]>([
  ['error.message', '{"error":{"message":"No"},"message":"Other"}', 'No'],
  ['message', '{"message":"No","error":"Other"}', 'No'],
  ['error', '{"error":"No"}', 'No'],
  ['message if error.message is empty', '{"error":{"message":""},"message":"No"}', 'No'],
  ['message if error.message is a number', '{"error":{"message":5},"message":"No"}', 'No'],
  ['the text of a web page', '<h1>Bad\n gateway</h1><p>cloudflare</p>', 'Bad gateway cloudflare'],
  ['a page without its scripts', '<style>a{}</style><script>x("<p>")</script>No', 'No'],
  ['a page whose script is cut off, with its code', '<p>No</p><script>x(1)', 'No x(1)'],
  ['a plain text', '  No \n', 'No'],
  ['nothing of an empty body', '', undefined],
  ['nothing of a page without text', '<html></html>', undefined],
  ['nothing of null', 'null', undefined],
  ['nothing of a number', '{"error":500}', undefined],
  // The end of a connection, which can be the end of a body, does not show that it is cut.
  ['nothing of an object that is cut', '{"key":"sk-or-v1-SECR', undefined],
  ['a plain text in brackets', '[proxy] No', '[proxy] No'],
  ['nothing of a list that is cut', ' [{"key":"sk-or-v1-0123', undefined],
])('the message of an error response is %s', (_, body, message) => {
  expect(extractServerMessage(body)).toBe(message);
});

test('no more than 16 KiB are read of the message in JSON', () => {
  const body = JSON.stringify({ message: 'x'.repeat(MAX + 1) });
  expect(extractServerMessage(body)).toBe('x'.repeat(MAX));
});

test('no more than 16 KiB are read of a page, without the word that the cut divides', () => {
  const tags = '<b></b>'.repeat(2_000);
  for (const before of ['No', 'No <p>']) {
    for (const missing of [1, 20, 99]) {
      const secret = 'Q7'.repeat(50);
      const pad = ' '.repeat(MAX - tags.length - before.length - secret.length + missing);
      expect(extractServerMessage(`${before}${tags}${pad}${secret}</p>`)).toBe('No');
    }
  }
  expect(extractServerMessage('x'.repeat(MAX + 1))).toBeUndefined();
  expect(extractServerMessage('x'.repeat(MAX))).toBe('x'.repeat(MAX));
});

describe('parseHttpDate', () => {
  test('reads back every date that a server writes', () => {
    const dates = fc.date({ min: new Date(0), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(dates, (date) => {
        const seconds = Math.floor(date.getTime() / 1000) * 1000;
        expect(parseHttpDate(date.toUTCString())).toBe(seconds);
      }),
    );
  });

  test('reads the obsolete form with the name of a day', () => {
    expect(parseHttpDate('Sunday, 06-Nov-94 08:49:37 GMT')).toBe(784_111_777_000);
  });

  test.each([
    undefined,
    '99999',
    '2099-01-01T00:00:00Z',
    'Sun, 06 Nov 1994 08:49:37 +0100',
    'Sun Nov  6 08:49:37 1994',
    'Sun, 06 Nov 1994 99:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
  ])('is undefined for %j, which counts as missing', (text) => {
    expect(parseHttpDate(text)).toBeUndefined();
  });

  test('is undefined for a header that comes twice', () => {
    const date = 'Sun, 06 Nov 1994 08:49:37 GMT';
    expect(parseHttpDate([date, date])).toBeUndefined();
  });
});

describe('retryAfter', () => {
  const NEW_YEAR = 'Tue, 01 Jan 2030 00:00:00 GMT';
  const read = (desired: string, date?: string) =>
    retryAfter({ status: 503, headers: { 'retry-after': desired, date }, body: '' });

  test.each([
    ['0', 0],
    [' 7 ', 7_000],
    ['Tue, 01 Jan 2030 00:00:07 GMT', 7_000],
    ['Mon, 31 Dec 2029 23:59:59 GMT', 0],
    ['9'.repeat(400), Number.MAX_SAFE_INTEGER],
  ])('of %j is %i ms, by the clock of the server', (desired, ms) => {
    expect(read(desired, NEW_YEAR)).toBe(ms);
  });

  test.each(['2099-01-01', '-5', '1.5', 'soon', ''])('is undefined for %j', (desired) => {
    expect(read(desired, NEW_YEAR)).toBeUndefined();
  });

  test('is undefined for a date if the server does not send its own', () => {
    expect(read(NEW_YEAR)).toBeUndefined();
  });
});

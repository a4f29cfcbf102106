import { expect, test } from '@jest/globals';
import { ApiError, type ApiErrorDetails } from '../../src/http/request.ts';
import { apiErrorCodes } from '../../src/report/describe-api-error.ts';
import { describeError } from '../../src/report/describe-error.ts';

const NETWORK =
  'Check api-url, and whether DNS, a proxy or a firewall keeps the runner from that host.';
const SERVER = 'The cause is at OpenRouter or at its CDN: see https://status.openrouter.ai.';
const OTHER_SERVER =
  'Check api-url, and whether a proxy or a login page responds instead of OpenRouter.';
const DECLINED = 'OpenRouter rejected the request for the reason above.';
const CONFLICT = 'Another request is changing the same resource. Run this again.';
const KEY = /^management-key must be a management key/;

const GET = { method: 'GET' } as const;
const POST = { method: 'POST', ambiguous: true } as const;
const NO_RESPONSE = { host: 'openrouter.ai', elapsedMs: 100 };

type Row = [what: string, details: Partial<ApiErrorDetails>, code: string, advice: unknown[]];

const ROWS: Row[] = [
  ['HTTP 401', { status: 401 }, 'unauthorized', [expect.stringMatching(KEY)]],
  ['HTTP 403', { status: 403 }, 'forbidden', [expect.stringMatching(KEY)]],
  [
    'HTTP 402',
    { status: 402 },
    'payment-required',
    [expect.stringMatching(/^The account lacks the credits or the plan for this: see https:/)],
  ],
  ['HTTP 403 with a hint', { status: 403, hint: 'No admin.' }, 'forbidden', ['No admin.']],
  [
    'HTTP 404',
    { status: 404 },
    'not-found',
    [expect.stringMatching(/^Check that api-url ends with the path of the API/)],
  ],
  ['HTTP 422', { status: 422 }, 'request-rejected', [DECLINED]],
  ['HTTP 409 to a POST', { method: 'POST', status: 409 }, 'request-rejected', [DECLINED]],
  ['HTTP 409 to a PATCH', { kind: 'conflict', status: 409 }, 'conflict', [CONFLICT]],
  [
    'HTTP 429',
    { kind: 'throttled', status: 429 },
    'throttled',
    ['OpenRouter limits the rate of requests. Wait, then run this again.'],
  ],
  ['a refused connection', { kind: 'unsent', noResponse: NO_RESPONSE }, 'unreachable', [NETWORK]],
  [
    'an untrusted certificate',
    { kind: 'prevented', noResponse: NO_RESPONSE },
    'unreachable',
    [NETWORK],
  ],
  ['a cancellation before a request was sent', { kind: 'prevented' }, 'timed-out', []],
  ['a timeout during a read', { ...GET, kind: 'aborted', ambiguous: true }, 'timed-out', []],
  ['HTTP 502 to a read', { ...GET, kind: 'ambiguous', status: 502 }, 'server-error', [SERVER]],
  ['HTTP 408 to a read', { ...GET, kind: 'ambiguous', status: 408 }, 'server-error', [SERVER]],
  [
    'a web page in place of JSON',
    { ...GET, kind: 'ambiguous', status: 200 },
    'server-error',
    [OTHER_SERVER],
  ],
  [
    'a redirect',
    { ...GET, kind: 'unexpected', status: 302 },
    'unexpected-response',
    [OTHER_SERVER],
  ],
  ['HTTP 526', { ...GET, kind: 'unexpected', status: 526 }, 'unexpected-response', [SERVER]],
  ['HTTP 502 to a POST', { ...POST, kind: 'ambiguous', status: 502 }, 'outcome-unknown', [SERVER]],
  [
    'a web page in response to a POST',
    { ...POST, kind: 'ambiguous', status: 200 },
    'outcome-unknown',
    [OTHER_SERVER],
  ],
  ['a timeout during a POST', { ...POST, kind: 'aborted' }, 'outcome-unknown', []],
  [
    'a reset connection during a POST',
    { ...POST, kind: 'ambiguous', noResponse: NO_RESPONSE },
    'outcome-unknown',
    [NETWORK],
  ],
];

test.each(ROWS)('%s has the advice of its code', (_, details, code, advice) => {
  const error = new ApiError({
    operation: 'do something',
    method: 'PATCH',
    path: '/workspaces',
    kind: 'rejected',
    reason: 'failed',
    attempts: 1,
    ambiguous: false,
    wasThrottled: false,
    ...details,
  });
  const described = describeError(error, 'none');
  expect(described.code).toBe(code);
  // Between the request and what is known about its effect.
  const effect = described.lines.findIndex((line) => /^(Nothing was|The request may)/.test(line));
  expect(described.lines.slice(1, effect)).toEqual(advice);
});

test('the advice of each code is tested', () => {
  expect([...new Set(ROWS.map(([, , code]) => code))].toSorted()).toEqual(
    apiErrorCodes().toSorted(),
  );
});

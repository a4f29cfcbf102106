import { expect, test } from '@jest/globals';
import type { ApiErrorDetails, CredentialFailure } from '../../src/http/request.ts';
import { classifyResponse } from '../../src/http/retry-policy.ts';
import { apiErrorCodes } from '../../src/report/describe-api-error.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import { sweepIncomplete } from '../../src/teardown/failures.ts';
import { apiError, sweptTo } from '../support/failures.ts';

const NETWORK =
  'Check api-url, and whether DNS, a proxy or a firewall keeps the runner from that host.';
const SERVER = 'The cause is at OpenRouter or at its CDN: see https://status.openrouter.ai.';
const OTHER_SERVER =
  'Check api-url, and whether a proxy or a login page responds instead of OpenRouter.';
const DECLINED = 'OpenRouter rejected the request for the reason above.';
const SILENT = 'OpenRouter rejected the request. Its response has no reason that can be shown.';
const CONFLICT = 'Another request is changing the same resource. Run this again.';
const KEY =
  'management-key must be a management key, not an inference key. A management key that was deleted is rejected, too. Create one at https://openrouter.ai/settings/management-keys. With federation-policy-id, the policy must act as a management key.';
const FORBIDDEN = `${KEY} The key may be limited to another workspace. In an organization, only administrators may do this.`;
const CREDITS = expect.stringMatching(
  /^The account lacks the credits or the plan for this: see https:/,
);
const API_PATH = expect.stringMatching(/^Check that api-url ends with the path of the API/);
const THROTTLED = 'OpenRouter limits the rate of requests. Wait, then run this again.';

const noResponse = { host: 'openrouter.ai', elapsedMs: 100 };
const get = (details: Partial<ApiErrorDetails>) => ({ method: 'GET' as const, ...details });
const post = (details: Partial<ApiErrorDetails>) => ({
  method: 'POST' as const,
  ambiguous: true,
  ...details,
});

const cancelled = (details: Partial<ApiErrorDetails>) => ({ ...details, isCancelled: true });

const exchange = (credentialFailure: Partial<CredentialFailure>) => ({
  kind: 'prevented' as const,
  credentialFailure: apiError({ method: 'POST', readOnly: true, ...credentialFailure }).details,
});
const refused = (errorCode: string) => exchange({ status: 400, errorCode });
const issuing = (failure: Partial<CredentialFailure>) =>
  exchange({ server: 'GitHub OIDC', ...failure });
const ID_TOKEN = 'The job needs the permission id-token: write.';
const ISSUER_DOWN = 'The cause is at GitHub: see https://www.githubstatus.com.';
const POLICY = expect.stringMatching(/^The policy of federation-policy-id does not accept/);
const NOT_EXCHANGED = expect.stringMatching(/^OpenRouter does not exchange id tokens/);
const OTHER_POLICY = expect.stringMatching(/^The policy of federation-policy-id acts as another/);
const IDS = expect.stringMatching(/^In a repository that is new, renamed or transferred/);

const resetBefore = (lookup: Partial<ApiErrorDetails>) =>
  post({ kind: 'ambiguous', noResponse, lookupFailure: apiError(lookup).details });
const UNCHECKED = expect.stringMatching(/^Could not check the outcome: /);

type Row = [what: string, details: Partial<ApiErrorDetails>, code: string, advice: unknown[]];

const ROWS: Row[] = [
  ['HTTP 401', { status: 401 }, 'unauthorized', [KEY]],
  ['HTTP 403', { status: 403 }, 'forbidden', [FORBIDDEN]],
  ['HTTP 403 with a hint', { status: 403, hint: 'No admin.' }, 'forbidden', ['No admin.']],
  ['HTTP 402', { status: 402 }, 'payment-required', [CREDITS]],
  ['HTTP 404', { status: 404 }, 'not-found', [API_PATH]],
  ['HTTP 422', { status: 422, serverMessage: 'No' }, 'request-rejected', [DECLINED]],
  ['HTTP 409 to a POST', { method: 'POST', status: 409 }, 'request-rejected', [SILENT]],
  ['HTTP 409 to a PATCH', { kind: 'conflict', status: 409 }, 'conflict', [CONFLICT]],
  ['HTTP 429', { kind: 'throttled', status: 429 }, 'throttled', [THROTTLED]],
  ['a refused connection', { kind: 'unsent', noResponse }, 'unreachable', [NETWORK]],
  ['an untrusted certificate', { kind: 'prevented', noResponse }, 'unreachable', [NETWORK]],
  ['a timeout before a request was sent', { kind: 'prevented' }, 'timed-out', []],
  ['a timeout of a read', get({ kind: 'aborted', ambiguous: true }), 'timed-out', []],
  ['a cancellation before a request', cancelled({ kind: 'prevented' }), 'cancelled', []],
  [
    'a cancellation of a read',
    get(cancelled({ kind: 'aborted', ambiguous: true })),
    'cancelled',
    [],
  ],
  ['a cancellation after HTTP 502', cancelled({ kind: 'ambiguous', status: 502 }), 'cancelled', []],
  ['a cancellation after HTTP 429', cancelled({ kind: 'throttled', status: 429 }), 'cancelled', []],
  [
    'a cancellation while no host is found',
    cancelled({ kind: 'unsent', noResponse }),
    'cancelled',
    [],
  ],
  ['a cancellation of a token exchange', exchange(cancelled({ kind: 'aborted' })), 'cancelled', []],
  ['HTTP 502 to a read', get({ kind: 'ambiguous', status: 502 }), 'server-error', [SERVER]],
  ['HTTP 408 to a read', get({ kind: 'ambiguous', status: 408 }), 'server-error', [SERVER]],
  ['a page for JSON', get({ kind: 'ambiguous', status: 200 }), 'server-error', [OTHER_SERVER]],
  ['a redirect', get({ kind: 'unexpected', status: 302 }), 'unexpected-response', [OTHER_SERVER]],
  ['HTTP 526', get({ kind: 'unexpected', status: 526 }), 'unexpected-response', [SERVER]],
  ['HTTP 502 to a POST', post({ kind: 'ambiguous', status: 502 }), 'outcome-unknown', [SERVER]],
  [
    'a page for a POST',
    post({ kind: 'ambiguous', status: 200 }),
    'outcome-unknown',
    [OTHER_SERVER],
  ],
  ['a timeout of a POST', post({ kind: 'aborted' }), 'outcome-unknown', []],
  ['a cancellation of a POST', post(cancelled({ kind: 'aborted' })), 'outcome-unknown', []],
  [
    'an id token that the policy rejects',
    exchange({ status: 401, errorCode: 'invalid_grant', claims: { sub: 'repo:o/r', aud: null } }),
    'identity-rejected',
    [POLICY, 'sub: "repo:o/r"', 'aud: null', IDS],
  ],
  [
    'HTTP 401 to an exchange',
    exchange({ status: 401, claims: {} }),
    'unauthorized',
    [NOT_EXCHANGED],
  ],
  ['HTTP 403 to an exchange', exchange({ status: 403, claims: {} }), 'forbidden', [NOT_EXCHANGED]],
  ['a policy for another kind of key', refused('invalid_scope'), 'wrong-policy', [OTHER_POLICY]],
  ['another rejection of an exchange', refused('constructor'), 'request-rejected', [SILENT]],
  ['HTTP 401 for an id token', issuing({ status: 401 }), 'unauthorized', [ID_TOKEN]],
  ['HTTP 403 for an id token', issuing({ status: 403 }), 'forbidden', [ID_TOKEN]],
  ['a broken issuer', issuing({ kind: 'ambiguous', status: 502 }), 'server-error', [ISSUER_DOWN]],
  ['a reset of a POST', post({ kind: 'ambiguous', noResponse }), 'outcome-unknown', [NETWORK]],
  [
    'a reset of a POST before a response to its lookup',
    resetBefore({ kind: 'ambiguous', status: 502 }),
    'outcome-unknown',
    [UNCHECKED, SERVER],
  ],
  [
    'a reset of a POST before a lookup without a token',
    resetBefore(exchange({ kind: 'ambiguous', status: 503, attempts: 4 })),
    'outcome-unknown',
    [UNCHECKED, 'Attempts at this request: 4.', SERVER],
  ],
  [
    'a reset of a POST before a lookup that had no time',
    resetBefore({ kind: 'aborted' }),
    'outcome-unknown',
    [UNCHECKED, NETWORK],
  ],
];

test.each(ROWS)('%s has the advice of its code', (_, details, code, advice) => {
  const described = describeError(apiError({ method: 'PATCH', ...details }), 'none');
  expect(described.code).toBe(code);
  // Between the request and what is known about its effect.
  const effect = described.lines.findIndex((line) => /^(Nothing was|The request may)/.test(line));
  expect(described.lines.slice(1, effect)).toEqual(advice);
});

test('no response but 409 is taken for a conflict of two requests', () => {
  const statuses = Array.from({ length: 200 }, (_, at) => 400 + at);
  const conflicts = statuses.filter((status) => {
    const error = apiError({ method: 'PATCH', kind: classifyResponse('PATCH', status), status });
    return describeError(error, 'none').code === 'conflict';
  });
  expect(conflicts).toEqual([409]);
});

test('a list of workspaces has the advice of each rejection once, and of no other response', () => {
  const errors = [
    { status: 403, hint: 'No admin.' },
    { status: 404, hint: 'No admin.' },
    { status: 401 },
    { kind: 'throttled' as const, status: 403, hint: 'Throttled.' },
    { kind: 'aborted' as const, noResponse, hint: 'Silent.' },
    { kind: 'ambiguous' as const, status: 502, hint: 'Broken.' },
    { status: 400, hint: 'Invalid.' },
  ].map((details) => apiError(details));
  const result = errors.map((error) => sweptTo('failed', error));
  const { lines } = describeError(new Failure(sweepIncomplete, { result }), 'none');
  expect(lines.slice(0, -2)).toEqual(['No admin.', KEY]);
});

test('the advice of each code is tested', () => {
  expect([...new Set(ROWS.map(([, , code]) => code))].toSorted()).toEqual(
    apiErrorCodes().toSorted(),
  );
});

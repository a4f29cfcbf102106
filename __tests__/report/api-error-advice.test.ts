import { expect, test } from '@jest/globals';
import { SWEEP } from '../../src/actions/sweep/report.ts';
import type { ApiErrorDetails } from '../../src/http/request.ts';
import { classifyResponse } from '../../src/http/retry-policy.ts';
import { apiErrorCodes } from '../../src/report/describe-api-error.ts';
import { describeError } from '../../src/report/describe-error.ts';
import { Failure } from '../../src/shared/failure.ts';
import { sweepIncomplete } from '../../src/teardown/failures.ts';
import { apiError, sweptTo } from '../support/failure-facts.ts';

const NETWORK =
  'Check api-url, and whether DNS, a proxy or a firewall keeps the runner from openrouter.ai.';
const SERVER = 'See https://status.openrouter.ai, and run this again once OpenRouter works.';
const GITHUB_DOWN = 'See https://www.githubstatus.com, and run this again once GitHub works.';
const OTHER_SERVER =
  'Check api-url, and whether a proxy or a login page responds instead of OpenRouter.';
const DECLINED = 'Correct the input that OpenRouter rejects.';
const SILENT = 'The response of OpenRouter has no reason that can be shown.';
const CONFLICT = 'Run this again.';
const KEY = [
  'The management key was deleted, or the secret has another kind of key.',
  'Create one at https://openrouter.ai/settings/management-keys, and store it in the secret that management-key uses.',
];
const PERMISSION =
  'If the account is an organization, use a management key that one of its administrators created.';
const SETTINGS =
  "The account's security settings can be the cause, too: an IP allowlist, or a maximum key lifetime.";
const CREDITS = expect.stringMatching(
  /^The account lacks the credits or the plan for this: see https:/,
);
const API_PATH = expect.stringMatching(/^Check that api-url ends with the path of the API/);
const THROTTLED = 'Wait, then run this again.';

const noResponse = { host: 'openrouter.ai', elapsedMs: 100 };
const get = (details: Partial<ApiErrorDetails>) => ({ method: 'GET' as const, ...details });
const post = (details: Partial<ApiErrorDetails>) => ({
  method: 'POST' as const,
  ambiguous: true,
  ...details,
});

const cancelled = (details: Partial<ApiErrorDetails>) => ({ ...details, isCancelled: true });

const resetBefore = (lookup: Partial<ApiErrorDetails>) =>
  post({ kind: 'ambiguous', noResponse, lookupFailure: apiError(lookup).details });

type Row = [what: string, details: Partial<ApiErrorDetails>, code: string, advice: unknown[]];

const ROWS: Row[] = [
  ['HTTP 401', { status: 401 }, 'unauthorized', KEY],
  ['HTTP 403', { status: 403 }, 'forbidden', [PERMISSION, SETTINGS]],
  [
    'HTTP 403 with a hint',
    { status: 403, hint: 'No admin.' },
    'forbidden',
    ['No admin.', SETTINGS],
  ],
  [
    'HTTP 403 of GitHub with a hint',
    { server: 'GitHub', status: 403, hint: 'No permission.' },
    'forbidden',
    ['No permission.'],
  ],
  ['HTTP 404 with a hint', { status: 404, hint: 'No admin.' }, 'not-found', ['No admin.']],
  ['HTTP 402', { status: 402 }, 'payment-required', [CREDITS]],
  ['HTTP 404', { status: 404 }, 'not-found', [API_PATH]],
  [
    'HTTP 422',
    { status: 422, serverMessage: 'No' },
    'request-rejected',
    ['OpenRouter: No', DECLINED],
  ],
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
  ['HTTP 502 to a read', get({ kind: 'ambiguous', status: 502 }), 'server-error', [SERVER]],
  [
    'HTTP 502 of GitHub',
    get({ server: 'GitHub', kind: 'ambiguous', status: 502 }),
    'server-error',
    [GITHUB_DOWN],
  ],
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
  ['a reset of a POST', post({ kind: 'ambiguous', noResponse }), 'outcome-unknown', [NETWORK]],
  [
    'a reset of a POST before a response to its lookup',
    resetBefore({ kind: 'ambiguous', status: 502 }),
    'outcome-unknown',
    [SERVER],
  ],
  [
    'a reset of a POST before a lookup that had no time',
    resetBefore({ kind: 'aborted' }),
    'outcome-unknown',
    [NETWORK],
  ],
];

test.each(ROWS)('%s has the advice of its code', (_, details, code, advice) => {
  const described = describeError(apiError({ method: 'PATCH', ...details }), 'none');
  expect(described.code).toBe(code);
  // Before what is known about its effect; but what to do about an unknown outcome comes first.
  const isUnknown = code === 'outcome-unknown';
  const effect = described.lines.at(isUnknown ? 0 : -1);
  expect(effect).toMatch(isUnknown ? /^Before running/ : /^Nothing was/);
  expect(isUnknown ? described.lines.slice(1) : described.lines.slice(0, -1)).toEqual(advice);
});

const NOT_FOUND = 'the host name does not exist (ENOTFOUND)';

const CAUSES: readonly [cause: string, details: Partial<ApiErrorDetails>][] = [
  ['OpenRouter rejected the management key (HTTP 401)', { status: 401 }],
  ['GitHub rejected github-token (HTTP 401)', { server: 'GitHub', status: 401 }],
  ['OpenRouter requires credits or another plan (HTTP 402)', { status: 402 }],
  ['OpenRouter does not allow it (HTTP 403)', { status: 403 }],
  ['GitHub does not find it (HTTP 404)', { server: 'GitHub', status: 404 }],
  ['OpenRouter rejected the request (HTTP 422)', { status: 422 }],
  ['another request is changing it (HTTP 409)', { kind: 'conflict', status: 409 }],
  ['OpenRouter limits the rate of requests (HTTP 429)', { kind: 'throttled', status: 429 }],
  [
    'GitHub limits the rate of requests (HTTP 403)',
    { server: 'GitHub', kind: 'throttled', status: 403 },
  ],
  ['OpenRouter failed (HTTP 502)', { kind: 'ambiguous', status: 502 }],
  ['OpenRouter failed (HTTP 502)', post({ kind: 'ambiguous', status: 502 })],
  ['OpenRouter did not process it (HTTP 408)', { kind: 'ambiguous', status: 408 }],
  ['OpenRouter sent no valid response (HTTP 302)', { kind: 'unexpected', status: 302 }],
  [NOT_FOUND, { kind: 'unsent', noResponse, reason: NOT_FOUND }],
  [
    'the timeout of 1 s has expired',
    post({ kind: 'aborted', reason: 'the timeout of 1 s has expired' }),
  ],
  [
    'the run was cancelled (SIGINT)',
    cancelled({ kind: 'ambiguous', status: 502, stopReason: 'the run was cancelled (SIGINT)' }),
  ],
];

test.each(CAUSES)('the title of a failed request has the cause: %s', (cause, details) => {
  const { title } = describeError(apiError({ method: 'PATCH', ...details }), 'none');
  const lost =
    details.ambiguous && details.method === 'POST' ? ', or only the response was lost' : '';
  expect(title).toBe(`Could not delete the API key "CI"${lost}: ${cause}`);
});

test('the request, its attempts and its id come after the advice, and not among it', () => {
  const lookupFailure = apiError({ method: 'GET', path: '/workspaces/preview-42' }).details;
  const error = apiError({
    ...post({ kind: 'ambiguous', status: 502, reason: 'HTTP 502 Bad Gateway', noResponse }),
    lookupFailure: { ...lookupFailure, attempts: 4, stopReason: 'the timeout' },
    requestId: 'cf-ray 8f1c',
  });
  const { lines, details } = describeError(error, 'none');
  expect(details).toEqual([
    expect.stringMatching(/^POST .* at openrouter.ai, after 0.1 s: HTTP 502 Bad Gateway$/),
    expect.stringMatching(/^Could not check the outcome: GET /),
    'Attempts to check the outcome: 4, until the timeout.',
    "Request id for OpenRouter's support: cf-ray 8f1c",
  ]);
  expect(lines.filter((line) => details?.includes(line))).toEqual([]);
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
  const result = errors.map((error, at) => ({ ...sweptTo('failed', error), slug: `pr-${at}` }));
  const { lines } = describeError(new Failure(sweepIncomplete, { result, words: SWEEP }), 'none');
  expect(lines).toEqual([
    'No admin.',
    SETTINGS,
    ...KEY,
    'Correct what does not pass by itself. Then run this again, or wait for the next sweep.',
  ]);
});

test('the advice of each code is tested', () => {
  expect([...new Set(ROWS.map(([, , code]) => code))].toSorted()).toEqual(
    apiErrorCodes().toSorted(),
  );
});

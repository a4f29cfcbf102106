import { expect, test } from '@jest/globals';
import { type ApiErrorDetails, formatCause } from '../../src/http/request.ts';
import { apiError } from '../support/failure-facts.ts';

const FAILED = {
  kind: 'ambiguous',
  reason: 'HTTP 500 Internal Server Error',
  status: 500,
} as const;
const REJECTED = { kind: 'rejected', status: 403, reason: 'HTTP 403 Forbidden' } as const;

test.each<[Partial<ApiErrorDetails>, string]>([
  [{ ...FAILED, attempts: 7 }, 'OpenRouter: HTTP 500, 7 attempts'],
  [{ ...FAILED, serverMessage: 'Oops' }, 'OpenRouter: HTTP 500'],
  [{ ...REJECTED, serverMessage: 'No admin' }, 'OpenRouter: HTTP 403: No admin'],
  [{ ...REJECTED, server: 'GitHub' }, 'GitHub: HTTP 403'],
  [
    { ...FAILED, status: 200, reason: 'HTTP 200, but no JSON' },
    'OpenRouter: HTTP 200, but no JSON',
  ],
  [
    {
      kind: 'unsent',
      reason: 'the connection was refused (ECONNREFUSED)',
      noResponse: { host: 'openrouter.ai', elapsedMs: 60_000 },
    },
    'OpenRouter: the connection was refused (ECONNREFUSED)',
  ],
  [{ kind: 'aborted', reason: 'the timeout has expired' }, 'the timeout has expired'],
])('the cause of a failure is in words, without ids and requests: %#', (details, words) => {
  expect(formatCause(apiError(details).details)).toBe(words);
});

/** What failures and warnings are about. */

import { ApiError, type ApiErrorDetails } from '../../src/http/request.ts';
import type { DeletionOutcome, SweptWorkspace } from '../../src/teardown/outcome.ts';

export const WORKSPACE = {
  id: '3fa85f64-5717-4562-b3fc-2c963f66afa6',
  slug: 'preview-42',
  name: 'P',
};
export const KEY = {
  hash: 'ab',
  name: 'CI',
  label: 'sk-or-v1-ab...cd',
  workspace_id: WORKSPACE.id,
};

export const apiError = (details: Partial<ApiErrorDetails> = {}) =>
  new ApiError({
    server: 'OpenRouter',
    operation: 'delete the API key "CI"',
    method: 'DELETE',
    path: '/keys/ab',
    kind: 'rejected',
    reason: 'HTTP 403 Forbidden',
    attempts: 1,
    ambiguous: false,
    wasThrottled: false,
    ...details,
  });

export const UNDELETED_KEY = { key: KEY, error: apiError() };

const STALE = { ...WORKSPACE, age: 1, reason: 'old', keys: [] };

/** A stale workspace after a sweep. */
export const sweptTo = (outcome: DeletionOutcome, failure?: ApiError): SweptWorkspace => ({
  ...STALE,
  outcome,
  ...(failure && { failure }),
});

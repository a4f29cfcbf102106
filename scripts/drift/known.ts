import { guardrailFields } from '../../src/openrouter/resources/guardrails.ts';
import { createKeyRequest } from '../../src/openrouter/resources/keys.ts';
import { WORKSPACE_FIELDS } from '../../src/openrouter/resources/workspaces.ts';

/** The names in one call of the API. A part that is absent is not compared. */
export interface CallNames {
  /** The parameters of the query. */
  parameters?: readonly string[];
  /** The fields of the request. */
  body?: readonly string[];
  /** The fields of `data` in the response. */
  response?: readonly string[];
}

const PAGE = ['limit', 'offset'];

const GUARDRAIL_FIELDS = Object.keys(guardrailFields);

/**
 * All that is known of the workspaces, API keys, guardrails and lists of the API, and of each body that an
 * action sends, by call. A name belongs here once someone has decided whether an action uses it.
 */
export const KNOWN: Readonly<Record<string, CallNames>> = {
  'GET /workspaces': { parameters: PAGE },
  'POST /workspaces': { body: WORKSPACE_FIELDS },
  'GET /workspaces/:id': {
    response: [
      ...WORKSPACE_FIELDS,
      'created_at',
      'created_by',
      'default_guardrail_id',
      'id',
      'include_byok_in_budgets',
      'updated_at',
    ],
  },
  'PATCH /workspaces/:id': { body: WORKSPACE_FIELDS },
  'GET /workspaces/:id/budgets': { parameters: [] },
  'PUT /workspaces/:id/budgets/:interval': { body: ['include_byok_in_budgets', 'limit_usd'] },
  'GET /workspaces/:id/members': { parameters: PAGE },
  'POST /workspaces/:id/members/add': { body: ['user_ids'] },
  'GET /organization/members': { parameters: PAGE },
  'GET /keys': { parameters: ['include_disabled', 'include_expired', 'offset', 'workspace_id'] },
  'POST /keys': {
    body: [
      ...Object.keys(createKeyRequest.shape),
      // Not sent: for organizations that create keys for members, and for partners with own keys.
      'creator_user_id',
      'external',
    ],
  },
  'GET /keys/:hash': {
    response: [
      'byok_usage',
      'byok_usage_daily',
      'byok_usage_monthly',
      'byok_usage_weekly',
      'created_at',
      'creator_user_id',
      'disabled',
      'expires_at',
      'external_user',
      'hash',
      'include_byok_in_limit',
      'label',
      'last_used_at',
      'limit',
      'limit_remaining',
      'limit_reset',
      'name',
      'updated_at',
      'usage',
      'usage_daily',
      'usage_monthly',
      'usage_weekly',
      'workspace_id',
    ],
  },
  'PATCH /keys/:hash': {
    body: [
      'disabled',
      // Not sent: a step creates another key instead.
      'include_byok_in_limit',
      'limit',
      'limit_reset',
      'name',
      'workspace_id',
    ],
  },
  'GET /guardrails/:id': {
    response: [...GUARDRAIL_FIELDS, 'created_at', 'id', 'updated_at', 'workspace_id'],
  },
  'PATCH /guardrails/:id': { body: GUARDRAIL_FIELDS },
  'POST /analytics/query': {
    body: [
      'dimensions',
      'filters',
      'limit',
      'metrics',
      'order_by',
      'time_range',
      // Not sent: for a classifier, and for results over time.
      'classifier_dimensions',
      'classifier_filters',
      'granularity',
      'group_limit',
    ],
  },
};

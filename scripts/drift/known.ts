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

/** The fields of a guardrail that an update can set. */
const GUARDRAIL_FIELDS = [
  'allow_safety_retention_google',
  'allow_safety_retention_other',
  'allowed_data_regions',
  'allowed_models',
  'allowed_providers',
  'content_filter_builtins',
  'content_filters',
  'description',
  'enable_free_model_publication',
  'enable_free_model_training',
  'enable_paid_model_training',
  'enforce_zdr',
  'enforce_zdr_anthropic',
  'enforce_zdr_google',
  'enforce_zdr_openai',
  'enforce_zdr_other',
  'enforce_zdr_xai',
  'ignored_models',
  'ignored_providers',
  'include_byok_in_budgets',
  'limit_usd',
  'name',
  'reset_interval',
];

/**
 * All that is known of the workspaces, API keys, guardrails and lists of the API, by call. A name
 * belongs here once someone has decided whether an action uses it.
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
  'GET /workspaces/:id/members': { parameters: PAGE },
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
  'GET /guardrails/:id': {
    response: [...GUARDRAIL_FIELDS, 'created_at', 'id', 'updated_at', 'workspace_id'],
  },
  'PATCH /guardrails/:id': { body: GUARDRAIL_FIELDS },
};

import type { Account } from '../account.ts';
import { type Key, NO_USAGE } from '../resources/keys.ts';
import { NANO } from '../resources/usage.ts';
import { type ApiResponse, type Call, ok, type Routes } from '../routing.ts';
import { findBySecret, withUsage } from './keys.ts';

export const ownKeyRoutes: Routes = {
  'GET /key': getOwnKey,
};

/** The key that the request itself is sent with. */
function getOwnKey(account: Account, { authorization }: Call): ApiResponse {
  const key = findBySecret(account, authorization);
  const {
    hash: _,
    name: __,
    disabled: ___,
    ...fields
  } = key ? withUsage(account, key) : MANAGEMENT_KEY;
  return ok({
    data: {
      ...fields,
      organization_id: null,
      allowed_data_regions: ['global'],
      free_model_daily_requests: { limit: 50, used: 0, remaining: 50 },
      is_free_tier: false,
      is_management_key: !key,
      is_provisioning_key: !key,
      rate_limit: { requests: -1, interval: '10s', note: 'This field is deprecated.' },
      ...(key && limitsOf(account, key)),
    },
  });
}

/** The management key, which spends nothing. */
const MANAGEMENT_KEY = {
  ...NO_USAGE,
  hash: '',
  name: '',
  workspace_id: null,
  disabled: false,
  label: 'sk-or-v1-man...key',
  limit: null,
  limit_remaining: null,
  limit_reset: null,
  include_byok_in_limit: false,
  creator_user_id: null,
  expires_at: null,
};

/** What limits `key`, in the order in which it is enforced, and which of that blocks first. */
function limitsOf(account: Account, key: Key) {
  const { limit, limit_remaining: remaining } = withUsage(account, key);
  if (typeof limit !== 'number' || typeof remaining !== 'number') {
    return { budgets: [], effective_budget: null };
  }
  const budget = {
    scope: 'key_limit',
    limit_usd: limit,
    spend_usd: Math.round((limit - remaining) * NANO) / NANO,
    remaining_usd: remaining,
    reset_interval: key['limit_reset'],
    resets_at: null,
    include_byok: key['include_byok_in_limit'],
    budget_id: null,
    guardrail_id: null,
  };
  return { budgets: [budget], effective_budget: budget };
}

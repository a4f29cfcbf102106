import { type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import { NO_USAGE } from '../resources/keys.ts';
import { findBySecret, withUsage } from './keys.ts';

export const ownKeyRoutes: Routes<Account> = {
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

import { type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import { type Key, NO_USAGE } from '../resources/keys.ts';
import { NANO, periodEnd, periodStart, type Spend, sumOf, toUsd } from '../resources/usage.ts';
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

interface Limit {
  scope: 'workspace' | 'key_limit';
  limit: number;
  interval: 'daily' | 'weekly' | 'monthly' | null;
  includesByok: boolean;
  /** The spends that may count. */
  spends: readonly Spend[];
  budgetId: string | null;
}

/** What limits `key`, in the order in which it is enforced, and which of that blocks first. */
function limitsOf(account: Account, key: Key) {
  const now = account.now();
  const budgets = [...workspaceLimits(account, key), ...keyLimits(account, key)].map((limit) =>
    toBudget(limit, now),
  );
  const [effective] = budgets.toSorted((a, b) => a.remaining_usd - b.remaining_usd);
  return { budgets, effective_budget: effective ?? null };
}

function workspaceLimits({ budgets, spends, workspaces }: Account, key: Key): Limit[] {
  const workspace = workspaces.find(({ id }) => id === key.workspace_id);
  return budgets
    .filter(({ workspace_id }) => workspace_id === key.workspace_id)
    .map(({ id, limit_usd, reset_interval }) => ({
      scope: 'workspace',
      limit: limit_usd,
      interval: reset_interval,
      includesByok: workspace?.include_byok_in_budgets === true,
      spends: spends.filter(({ workspace_id }) => workspace_id === key.workspace_id),
      budgetId: id,
    }));
}

function keyLimits({ spends }: Account, key: Key): Limit[] {
  const { limit, limit_reset: reset, include_byok_in_limit: withByok } = key;
  if (typeof limit !== 'number') return [];
  return [
    {
      scope: 'key_limit',
      limit,
      interval: reset === 'daily' || reset === 'weekly' || reset === 'monthly' ? reset : null,
      includesByok: withByok === true,
      spends: spends.filter(({ key_hash }) => key_hash === key.hash),
      budgetId: null,
    },
  ];
}

function toBudget({ scope, limit, interval, includesByok, spends, budgetId }: Limit, now: Date) {
  const start = interval === null ? Number.NEGATIVE_INFINITY : periodStart(interval, now);
  const counted = spends.filter(({ at }) => at >= start);
  const spent = sumOf(counted, ({ credits, byok }) => credits + (includesByok ? byok : 0));
  return {
    scope,
    limit_usd: limit,
    spend_usd: toUsd(spent),
    remaining_usd: toUsd(Math.round(limit * NANO) - spent),
    reset_interval: interval,
    resets_at: interval === null ? null : new Date(periodEnd(interval, now)).toISOString(),
    include_byok: includesByok,
    budget_id: budgetId,
    guardrail_id: null,
  };
}

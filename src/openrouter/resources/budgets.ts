import * as z from 'zod/mini';
import type { Client } from '../client.ts';
import { deletion } from '../envelope.ts';
import type { WorkspaceRef } from './workspaces.ts';

/** What a budget is for, from the narrowest to the widest. */
export const INTERVALS = ['daily', 'weekly', 'monthly', 'lifetime'] as const;

export type Interval = (typeof INTERVALS)[number];

/** The budgets of a workspace, in USD. */
export type Budgets = Readonly<Partial<Record<Interval, number>>>;

export interface BudgetState {
  budgets: Budgets;
  /** Whether what is paid with keys of one's own counts; one flag for the whole workspace. */
  include_byok_in_budgets: boolean | undefined;
}

const NEEDS_ENTERPRISE =
  'Most likely, this account has no budgets: those of a workspace need the Enterprise plan of OpenRouter. A limit for each key and member needs none: see guardrail-limit-usd.';

const budget = z.object({
  limit_usd: z.number(),
  reset_interval: z.nullable(z.string()),
});

const flag = z.optional(z.boolean());

/**
 * `GET /workspaces/{id}/budgets`. A workspace that has had none may answer 404, which is none.
 * @throws {OpenRouterError}
 */
export async function listBudgets(
  client: Client,
  { id, slug }: WorkspaceRef,
): Promise<BudgetState> {
  const { data } = await client.request({
    operation: `list the budgets of the workspace ${slug}`,
    method: 'GET',
    path: `/workspaces/${encodeURIComponent(id)}/budgets`,
    schema: z.object({ data: z.array(budget), include_byok_in_budgets: flag }),
    notFound: () => ({ data: [] }),
    hint: NEEDS_ENTERPRISE,
  });
  const budgets = data.data.map(({ limit_usd, reset_interval }) => [
    reset_interval ?? 'lifetime',
    limit_usd,
  ]);
  return {
    budgets: Object.fromEntries(budgets),
    include_byok_in_budgets: data.include_byok_in_budgets,
  };
}

/** A change of one budget; null deletes it. */
export interface BudgetWrite {
  interval: Interval;
  limit_usd: number | null;
  include_byok_in_budgets?: boolean | undefined;
}

/**
 * `PUT` or `DELETE /workspaces/{id}/budgets/{interval}`
 * (https://openrouter.ai/docs/api/api-reference/workspaces/create-or-update-a-workspace-budget). OpenRouter refuses what would not leave
 * lifetime > monthly > weekly > daily, among those that are set. Returns what is so then, as far as
 * the answer says.
 * @throws {OpenRouterError}
 */
export async function writeBudget(
  client: Client,
  { id, slug }: WorkspaceRef,
  { interval, limit_usd, ...flags }: BudgetWrite,
): Promise<BudgetWrite> {
  const common = {
    path: `/workspaces/${encodeURIComponent(id)}/budgets/${interval}`,
    hint: NEEDS_ENTERPRISE,
  };
  if (limit_usd === null) {
    await client.request({
      ...common,
      operation: `delete the ${interval} budget of the workspace ${slug}`,
      method: 'DELETE',
      schema: deletion,
      notFound: () => true,
    });
    return { interval, limit_usd };
  }
  const { data } = await client.request({
    ...common,
    operation: `set the ${interval} budget of the workspace ${slug}`,
    method: 'PUT',
    body: { limit_usd, ...flags },
    schema: z.object({ data: budget, include_byok_in_budgets: flag }),
  });
  return {
    interval: (data.data.reset_interval ?? 'lifetime') as Interval,
    limit_usd: data.data.limit_usd,
    ...('include_byok_in_budgets' in flags && {
      include_byok_in_budgets: data.include_byok_in_budgets ?? flags.include_byok_in_budgets,
    }),
  };
}

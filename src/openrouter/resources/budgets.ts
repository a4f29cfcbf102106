import * as z from 'zod/mini';
import type { Client } from '../../http/client.ts';
import type { ApiRequest } from '../../http/request.ts';
import { type Usd, usd } from '../../lib/usd.ts';
import { sendDeletion } from '../deletion.ts';
import type { WorkspaceRef } from './workspaces.ts';

/** The intervals of budgets, from the shortest to the longest. */
export const INTERVALS = ['daily', 'weekly', 'monthly', 'lifetime'] as const;

export type Interval = (typeof INTERVALS)[number];

/** The budgets of a workspace. */
export type Budgets = Readonly<Partial<Record<Interval, Usd>>>;

/** All that OpenRouter stores about the budgets of a workspace. */
export interface BudgetState {
  budgets: Budgets;
  /** Whether budgets include spending through provider keys (BYOK). One flag for the whole workspace. */
  include_byok_in_budgets: boolean | undefined;
}

const NEEDS_ENTERPRISE =
  'This account probably has no workspace budgets: they need the Enterprise plan of OpenRouter. A limit for each key and member needs no plan: see guardrail-limit-usd.';

const budget = z.object({
  limit_usd: usd,
  reset_interval: z.nullable(z.string()),
});

const flag = z.optional(z.boolean());

const budgetList = () => z.object({ data: z.array(budget), include_byok_in_budgets: flag });

/** The budgets of a workspace that has none. */
export const NO_BUDGETS: BudgetState = { budgets: {}, include_byok_in_budgets: undefined };

/**
 * `GET /workspaces/{id}/budgets`: lists the budgets of a workspace. OpenRouter responds with HTTP 404 if
 * there are none.
 * @throws {ApiError}
 */
export async function listBudgets(
  client: Client,
  { id, slug }: WorkspaceRef,
  options: Pick<ApiRequest<never>, 'trusts404'> = {},
): Promise<BudgetState> {
  const { data } = await client.request<z.infer<ReturnType<typeof budgetList>> | undefined>({
    operation: `list the budgets of the workspace "${slug}"`,
    method: 'GET',
    path: `/workspaces/${encodeURIComponent(id)}/budgets`,
    schema: budgetList(),
    on404: () => undefined,
    hint: NEEDS_ENTERPRISE,
    ...options,
  });
  if (!data) return NO_BUDGETS;
  const limits = data.data.map(({ limit_usd, reset_interval }) => [
    reset_interval ?? 'lifetime',
    limit_usd,
  ]);
  return {
    budgets: Object.fromEntries(limits),
    include_byok_in_budgets: data.include_byok_in_budgets,
  };
}

/** A change of one budget. A limit of null deletes it. */
export interface BudgetWrite {
  interval: Interval;
  limit_usd: Usd | null;
  include_byok_in_budgets?: boolean | undefined;
}

/**
 * `PUT` or `DELETE /workspaces/{id}/budgets/{interval}`: sets or deletes a budget. OpenRouter rejects
 * a change after which lifetime > monthly > weekly > daily would not hold for the budgets that are set
 * (https://openrouter.ai/docs/api/api-reference/workspaces/create-or-update-a-workspace-budget).
 * Returns the budget as the response has it.
 * @throws {ApiError}
 */
export async function writeBudget(
  client: Client,
  workspace: WorkspaceRef,
  { interval, limit_usd, ...flags }: BudgetWrite,
): Promise<BudgetWrite> {
  const { id, slug } = workspace;
  const common = {
    path: `/workspaces/${encodeURIComponent(id)}/budgets/${interval}`,
    hint: NEEDS_ENTERPRISE,
  };
  if (limit_usd === null) {
    const operation = `delete the ${interval} budget of the workspace "${slug}"`;
    const deletion = await sendDeletion(client, { ...common, operation }, async () => {
      const { budgets } = await listBudgets(client, workspace, { trusts404: true });
      return budgets[interval];
    });
    if (deletion.kind === 'unclear') throw deletion.error;
    return { interval, limit_usd };
  }
  const { data } = await client.request({
    ...common,
    operation: `set the ${interval} budget of the workspace "${slug}"`,
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

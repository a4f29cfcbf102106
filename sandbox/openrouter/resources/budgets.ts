import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Account } from '../openrouter.ts';
import { ApiError, drop, ok, parse, type Routes } from '../route.ts';
import { findWorkspace, type Workspace } from './workspaces.ts';

/** A budget of a workspace as the API answers it. */
export interface Budget {
  id: string;
  workspace_id: string;
  limit_usd: number;
  /** Null for its lifetime. */
  reset_interval: 'daily' | 'weekly' | 'monthly' | null;
  created_at: string;
  updated_at: string;
}

/** From the narrowest to the widest. */
const INTERVALS = ['daily', 'weekly', 'monthly', null] as const;

const upsertRequest = z.object({
  limit_usd: z.number().positive(),
  include_byok_in_budgets: z.boolean().optional(),
});

/** The budgets of the workspaces of `account`. */
export function budgetRoutes({ workspaces, budgets, now }: Account): Routes {
  const budgetsOf = ({ id }: Workspace) =>
    budgets.filter(({ workspace_id }) => workspace_id === id);
  const find = (id: string | undefined, interval: string | undefined) => {
    const workspace = findWorkspace(workspaces, id);
    const reset_interval = resetOf(interval);
    const budget = budgetsOf(workspace).find((set) => set.reset_interval === reset_interval);
    return { workspace, reset_interval, budget };
  };
  const answer = ({ include_byok_in_budgets }: Workspace, data: Budget | Budget[]) =>
    ok({ data, include_byok_in_budgets });

  return {
    'GET /workspaces/:id/budgets': (_, [id]) => {
      const workspace = findWorkspace(workspaces, id);
      return answer(workspace, budgetsOf(workspace));
    },
    'GET /workspaces/:id/budgets/:interval': (_, [id, interval]) => {
      const { workspace, budget } = find(id, interval);
      if (!budget) throw new ApiError(404, 'Budget not found');
      return answer(workspace, budget);
    },
    'PUT /workspaces/:id/budgets/:interval': ({ body }, [id, interval]) => {
      const { workspace, reset_interval, budget: known } = find(id, interval);
      const { limit_usd, ...flags } = parse(upsertRequest, body);
      const time = now().toISOString();
      const budget: Budget = {
        id: randomUUID(),
        workspace_id: workspace.id,
        reset_interval,
        created_at: time,
        ...known,
        limit_usd,
        updated_at: time,
      };
      assertBudgetOrder([...budgetsOf(workspace).filter((set) => set !== known), budget]);
      drop(budgets, (set) => set === known);
      budgets.push(budget);
      Object.assign(workspace, flags);
      return answer(workspace, budget);
    },
    'DELETE /workspaces/:id/budgets/:interval': (_, [id, interval]) => {
      const { budget } = find(id, interval);
      drop(budgets, (set) => set === budget);
      return ok({ deleted: true });
    },
  };
}

function resetOf(interval: string | undefined): Budget['reset_interval'] {
  const found = INTERVALS.find((reset) => (reset ?? 'lifetime') === interval);
  if (found === undefined) throw new ApiError(400, 'Invalid request parameters: no such interval');
  return found;
}

function assertBudgetOrder(budgets: Budget[]): void {
  const limits = INTERVALS.flatMap((interval) =>
    budgets
      .filter(({ reset_interval }) => reset_interval === interval)
      .map(({ limit_usd }) => limit_usd),
  );
  if (limits.some((limit, at) => limit <= (limits[at - 1] ?? 0))) {
    throw new ApiError(400, 'Budgets must satisfy lifetime > monthly > weekly > daily');
  }
}

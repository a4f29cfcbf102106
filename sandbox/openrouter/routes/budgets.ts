import { ApiError, type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import { removeFrom } from '../remove-from.ts';
import { invalidRequest, parseBody } from '../request.ts';
import { type Budget, INTERVALS, setBudgetRequest } from '../resources/budgets.ts';
import type { Workspace } from '../resources/workspaces.ts';
import { newUuid } from '../uuid.ts';
import { findWorkspace } from './workspaces.ts';

export const budgetRoutes: Routes<Account> = {
  'GET /workspaces/:id/budgets': listBudgets,
  'PUT /workspaces/:id/budgets/:interval': setBudget,
  'DELETE /workspaces/:id/budgets/:interval': deleteBudget,
};

function listBudgets(account: Account, { params: [id] }: Call): ApiResponse {
  const workspace = findWorkspace(account, id);
  return respond(workspace, budgetsOf(account, workspace));
}

function setBudget(account: Account, call: Call): ApiResponse {
  const { workspace, reset_interval, budget: known } = findBudget(account, call);
  const { limit_usd, ...flags } = parseBody(setBudgetRequest, call.body);
  const time = account.now().toISOString();
  const budget: Budget = {
    id: known?.id ?? newUuid(account.random),
    workspace_id: workspace.id,
    reset_interval,
    created_at: known?.created_at ?? time,
    limit_usd,
    updated_at: time,
  };
  const others = budgetsOf(account, workspace).filter((other) => other !== known);
  assertBudgetOrder([...others, budget]);
  removeFrom(account.budgets, (other) => other === known);
  account.budgets.push(budget);
  Object.assign(workspace, flags);
  return respond(workspace, budget);
}

/** Deleting a missing budget succeeds. */
function deleteBudget(account: Account, call: Call): ApiResponse {
  const { budget } = findBudget(account, call);
  removeFrom(account.budgets, (other) => other === budget);
  return ok({ deleted: true });
}

function budgetsOf({ budgets }: Account, { id }: Workspace): Budget[] {
  return budgets.filter(({ workspace_id }) => workspace_id === id);
}

/** The workspace and the interval that a path names, and the budget if it has been set. */
function findBudget(account: Account, { params: [id, interval] }: Call) {
  const workspace = findWorkspace(account, id);
  const reset_interval = INTERVALS.find((reset) => (reset ?? 'lifetime') === interval);
  if (reset_interval === undefined) throw invalidRequest('no such interval');
  const budget = budgetsOf(account, workspace).find(
    (known) => known.reset_interval === reset_interval,
  );
  return { workspace, reset_interval, budget };
}

function respond({ include_byok_in_budgets }: Workspace, data: Budget | Budget[]): ApiResponse {
  return ok({ data, include_byok_in_budgets });
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

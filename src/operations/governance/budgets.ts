import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../../http/client.ts';
import {
  type BudgetState,
  type Budgets,
  type BudgetWrite,
  INTERVALS,
  listBudgets,
  NO_BUDGETS,
  writeBudget,
} from '../../openrouter/resources/budgets.ts';
import type { Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import {
  type BudgetLimits,
  budgetsAfter,
  budgetWrites,
  findOrderViolation,
} from './budget-writes.ts';
import type { Governance } from './governance.ts';
import { onlyChanges, type PlannedWrite } from './writes.ts';

/** Plans the writes to the budgets; see `planGovernance`. */
export async function planBudgets(
  { limits, include_byok_in_budgets: byok }: NonNullable<Governance['budgets']>,
  workspace: Workspace | undefined,
  { client }: Context,
): Promise<PlannedWrite[]> {
  const state = workspace ? await listBudgets(client, workspace) : NO_BUDGETS;
  const desired = budgetsAfter(state.budgets, limits);
  assertBudgetOrder(desired);
  const writes = budgetWrites(state.budgets, desired);
  const setsByok = byok !== undefined && byok !== state.include_byok_in_budgets;
  return (setsByok ? withByok(writes, limits, byok) : writes).map((write) =>
    toWrite(write, state, client),
  );
}

/** @throws {Failure} `budgets-out-of-order` */
function assertBudgetOrder(desired: Budgets): void {
  const violation = findOrderViolation(desired);
  if (!violation) return;
  const [shorter, longer] = violation;
  throw new Failure('budgets-out-of-order', { shorter, longer, budgets: desired });
}

function toWrite(write: BudgetWrite, before: BudgetState, client: Client): PlannedWrite {
  const { interval, limit_usd } = write;
  const byok = before.include_byok_in_budgets ?? null;
  return {
    name: `the ${interval} budget`,
    done: `${limit_usd === null ? 'Deleted' : 'Set'} the ${interval} budget.`,
    changes: onlyChanges([
      { field: `budget ${interval}`, from: before.budgets[interval] ?? null, to: limit_usd },
      { field: 'include_byok_in_budgets', from: byok, to: write.include_byok_in_budgets ?? byok },
    ]),
    async write(workspace) {
      const returned = await writeBudget(client, workspace, write);
      if (isDeepStrictEqual(returned, write)) return undefined;
      throw new Failure('unexpected-values', {
        what: `${interval} budget`,
        workspace,
        values: { [`${returned.interval}_usd`]: returned.limit_usd, ...byokOf(returned) },
      });
    },
  };
}

function byokOf({ include_byok_in_budgets }: BudgetWrite): Record<string, unknown> {
  return include_byok_in_budgets === undefined ? {} : { include_byok_in_budgets };
}

/**
 * Adds `include_byok_in_budgets` to the first write that sets a budget. OpenRouter sets the flag only
 * together with a budget, so if there is no such write, one sets a budget to the value that it has.
 */
function withByok(writes: BudgetWrite[], limits: BudgetLimits, byok: boolean): BudgetWrite[] {
  const firstSet = writes.find(({ limit_usd }) => limit_usd !== null);
  if (firstSet) {
    return writes.map((write) =>
      write === firstSet ? { ...write, include_byok_in_budgets: byok } : write,
    );
  }
  const unchanged = INTERVALS.flatMap((interval) => {
    const limit_usd = limits[interval] ?? null;
    return limit_usd === null ? [] : [{ interval, limit_usd, include_byok_in_budgets: byok }];
  });
  return [...writes, ...unchanged.slice(0, 1)];
}

import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../../openrouter/client.ts';
import {
  type BudgetState,
  type Budgets,
  type BudgetWrite,
  INTERVALS,
  listBudgets,
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

/** The budgets part of `planGovernance`. */
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

const NO_BUDGETS: BudgetState = { budgets: {}, include_byok_in_budgets: undefined };

/** @throws {Failure} `budgets-out-of-order`: OpenRouter would reject `desired`. */
function assertBudgetOrder(desired: Budgets): void {
  const violation = findOrderViolation(desired);
  if (!violation) return;
  const [shorter, longer] = violation;
  throw new Failure('budgets-out-of-order', { shorter, longer, budgets: desired });
}

function toWrite(write: BudgetWrite, before: BudgetState, client: Client): PlannedWrite {
  const { interval, limit_usd } = write;
  return {
    name: `the ${interval} budget`,
    done: `${limit_usd === null ? 'Deleted' : 'Set'} the ${interval} budget.`,
    changes: onlyChanges([
      { field: `budget ${interval}`, from: before.budgets[interval] ?? null, to: limit_usd },
      ...('include_byok_in_budgets' in write
        ? [
            {
              field: 'include_byok_in_budgets',
              from: before.include_byok_in_budgets ?? null,
              to: write.include_byok_in_budgets,
            },
          ]
        : []),
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

/** OpenRouter sets the flag only with a budget: the first one that is set, or else one set again. */
function withByok(writes: BudgetWrite[], limits: BudgetLimits, byok: boolean): BudgetWrite[] {
  const carrier = writes.find(({ limit_usd }) => limit_usd !== null);
  if (carrier) {
    return writes.map((write) =>
      write === carrier ? { ...write, include_byok_in_budgets: byok } : write,
    );
  }
  const again = INTERVALS.flatMap((interval) => {
    const limit_usd = limits[interval] ?? null;
    return limit_usd === null ? [] : [{ interval, limit_usd, include_byok_in_budgets: byok }];
  });
  return [...writes, ...again.slice(0, 1)];
}

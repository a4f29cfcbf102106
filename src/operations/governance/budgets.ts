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
import type { Surroundings } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { type BudgetLimits, budgetsAfter, budgetWrites, disorderIn } from './budget-writes.ts';
import type { Governance } from './plan.ts';
import { differing, notAsAsked, type Part } from './writes.ts';

/** As `planGovernance`, of the budgets. */
export async function planBudgets(
  { limits, include_byok_in_budgets: byok }: NonNullable<Governance['budgets']>,
  workspace: Workspace | undefined,
  { client }: Surroundings,
): Promise<Part[]> {
  const state = workspace ? await listBudgets(client, workspace) : NO_BUDGETS;
  const wanted = budgetsAfter(state.budgets, limits);
  refuseDisorder(wanted);
  const writes = budgetWrites(state.budgets, wanted);
  const setsByok = byok !== undefined && byok !== state.include_byok_in_budgets;
  return (setsByok ? withByok(writes, limits, byok) : writes).map((write) =>
    budgetPart(write, state, client),
  );
}

const NO_BUDGETS: BudgetState = { budgets: {}, include_byok_in_budgets: undefined };

/** @throws {Failure} when OpenRouter would refuse `wanted`. */
function refuseDisorder(wanted: Budgets): void {
  const disorder = disorderIn(wanted);
  if (!disorder) return;
  const [narrow, wide] = disorder;
  throw new Failure('The budgets would not be in order', [
    `The ${wide} budget would be ${wanted[wide]} USD, and must be more than the ${narrow} budget, which would be ${wanted[narrow]} USD. What no input gives stays as it is.`,
    'Nothing was changed at OpenRouter.',
  ]);
}

function budgetPart(write: BudgetWrite, before: BudgetState, client: Client): Part {
  const { interval, limit_usd } = write;
  return {
    name: `the ${interval} budget`,
    done: `${limit_usd === null ? 'Deleted' : 'Set'} the ${interval} budget.`,
    changes: differing([
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
      const answered = await writeBudget(client, workspace, write);
      if (isDeepStrictEqual(answered, write)) return;
      throw notAsAsked(`The ${interval} budget of the workspace ${workspace.slug}`, [
        `${answered.interval} ${answered.limit_usd} USD`,
        ...('include_byok_in_budgets' in answered
          ? [`include_byok_in_budgets is ${answered.include_byok_in_budgets}`]
          : []),
      ]);
    },
  };
}

/** OpenRouter sets it only with a budget: with the first that is set, else with one again. */
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

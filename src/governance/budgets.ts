import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../http/client.ts';
import {
  type BudgetState,
  type Budgets,
  type BudgetWrite,
  INTERVALS,
  type Interval,
  listBudgets,
  NO_BUDGETS,
  writeBudget,
} from '../openrouter/resources/budgets.ts';
import type { Workspace } from '../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { budgetsOutOfOrder, limitsDiffer } from './failures.ts';
import {
  type BudgetLimits,
  type Governance,
  onlyChanges,
  type PlannedWrite,
} from './governance.ts';

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
  throw new Failure(budgetsOutOfOrder, { shorter, longer, budgets: desired });
}

function toWrite(write: BudgetWrite, before: BudgetState, client: Client): PlannedWrite {
  const { interval, limit_usd } = write;
  const byok = before.include_byok_in_budgets ?? null;
  return {
    name: `the ${interval} budget`,
    done: `${limit_usd === null ? 'Deleted' : 'Set'} the ${interval} budget.`,
    changes: onlyChanges([
      { kind: 'budget', field: interval, from: before.budgets[interval] ?? null, to: limit_usd },
      {
        kind: 'field',
        field: 'include_byok_in_budgets',
        from: byok,
        to: write.include_byok_in_budgets ?? byok,
      },
    ]),
    async write(workspace) {
      const returned = await writeBudget(client, workspace, write);
      if (isDeepStrictEqual(returned, write)) return {};
      throw new Failure(limitsDiffer, {
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

/** The budgets of a workspace after `limits` are applied to `budgets`. */
export function budgetsAfter(budgets: Budgets, limits: BudgetLimits): Budgets {
  const merged = { ...budgets, ...limits };
  return Object.fromEntries(Object.entries(merged).filter(([, limit]) => limit !== null));
}

/** Two intervals, the shorter first, whose budgets OpenRouter would reject; undefined if there are none. */
export function findOrderViolation(budgets: Budgets): [Interval, Interval] | undefined {
  const set = INTERVALS.flatMap((interval) => {
    const limit = budgets[interval];
    return limit === undefined ? [] : [{ interval, limit }];
  });
  for (const [index, { interval, limit }] of set.entries()) {
    const shorter = set[index - 1];
    if (shorter && limit <= shorter.limit) return [shorter.interval, interval];
  }
  return undefined;
}

/**
 * Plans the writes that lead from `budgets` to `desired`, which must both satisfy
 * lifetime > monthly > weekly > daily. OpenRouter checks that rule on each write. In this order of
 * writes, it rejects none:
 *
 * 1. Deletions, which keep the others in order.
 * 2. Increases, from the longest interval, so that there is room above each.
 * 3. Decreases, from the shortest interval, so that there is room below each.
 * 4. New budgets: the others have their final values, so each new one fits between them.
 */
export function budgetWrites(budgets: Budgets, desired: Budgets): BudgetWrite[] {
  const longestFirst = INTERVALS.toReversed();
  const exists = (interval: Interval) => budgets[interval] !== undefined;
  const isDesired = (interval: Interval) => desired[interval] !== undefined;
  // NaN, which is neither an increase nor a decrease, if a budget is deleted or new.
  const change = (interval: Interval) => Number(desired[interval]) - Number(budgets[interval]);
  return [
    ...INTERVALS.filter((interval) => exists(interval) && !isDesired(interval)),
    ...longestFirst.filter((interval) => change(interval) > 0),
    ...INTERVALS.filter((interval) => change(interval) < 0),
    ...INTERVALS.filter((interval) => !exists(interval) && isDesired(interval)),
  ].map((interval) => ({ interval, limit_usd: desired[interval] ?? null }));
}

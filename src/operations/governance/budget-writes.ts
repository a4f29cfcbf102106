import {
  type Budgets,
  type BudgetWrite,
  INTERVALS,
  type Interval,
} from '../../openrouter/resources/budgets.ts';

/** The desired budgets in USD. Null deletes a budget, and an absent one stays unchanged. */
export type BudgetLimits = Readonly<Partial<Record<Interval, number | null>>>;

/** The budgets of a workspace after `limits` are applied to `budgets`. */
export function budgetsAfter(budgets: Budgets, limits: BudgetLimits): Budgets {
  const merged = { ...budgets, ...limits };
  return Object.fromEntries(Object.entries(merged).filter(([, limit]) => limit !== null));
}

/** Two intervals, the shorter first, whose budgets OpenRouter would reject; undefined if there are none. */
export function findOrderViolation(budgets: Budgets): [Interval, Interval] | undefined {
  const set = INTERVALS.filter((interval) => budgets[interval] !== undefined);
  const found = set.findIndex((interval, index) => {
    const shorter = set[index - 1];
    return shorter !== undefined && (budgets[interval] ?? 0) <= (budgets[shorter] ?? 0);
  });
  return found < 0 ? undefined : [set[found - 1] as Interval, set[found] as Interval];
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
  const change = (interval: Interval) => (desired[interval] ?? 0) - (budgets[interval] ?? 0);
  const exists = (interval: Interval) => budgets[interval] !== undefined;
  const isDesired = (interval: Interval) => desired[interval] !== undefined;
  const stays = (interval: Interval) => exists(interval) && isDesired(interval);
  return [
    ...INTERVALS.filter((interval) => exists(interval) && !isDesired(interval)),
    ...longestFirst.filter((interval) => stays(interval) && change(interval) > 0),
    ...INTERVALS.filter((interval) => stays(interval) && change(interval) < 0),
    ...INTERVALS.filter((interval) => !exists(interval) && isDesired(interval)),
  ].map((interval) => ({ interval, limit_usd: desired[interval] ?? null }));
}

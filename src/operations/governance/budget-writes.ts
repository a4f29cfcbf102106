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

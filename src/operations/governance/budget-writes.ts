import {
  type Budgets,
  type BudgetWrite,
  INTERVALS,
  type Interval,
} from '../../openrouter/resources/budgets.ts';

/** What the budgets of a workspace are to be; null is none, and what is left out stays. */
export type BudgetLimits = Readonly<Partial<Record<Interval, number | null>>>;

/** The budgets that are there once those that `limits` has are set. */
export function budgetsAfter(budgets: Budgets, limits: BudgetLimits): Budgets {
  const merged = { ...budgets, ...limits };
  return Object.fromEntries(Object.entries(merged).filter(([, limit]) => limit !== null));
}

/** Two intervals, the narrower first, whose budgets OpenRouter would refuse together. */
export function findOrderViolation(budgets: Budgets): [Interval, Interval] | undefined {
  const set = INTERVALS.filter((interval) => budgets[interval] !== undefined);
  const at = set.findIndex((interval, index) => {
    const narrower = set[index - 1];
    return narrower !== undefined && (budgets[interval] ?? 0) <= (budgets[narrower] ?? 0);
  });
  return at < 0 ? undefined : [set[at - 1] as Interval, set[at] as Interval];
}

/**
 * The writes that lead from `budgets` to `wanted`, in an order in which OpenRouter, which checks
 * lifetime > monthly > weekly > daily on each of them, refuses none. Both are in that order.
 *
 * What goes leaves the rest in order. What rises does so from the widest, so that there is room
 * above it; then what falls does from the narrowest, so that there is room below it. By then all
 * that stays is as it is wanted, and what is new fits in between.
 */
export function budgetWrites(budgets: Budgets, desired: Budgets): BudgetWrite[] {
  const widestFirst = INTERVALS.toReversed();
  const change = (interval: Interval) => (desired[interval] ?? 0) - (budgets[interval] ?? 0);
  const had = (interval: Interval) => budgets[interval] !== undefined;
  const has = (interval: Interval) => desired[interval] !== undefined;
  const stays = (interval: Interval) => had(interval) && has(interval);
  return [
    ...INTERVALS.filter((interval) => had(interval) && !has(interval)),
    ...widestFirst.filter((interval) => stays(interval) && change(interval) > 0),
    ...INTERVALS.filter((interval) => stays(interval) && change(interval) < 0),
    ...INTERVALS.filter((interval) => !had(interval) && has(interval)),
  ].map((interval) => ({ interval, limit_usd: desired[interval] ?? null }));
}

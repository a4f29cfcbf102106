import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Budgets,
  type BudgetWrite,
  INTERVALS,
} from '../../../src/openrouter/resources/budgets.ts';
import {
  budgetsAfter,
  budgetWrites,
  findOrderViolation,
} from '../../../src/operations/governance/budgets.ts';

/** Budgets in the order that OpenRouter requires: any of the four, from few amounts, so that some are equal. */
const budgets: fc.Arbitrary<Budgets> = fc
  .tuple(
    fc.subarray([...INTERVALS]),
    fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 4, maxLength: 4 }),
  )
  .map(([intervals, amounts]) => {
    const rising = amounts.toSorted((a, b) => a - b);
    return Object.fromEntries(intervals.map((interval, at) => [interval, rising[at] ?? 0]));
  });

/** OpenRouter's rule, written independently of the program. */
function isInOrder(set: Budgets): boolean {
  const limits = INTERVALS.flatMap((interval) => set[interval] ?? []);
  return limits.every((limit, at) => at === 0 || limit > (limits[at - 1] ?? 0));
}

/** The budgets after each of `writes`, which are applied one after the other to `start`. */
function statesAfter(start: Budgets, writes: readonly BudgetWrite[]): Budgets[] {
  const states: Budgets[] = [];
  let current = start;
  for (const { interval, limit_usd } of writes) {
    const { [interval]: _, ...others } = current;
    current = limit_usd === null ? others : { ...others, [interval]: limit_usd };
    states.push(current);
  }
  return states;
}

test('budgetWrites leads from any budgets to any others without a state that OpenRouter rejects', () => {
  fc.assert(
    fc.property(budgets, budgets, (start, end) => {
      const states = statesAfter(start, budgetWrites(start, end));
      expect(states.filter((state) => !isInOrder(state))).toEqual([]);
      expect(states.at(-1) ?? start).toEqual(end);
    }),
    { numRuns: 20_000 },
  );
});

test('budgetWrites writes each budget that differs once, and no other', () => {
  fc.assert(
    fc.property(budgets, budgets, (start, end) => {
      const written = budgetWrites(start, end).map(({ interval }) => interval);
      const differing = INTERVALS.filter((interval) => start[interval] !== end[interval]);
      expect(written.toSorted()).toEqual(differing.toSorted());
    }),
  );
});

test('findOrderViolation finds what OpenRouter would reject, and nothing else', () => {
  const amounts = fc.record(
    Object.fromEntries(INTERVALS.map((interval) => [interval, fc.integer({ min: 1, max: 5 })])),
    { requiredKeys: [] },
  ) as fc.Arbitrary<Budgets>;
  fc.assert(
    fc.property(amounts, (set) => {
      const found = findOrderViolation(set);
      expect(found === undefined).toBe(isInOrder(set));
      if (found) expect(set[found[0]]).toBeGreaterThanOrEqual(set[found[1]] ?? 0);
    }),
  );
});

test('budgetsAfter sets, keeps and deletes budgets', () => {
  expect(
    budgetsAfter({ daily: 1, weekly: 2, monthly: 3 }, { daily: 4, weekly: null, lifetime: 9 }),
  ).toEqual({ daily: 4, monthly: 3, lifetime: 9 });
});

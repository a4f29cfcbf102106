import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Budgets,
  INTERVALS,
  type Interval,
} from '../../../src/openrouter/resources/budgets.ts';
import {
  budgetsAfter,
  budgetWrites,
  findOrderViolation,
} from '../../../src/operations/governance/budget-writes.ts';

/** Budgets in the order that OpenRouter wants: any of the four, from few amounts, so that they meet. */
const budgets: fc.Arbitrary<Budgets> = fc
  .tuple(
    fc.subarray([...INTERVALS]),
    fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 4, maxLength: 4 }),
  )
  .map(([intervals, amounts]) => {
    const rising = amounts.toSorted((a, b) => a - b);
    return Object.fromEntries(intervals.map((interval, at) => [interval, rising[at] ?? 0]));
  });

/** OpenRouter's rule, in words that are not the program's own. */
function isInOrder(set: Budgets): boolean {
  const limits = INTERVALS.flatMap((interval) => set[interval] ?? []);
  return limits.every((limit, at) => at === 0 || limit > (limits[at - 1] ?? 0));
}

describe('budgetWrites', () => {
  test('leads from any budgets to any others, in an order that is never refused', () => {
    fc.assert(
      fc.property(budgets, budgets, (start, end) => {
        const now: Partial<Record<Interval, number>> = { ...start };
        for (const { interval, limit_usd } of budgetWrites(start, end)) {
          if (limit_usd === null) delete now[interval];
          else now[interval] = limit_usd;
          expect(isInOrder(now)).toBe(true);
        }
        expect(now).toEqual(end);
      }),
      { numRuns: 20_000 },
    );
  });

  test('writes what differs, once, and nothing else', () => {
    fc.assert(
      fc.property(budgets, budgets, (start, end) => {
        const written = budgetWrites(start, end).map(({ interval }) => interval);
        const differing = INTERVALS.filter((interval) => start[interval] !== end[interval]);
        expect(written.toSorted()).toEqual(differing.toSorted());
      }),
    );
  });
});

test('disorderIn finds what OpenRouter would refuse, and nothing else', () => {
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

test('budgetsAfter sets, keeps and deletes', () => {
  expect(
    budgetsAfter({ daily: 1, weekly: 2, monthly: 3 }, { daily: 4, weekly: null, lifetime: 9 }),
  ).toEqual({ daily: 4, monthly: 3, lifetime: 9 });
});

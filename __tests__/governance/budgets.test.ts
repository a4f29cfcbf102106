import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { budgetWrites, findOrderViolation } from '../../src/governance/budgets.ts';
import type { BudgetLimits } from '../../src/governance/governance.ts';
import { toUsd } from '../../src/lib/usd.ts';
import {
  type Budgets,
  type BudgetWrite,
  INTERVALS,
  type Interval,
} from '../../src/openrouter/resources/budgets.ts';
import type { Failure } from '../../src/shared/failure.ts';
import { PUT_BUDGET } from '../support/governance-harness.ts';
import { openGovernanceScene } from '../support/governance-scene.ts';
import { storyOf } from '../support/simulation.ts';

const limitsOf = (limits: Readonly<Partial<Record<Interval, number | null>>>): BudgetLimits =>
  Object.fromEntries(
    Object.entries(limits).map(([interval, limit]) => [interval, limit && toUsd(limit)]),
  );

const put = (interval: string, limit_usd: number, flags = {}) => [
  `PUT /workspaces/:id/budgets/${interval}`,
  { limit_usd, ...flags },
];
const remove = (interval: string) => [`DELETE /workspaces/:id/budgets/${interval}`];

test('an update writes the budgets that differ, logs each change, and leaves the other budgets alone', async () => {
  const scene = openGovernanceScene();
  scene.seedBudgets({ daily: 1, weekly: 5, monthly: 20 });
  const limits = limitsOf({ daily: 2, weekly: null, monthly: 20, lifetime: 100 });
  const { result, log } = await scene.update({ budgets: { limits } });
  expect(storyOf(log)).toEqual([
    'Requested: the workspace "Governed", slug governed.',
    'Already exists: id <id>, https://openrouter.ai/workspaces/governed',
    '  budget-weekly-usd: 5 → null',
    '  budget-daily-usd: 1 → 2',
    '  budget-lifetime-usd: null → 100',
    'Deleted the weekly budget.',
    'Set the daily budget.',
    'Set the lifetime budget.',
  ]);
  expect(scene.writes).toEqual([remove('weekly'), put('daily', 2), put('lifetime', 100)]);
  expect(result).toMatchObject({
    outcome: 'updated',
    changes: [],
    governanceChanges: [
      { kind: 'budget', field: 'weekly', from: toUsd(5), to: null },
      { kind: 'budget', field: 'daily', from: toUsd(1), to: toUsd(2) },
      { kind: 'budget', field: 'lifetime', from: null, to: toUsd(100) },
    ],
  });
});

describe('include-byok-in-budgets', () => {
  const flag = { include_byok_in_budgets: true };
  const SET_DAILY = put('daily', 2, flag);
  test.each<[string, Parameters<typeof limitsOf>[0], unknown[]]>([
    ['the first budget that is set', { daily: 2, lifetime: 90 }, [SET_DAILY, put('lifetime', 90)]],
    ['no deleted budget', { daily: null, weekly: 5 }, [remove('daily'), put('weekly', 5, flag)]],
    ['one budget if several stay as they are', { daily: 1, monthly: 20 }, [put('daily', 1, flag)]],
    ['no missing budget', { weekly: null, monthly: 20 }, [put('monthly', 20, flag)]],
  ])('goes with %s', async (_, limits, writes) => {
    const scene = openGovernanceScene();
    scene.seedBudgets({ daily: 1, monthly: 20 });
    const { result } = await scene.update({ budgets: { limits: limitsOf(limits), ...flag } });
    expect(scene.writes).toEqual(writes);
    const changes = result?.governanceChanges.filter(({ field }) => field.includes('byok'));
    expect(changes).toEqual([
      { kind: 'field', field: 'include_byok_in_budgets', from: false, to: true },
    ]);
    expect(scene.workspace.include_byok_in_budgets).toBe(true);
  });

  test('is not written if the workspace has that value', async () => {
    const scene = openGovernanceScene();
    scene.seedBudgets({ daily: 1 });
    scene.workspace.include_byok_in_budgets = true;
    const { result } = await scene.update({ budgets: { limits: { daily: toUsd(1) }, ...flag } });
    expect(result).toMatchObject({ outcome: 'unchanged', governanceChanges: [] });
    expect(scene.writes).toEqual([]);
  });

  test('is a change from null for a new workspace, whose value no one knows before', async () => {
    const scene = openGovernanceScene();
    const { result } = await scene.create({ budgets: { limits: { daily: toUsd(1) }, ...flag } });
    expect(result).toMatchObject({
      outcome: 'created',
      governanceChanges: [
        { kind: 'budget', field: 'daily', from: null, to: toUsd(1) },
        { kind: 'field', field: 'include_byok_in_budgets', from: null, to: true },
      ],
    });
  });
});

test('budgets that OpenRouter would reject next to those of the workspace fail the step before it writes anything', async () => {
  const scene = openGovernanceScene();
  scene.seedBudgets({ weekly: 5 });
  const { error } = await scene.update(
    { budgets: { limits: { daily: toUsd(5) } } },
    { desired: { name: 'New name', slug: 'governed' } },
  );
  expect(error).toMatchObject({
    code: 'budgets-out-of-order',
    details: { shorter: 'daily', longer: 'weekly', budgets: limitsOf({ daily: 5, weekly: 5 }) },
  });
  expect(scene.writes).toEqual([]);
});

describe('a budget that OpenRouter sets otherwise than requested fails the step', () => {
  const respondWith = (limit_usd: number, reset_interval: string | null, byok: boolean) => {
    const body = { data: { limit_usd, reset_interval }, include_byok_in_budgets: byok };
    const fault = { kind: 'response', status: 200, body: JSON.stringify(body) } as const;
    return openGovernanceScene({ on: PUT_BUDGET, ...fault, applied: true });
  };

  test.each<[string, Parameters<typeof respondWith>, Record<string, unknown>]>([
    [
      'another limit',
      [500, 'daily', true],
      { daily_usd: toUsd(500), include_byok_in_budgets: true },
    ],
    [
      'another interval',
      [5, null, true],
      { lifetime_usd: toUsd(5), include_byok_in_budgets: true },
    ],
    ['another flag', [5, 'daily', false], { daily_usd: toUsd(5), include_byok_in_budgets: false }],
  ])('with %s', async (_, returned, values) => {
    const scene = respondWith(...returned);
    const limits = limitsOf({ daily: 5, weekly: 20 });
    const { error } = await scene.update({ budgets: { limits, include_byok_in_budgets: true } });
    expect(error).toMatchObject({
      code: 'partly-applied',
      details: {
        error: { code: 'limits-differ', details: { what: 'daily budget', values } },
        applied: [],
        notApplied: ['the daily budget', 'the weekly budget'],
        recovery: 'run-again',
      },
    });
    expect(scene.writes).toHaveLength(1);
  });

  test('without a flag that was not requested among the values', async () => {
    const scene = respondWith(6, 'daily', true);
    const { error } = await scene.update({ budgets: { limits: { daily: toUsd(5) } } });
    const { details } = error as Failure<{ error: Failure<{ values: object }> }>;
    expect(details.error.details.values).toStrictEqual({ daily_usd: toUsd(6) });
  });
});

/** Budgets in the order that OpenRouter requires: any of the four, from few amounts, so that some are equal. */
const budgets: fc.Arbitrary<Budgets> = fc
  .tuple(
    fc.subarray([...INTERVALS]),
    fc.uniqueArray(fc.integer({ min: 1, max: 8 }), { minLength: 4, maxLength: 4 }),
  )
  .map(([intervals, amounts]) => {
    const rising = amounts.toSorted((a, b) => a - b).map(toUsd);
    return Object.fromEntries(intervals.map((interval, at) => [interval, rising[at] ?? 0n]));
  });

/** OpenRouter's rule, written independently of the program. */
function isInOrder(set: Budgets): boolean {
  const limits = INTERVALS.flatMap((interval) => set[interval] ?? []);
  return limits.every((limit, at) => at === 0 || limit > (limits[at - 1] ?? 0n));
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

test('budgetWrites leads from any budgets to any others by one write for each that differs, without a state that OpenRouter rejects', () => {
  fc.assert(
    fc.property(budgets, budgets, (start, end) => {
      const writes = budgetWrites(start, end);
      const states = statesAfter(start, writes);
      expect(states.filter((state) => !isInOrder(state))).toEqual([]);
      expect(states.at(-1) ?? start).toEqual(end);
      const written = writes.map(({ interval }) => interval);
      const differing = INTERVALS.filter((interval) => start[interval] !== end[interval]);
      expect(written.toSorted()).toEqual(differing.toSorted());
    }),
    { numRuns: 2_000 },
  );
});

test('findOrderViolation finds what OpenRouter would reject, and nothing else', () => {
  const amounts = fc.record(
    Object.fromEntries(INTERVALS.map((interval) => [interval, fc.bigInt({ min: 1n, max: 5n })])),
    { requiredKeys: [] },
  ) as fc.Arbitrary<Budgets>;
  fc.assert(
    fc.property(amounts, (set) => {
      const found = findOrderViolation(set);
      expect(found === undefined).toBe(isInOrder(set));
      if (found) expect(set[found[0]]).toBeGreaterThanOrEqual(set[found[1]] ?? 0n);
    }),
  );
});

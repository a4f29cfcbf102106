import { describe, expect, test } from '@jest/globals';
import type { InProcessFault } from '../../../sandbox/openrouter/in-process.ts';
import type { BudgetLimits } from '../../../src/operations/governance/governance.ts';
import type { Failure } from '../../../src/operations/shared/failure.ts';
import { falseNotFound } from '../../support/faults.ts';
import { PUT_BUDGET } from '../../support/governance.ts';
import { openGovernanceScene } from '../../support/governance-scene.ts';
import { storyOf } from '../../support/simulation.ts';

const put = (interval: string, limit_usd: number, flags = {}) => [
  `PUT /workspaces/:id/budgets/${interval}`,
  { limit_usd, ...flags },
];
const remove = (interval: string) => [`DELETE /workspaces/:id/budgets/${interval}`];

test('an update writes the budgets that differ, logs each change, and leaves the other budgets alone', async () => {
  const scene = openGovernanceScene();
  scene.seedBudgets({ daily: 1, weekly: 5, monthly: 20 });
  const limits = { daily: 2, weekly: null, monthly: 20, lifetime: 100 };
  const { result, log } = await scene.update({ budgets: { limits } });
  expect(storyOf(log)).toEqual([
    'Requested: the workspace "Governed", slug governed.',
    'Already exists: id <id>, https://openrouter.ai/workspaces/governed',
    '  budget weekly: 5 → null',
    '  budget daily: 1 → 2',
    '  budget lifetime: null → 100',
    'Deleted the weekly budget.',
    'Set the daily budget.',
    'Set the lifetime budget.',
  ]);
  expect(scene.writes).toEqual([remove('weekly'), put('daily', 2), put('lifetime', 100)]);
  expect(result).toMatchObject({
    outcome: 'updated',
    changes: [],
    governanceChanges: [
      { field: 'budget weekly', from: 5, to: null },
      { field: 'budget daily', from: 1, to: 2 },
      { field: 'budget lifetime', from: null, to: 100 },
    ],
  });
});

describe('include-byok-in-budgets', () => {
  const flag = { include_byok_in_budgets: true };
  test.each<[string, BudgetLimits, unknown[]]>([
    [
      'goes with the first budget that is set',
      { daily: 2, lifetime: 90 },
      [put('daily', 2, flag), put('lifetime', 90)],
    ],
    [
      'does not go with a budget that is deleted',
      { daily: null, weekly: 5 },
      [remove('daily'), put('weekly', 5, flag)],
    ],
    [
      'goes with one of the budgets if they stay as they are',
      { daily: 1, monthly: 20 },
      [put('daily', 1, flag)],
    ],
    [
      'does not go with a missing budget whose deletion was requested',
      { weekly: null, monthly: 20 },
      [put('monthly', 20, flag)],
    ],
  ])('%s', async (_, limits, writes) => {
    const scene = openGovernanceScene();
    scene.seedBudgets({ daily: 1, monthly: 20 });
    const { result } = await scene.update({ budgets: { limits, ...flag } });
    expect(scene.writes).toEqual(writes);
    const changes = result?.governanceChanges.filter(({ field }) => field.includes('byok'));
    expect(changes).toEqual([{ field: 'include_byok_in_budgets', from: false, to: true }]);
    expect(scene.workspace.include_byok_in_budgets).toBe(true);
  });

  test('is not written if the workspace has that value', async () => {
    const scene = openGovernanceScene();
    scene.seedBudgets({ daily: 1 });
    scene.workspace.include_byok_in_budgets = true;
    const { result } = await scene.update({ budgets: { limits: { daily: 1 }, ...flag } });
    expect(result).toMatchObject({ outcome: 'unchanged', governanceChanges: [] });
    expect(scene.writes).toEqual([]);
  });

  test('is a change from null for a new workspace, whose value no one knows before', async () => {
    const scene = openGovernanceScene();
    const { result } = await scene.create({ budgets: { limits: { daily: 1 }, ...flag } });
    expect(result).toMatchObject({
      outcome: 'created',
      governanceChanges: [
        { field: 'budget daily', from: null, to: 1 },
        { field: 'include_byok_in_budgets', from: null, to: true },
      ],
    });
  });
});

test('budgets that OpenRouter would reject next to those of the workspace fail the step before it writes anything', async () => {
  const scene = openGovernanceScene();
  scene.seedBudgets({ weekly: 5 });
  const { error } = await scene.update(
    { budgets: { limits: { daily: 5 } } },
    { desired: { name: 'New name', slug: 'governed' } },
  );
  expect(error).toMatchObject({
    code: 'budgets-out-of-order',
    details: { shorter: 'daily', longer: 'weekly', budgets: { daily: 5, weekly: 5 } },
  });
  expect(scene.writes).toEqual([]);
});

describe('a budget that OpenRouter sets otherwise than requested fails the step', () => {
  const respondWith = (body: unknown): InProcessFault => ({
    on: PUT_BUDGET,
    kind: 'response',
    status: 200,
    body: JSON.stringify(body),
    applied: true,
  });
  test.each<[string, unknown, Record<string, unknown>]>([
    [
      'another limit',
      { data: { limit_usd: 500, reset_interval: 'daily' }, include_byok_in_budgets: true },
      { daily_usd: 500, include_byok_in_budgets: true },
    ],
    [
      'another interval',
      { data: { limit_usd: 5, reset_interval: null }, include_byok_in_budgets: true },
      { lifetime_usd: 5, include_byok_in_budgets: true },
    ],
    [
      'another flag',
      { data: { limit_usd: 5, reset_interval: 'daily' }, include_byok_in_budgets: false },
      { daily_usd: 5, include_byok_in_budgets: false },
    ],
  ])('with %s', async (_, body, values) => {
    const scene = openGovernanceScene(respondWith(body));
    const limits = { daily: 5, weekly: 20 };
    const { error } = await scene.update({ budgets: { limits, include_byok_in_budgets: true } });
    expect(error).toMatchObject({
      code: 'partly-applied',
      details: {
        error: { code: 'unexpected-values', details: { what: 'daily budget', values } },
        applied: [],
        notApplied: ['the daily budget', 'the weekly budget'],
        recovery: 'run-again',
      },
    });
    expect(scene.writes).toHaveLength(1);
  });

  test('without a flag that was not requested among the values', async () => {
    const body = { data: { limit_usd: 6, reset_interval: 'daily' }, include_byok_in_budgets: true };
    const scene = openGovernanceScene(respondWith(body));
    const { error } = await scene.update({ budgets: { limits: { daily: 5 } } });
    const { error: cause } = (error as Failure<'partly-applied'>).details;
    expect((cause as Failure<'unexpected-values'>).details.values).toStrictEqual({ daily_usd: 6 });
  });
});

test.each([
  ['the list of the budgets', 'GET /workspaces/:id/budgets'],
  ['the deletion of the budget', 'DELETE /workspaces/:id/budgets/:interval'],
])('a budget is deleted although %s gets one HTTP 404', async (_, on) => {
  const scene = openGovernanceScene(falseNotFound(on));
  scene.seedBudgets({ monthly: 100 });
  const { result } = await scene.update({ budgets: { limits: { monthly: null } } });
  expect(result?.outcome).toBe('updated');
  expect(scene.simulation.network.schedule).toEqual([]);
  expect(scene.simulation.account.budgets).toEqual([]);
});

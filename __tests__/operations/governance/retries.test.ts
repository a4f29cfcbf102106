import { expect, test } from '@jest/globals';
import { falseNotFound } from '../../support/faults.ts';
import { ADD_MEMBERS, PATCH_GUARDRAIL, PUT_BUDGET } from '../../support/governance.ts';
import { openGovernanceScene } from '../../support/governance-scene.ts';
import { TRANSIENT_FAULTS } from '../../support/plain-simulation.ts';

test.each(TRANSIENT_FAULTS)(
  'a create step succeeds although each governance write meets %s once',
  async (_, fault) => {
    const writes = [PATCH_GUARDRAIL, PUT_BUDGET, ADD_MEMBERS];
    const scene = openGovernanceScene(...writes.map((on) => ({ on, ...fault })));
    const { account, network } = scene.simulation;
    const limits = { daily: 1.5, weekly: 5, monthly: 20, lifetime: 100 };
    const { result, error } = await scene.create({
      guardrail: { allowed_models: ['openai/gpt-5-mini'], limit_usd: 5, reset_interval: 'daily' },
      budgets: { limits, include_byok_in_budgets: true },
      members: ['BRUNO@example.com', 'user_2chandra'],
    });
    expect(error).toBeUndefined();
    expect(result?.outcome).toBe('created');
    expect(network.schedule).toEqual([]);
    expect(account.guardrails).toHaveLength(1);
    expect(account.budgets).toHaveLength(4);
    expect(account.memberships.map(({ user_id }) => user_id)).toEqual([
      'user_2bruno',
      'user_2chandra',
    ]);
  },
);

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

import { expect, test } from '@jest/globals';
import type { CreateRequest } from '../../../src/operations/create/request.ts';
import { falseNotFound } from '../../support/faults.ts';
import { ADD_MEMBERS, PATCH_GUARDRAIL, PUT_BUDGET, SLUG } from '../../support/governance.ts';
import { JITTER, openPlainSimulation, TRANSIENT_FAULTS } from '../../support/plain-simulation.ts';
import { runCreate } from '../../support/simulation.ts';

const TIMEOUT = 60_000;

const REQUEST: CreateRequest = {
  desired: { name: 'Governed', slug: SLUG },
  governance: {
    guardrail: { allowed_models: ['openai/gpt-5-mini'], limit_usd: 5, reset_interval: 'daily' },
    budgets: {
      limits: { daily: 1.5, weekly: 5, monthly: 20, lifetime: 100 },
      include_byok_in_budgets: true,
    },
    members: ['BRUNO@example.com', 'user_2chandra'],
  },
  governanceInputs: ['allowed-models', 'budget-daily-usd', 'members'],
  ifExists: 'fail',
  dryRun: false,
  deleteAfterJob: false,
  deleteKeys: false,
  timeoutMs: TIMEOUT,
};

test.each(TRANSIENT_FAULTS)(
  'a create step succeeds although each governance write meets %s once',
  async (_, fault) => {
    const writes = [PATCH_GUARDRAIL, PUT_BUDGET, ADD_MEMBERS];
    const simulation = openPlainSimulation(writes.map((on) => ({ on, ...fault })));
    const { account, network } = simulation;
    const { result, error } = await runCreate(simulation, REQUEST, {
      timeout: TIMEOUT,
      jitter: JITTER,
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
  const simulation = openPlainSimulation();
  const conditions = { timeout: TIMEOUT, jitter: JITTER };
  const request = (limit: number | null, ifExists: CreateRequest['ifExists']): CreateRequest => ({
    ...REQUEST,
    governance: { budgets: { limits: { monthly: limit } } },
    ifExists,
  });
  await runCreate(simulation, request(100, 'fail'), conditions);
  expect(simulation.account.budgets).toHaveLength(1);
  simulation.network.schedule.push(falseNotFound(on));
  const { result } = await runCreate(simulation, request(null, 'update'), conditions);
  expect(result?.outcome).toBe('updated');
  expect(simulation.account.budgets).toEqual([]);
});

import { expect, test } from '@jest/globals';
import {
  ADD_MEMBERS,
  GOVERNANCE,
  NULLS,
  openGovernanceHarness,
  PATCH_GUARDRAIL,
  PUT_BUDGET,
} from '../../support/governance.ts';
import { annotations } from '../../support/harness.ts';

const { harness, create, update, writes, bodiesOf, budgets } = openGovernanceHarness();

const DELETE_BUDGET = 'DELETE /workspaces/:id/budgets/:interval';

/** A workspace that exists, and none of the requests that created it. */
async function createExisting(inputs: Record<string, string>): Promise<void> {
  await create(inputs);
  harness.sandbox.requests.length = 0;
}

test('an update writes nothing when nothing differs', async () => {
  await createExisting(GOVERNANCE);
  const step = await update(GOVERNANCE);
  expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
  expect(writes()).toEqual([]);
});

test('an update writes only what differs', async () => {
  await createExisting(GOVERNANCE);
  const step = await update({
    ...GOVERNANCE,
    'ignored-providers': 'null',
    'budget-daily-usd': '6',
    'budget-weekly-usd': 'null',
    'budget-monthly-usd': '10',
    members: 'ada@example.com, bruno@example.com',
  });
  expect(step.outputs).toMatchObject({ created: 'false', outcome: 'updated' });
  expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([{ ignored_providers: null }]);
  expect(writes()).toEqual([PATCH_GUARDRAIL, DELETE_BUDGET, PUT_BUDGET, PUT_BUDGET, ADD_MEMBERS]);
  expect(budgets()).toEqual(
    expect.arrayContaining([
      ['daily', 6],
      ['monthly', 10],
      [null, 100],
    ]),
  );
  expect(budgets()).toHaveLength(3);
  expect(bodiesOf(ADD_MEMBERS)).toEqual([{ user_ids: [harness.sandbox.account.owner] }]);
  expect(step.log).toContain('budget daily: 1.5 → 6');
  expect(step.summary).toContain(
    '<code>budget monthly</code></td><td><code>10</code></td><td><code>was 20</code>',
  );
});

test('an update with "null" for each input that takes it removes what the inputs had set', async () => {
  await createExisting(GOVERNANCE);
  expect((await update(NULLS)).outputs['outcome']).toBe('updated');
  const [body] = bodiesOf(PATCH_GUARDRAIL);
  expect(new Set(Object.values(body))).toEqual(new Set([null]));
  expect(harness.sandbox.account.guardrails).toEqual([expect.objectContaining(body)]);
  expect(budgets()).toEqual([]);
  expect((await update(NULLS)).outputs['outcome']).toBe('unchanged');
});

test('an update fails before any write when the budgets would be out of order', async () => {
  await createExisting(GOVERNANCE);
  const step = await update({ description: 'New', 'budget-weekly-usd': '30' });
  expect(annotations(step)[0]?.properties['title']).toBe('The budgets would be out of order');
  expect(step.exitCode).toBe(1);
  expect(writes()).toEqual([]);
});

test('a dry run of an update shows only what differs, and writes nothing', async () => {
  await createExisting(GOVERNANCE);
  const step = await update({ ...GOVERNANCE, 'budget-daily-usd': '2', 'dry-run': 'true' });
  expect(step.outputs['outcome']).toBe('would-update');
  expect(writes()).toEqual([]);
  expect(step.log).not.toContain('guardrail');
  expect(step.summary).toContain(
    '<code>budget daily</code></td><td><code>2</code></td><td><code>is 1.5</code>',
  );
});

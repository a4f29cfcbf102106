import { expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../../sandbox/openrouter/faults.ts';
import {
  ADD_MEMBERS,
  GOVERNANCE,
  openGovernanceHarness,
  PATCH_GUARDRAIL,
  PUT_BUDGET,
  SLUG,
} from '../../support/governance.ts';
import { annotations, expectFailure } from '../../support/harness.ts';

const { harness, seed, create, update, writes, budgets, members } = openGovernanceHarness();

test.each<[string, string, string, string]>([
  [PATCH_GUARDRAIL, 'Could not set the guardrail', '', 'the guardrail, the daily budget'],
  [PUT_BUDGET, 'Could not set the daily budget', 'the guardrail', 'the daily budget, the weekly'],
  [ADD_MEMBERS, 'Could not add members', 'the guardrail, the daily budget', 'the members'],
])(
  'a step whose %s is rejected reports what was applied, and an update finishes the work',
  async (on, title, applied, notApplied) => {
    harness.sandbox.faults.push({ on, kind: 'response', status: 422 });
    const step = await create(GOVERNANCE);
    expect(step.exitCode).toBe(1);
    expect(step.outputs).toMatchObject({ slug: SLUG, created: 'true' });
    expect(step.outputs).not.toHaveProperty('outcome');
    const [error] = annotations(step);
    expect(error?.properties['title']).toContain(title);
    if (applied) expect(error?.data).toContain(`\nApplied: ${applied}`);
    expect(error?.data).toContain(`Not applied, or unknown: ${notApplied}`);
    expect(error?.data).toContain('running this again with if-exists: update finishes the work.');
    expect(error?.data).not.toContain('Nothing was changed');

    const again = await update(GOVERNANCE);
    expect(again.outputs['outcome']).toBe('updated');
    expect(budgets()).toHaveLength(4);
    expect(members()).toHaveLength(2);
  },
);

test('an update writes the fields first, and names them when the guardrail is rejected', async () => {
  seed();
  harness.sandbox.faults.push({ on: PATCH_GUARDRAIL, kind: 'response', status: 422 });
  const step = await update({ description: 'New', 'enforce-zdr': 'true' });
  expect(writes()).toEqual(['PATCH /workspaces/:id', PATCH_GUARDRAIL]);
  const { message } = expectFailure(step, expect.anything());
  expect(message).toContain('\nApplied: description.');
  expect(message).toContain('Not applied, or unknown: the guardrail.');
  expect(message).toContain('running this again finishes the work.');
});

test.each([402, 403, 404])(
  'HTTP %i for a budget reports which plan budgets need',
  async (status) => {
    const body = '{"error":{"message":"No"}}';
    const fault: ScheduledFault = { on: PUT_BUDGET, kind: 'response', status, body };
    harness.sandbox.faults.push(fault, fault);
    const step = await create({ 'budget-daily-usd': '5' });
    expect(annotations(step)[0]?.data).toContain('need the Enterprise plan of OpenRouter');
  },
);

test('delete-after-job deletes the workspace of a step whose budget was rejected', async () => {
  harness.sandbox.faults.push({ on: PUT_BUDGET, kind: 'response', status: 422 });
  const step = await create({ ...GOVERNANCE, 'delete-after-job': 'true' });
  expect(annotations(step)[0]?.data).toContain(
    'With delete-after-job, the workspace is deleted when the job ends.',
  );
  const post = await harness.post(step);
  expect(post.exitCode).toBe(0);
  expect(harness.sandbox.account.workspaces).toHaveLength(1);
});

// Other faults, in virtual time: __tests__/operations/governance/retries.test.ts
test('governance writes whose responses are lost are each reconciled', async () => {
  for (const on of [PATCH_GUARDRAIL, PUT_BUDGET, ADD_MEMBERS]) {
    harness.sandbox.faults.push({ on, kind: 'reset', applied: true });
  }
  const step = await create(GOVERNANCE);
  expect(step.exitCode).toBe(0);
  expect(budgets()).toHaveLength(4);
  expect(members()).toEqual(['user_2bruno', 'user_2chandra']);
});

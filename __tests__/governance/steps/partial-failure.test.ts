import { expect, test } from '@jest/globals';
import type { ScheduledFault } from '../../../sandbox/http/faults.ts';
import {
  ADD_MEMBERS,
  GOVERNANCE,
  openGovernanceHarness,
  PATCH_GUARDRAIL,
  PUT_BUDGET,
  SLUG,
} from '../../support/governance-harness.ts';
import { annotations, expectFailure } from '../../support/harness.ts';

const { harness, create, update, calls, writes, budgets, members } = openGovernanceHarness();

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
    expect(error?.data).toContain(title);
    if (applied) expect(error?.data).toContain(`\nApplied: ${applied}`);
    expect(error?.data).toContain(`Not applied, or unknown: ${notApplied}`);
    expect(error?.data).toContain('a new run with if-exists: update finishes the work.');
    expect(error?.data).not.toContain('Nothing was changed');

    const again = await update(GOVERNANCE);
    expect(again.outputs['outcome']).toBe('updated');
    expect(budgets()).toHaveLength(4);
    expect(members()).toHaveLength(2);
  },
);

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
    'With delete-after-job, the post step, if it runs, deletes the workspace.',
  );
  const post = await harness.post(step);
  expect(post.exitCode).toBe(0);
  expect(harness.sandbox.account.workspaces).toHaveLength(1);
});

test.each<[string, Record<string, string>, object, string, string]>([
  [
    PATCH_GUARDRAIL,
    { 'guardrail-limit-usd': '5', 'guardrail-limit-reset': 'daily' },
    { data: { limit_usd: 500, reset_interval: 'daily' } },
    'The guardrail of the workspace "governed" has unexpected values',
    'limit_usd: 500',
  ],
  [
    ADD_MEMBERS,
    { members: 'user_2bruno' },
    { data: [], added_count: 0 },
    'Not all members were added to the workspace "governed"',
    'OpenRouter reported success, but does not list these users as members: user_2bruno.',
  ],
])(
  'a response to %s with other values than requested fails the step, and they are named',
  async (on, inputs, body, title, line) => {
    harness.sandbox.faults.push({ on, kind: 'response', status: 200, body: JSON.stringify(body) });
    const failure = expectFailure(await create(inputs), expect.anything());
    expect(failure.title).toBe(title);
    expect(failure.lines).toContain(line);
  },
);

test('entries that no member or several members match fail the step before any write, by name', async () => {
  const { members: organization } = harness.sandbox.account;
  organization.push({ ...(organization[1] as (typeof organization)[0]), id: 'user_2namesake' });
  const members = 'bruno@example.com, user_2chandra, unknown@example.com';
  const { title, lines } = expectFailure(await create({ members }));
  organization.pop();
  expect(title).toBe('Not all members belong to the organization');
  expect(lines).toEqual([
    'members: 2 people in the organization have the id or e-mail address bruno@example.com',
    'members: no one in the organization has the id or e-mail address unknown@example.com',
    'Each entry must be the user id or the e-mail address of one member of the organization.',
    'Nothing was changed at OpenRouter.',
  ]);
  expect(calls()).toEqual(['GET /organization/members']);
});

test('HTTP 403 for the members fails the step before any write, and its possible causes are named', async () => {
  const body = '{"error":{"message":"your IP address is not in the allowlist for this account"}}';
  harness.sandbox.faults.push({ kind: 'response', status: 403, body });
  const { lines } = expectFailure(await create({ members: 'bruno@example.com' }));
  expect(lines).toEqual([
    'OpenRouter: your IP address is not in the allowlist for this account',
    'Only an organization has members: a personal account cannot use the input members.',
    "The account's security settings can be the cause, too: an IP allowlist, or a maximum key lifetime.",
    'Nothing was changed at OpenRouter.',
    expect.stringMatching(/^GET /),
    expect.stringMatching(/^Request id/),
  ]);
  expect(writes()).toEqual([]);
});

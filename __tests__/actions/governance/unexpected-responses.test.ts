import { expect, test } from '@jest/globals';
import {
  ADD_MEMBERS,
  openGovernanceHarness,
  PATCH_GUARDRAIL,
  PUT_BUDGET,
  SLUG,
} from '../../support/governance.ts';
import { annotations, expectFailure } from '../../support/harness.ts';

const { harness, seed, create, update, calls, writes } = openGovernanceHarness();

const LIMIT = { 'guardrail-limit-usd': '5', 'guardrail-limit-reset': 'daily' };

/** Has the sandbox respond to the next `call` with `body`, and not apply it. */
function respondTo(call: string, body: object): void {
  const response = { kind: 'response', status: 200, body: JSON.stringify(body) } as const;
  harness.sandbox.faults.push({ on: call, ...response });
}

test.each<[string, Record<string, string>, string, object, string]>([
  [
    'another guardrail limit',
    LIMIT,
    PATCH_GUARDRAIL,
    { limit_usd: 500, reset_interval: 'daily' },
    'limit_usd: 500',
  ],
  ['no guardrail limit', LIMIT, PATCH_GUARDRAIL, { limit_usd: null }, 'limit_usd: null'],
  [
    'no allowed models',
    { 'allowed-models': 'a/b' },
    PATCH_GUARDRAIL,
    { allowed_models: null },
    'allowed_models: null',
  ],
  [
    'another budget',
    { 'budget-daily-usd': '5' },
    PUT_BUDGET,
    { limit_usd: 4, reset_interval: 'daily' },
    'daily_usd: 4',
  ],
  [
    'a budget for another interval',
    { 'budget-daily-usd': '5' },
    PUT_BUDGET,
    { limit_usd: 5, reset_interval: 'monthly' },
    'monthly_usd: 5',
  ],
])(
  'a response with %s fails the step without a second write',
  async (_, inputs, on, data, fact) => {
    respondTo(on, { data });
    const step = await create(inputs);
    expect(step.exitCode).toBe(1);
    const [error] = annotations(step);
    expect(error?.properties['title']).toContain(`of the workspace ${SLUG} has unexpected values`);
    expect(error?.data.split('\n')).toContain(fact);
    expect(error?.data).toContain('Not applied, or unknown: the ');
    expect(calls().filter((call) => call === on)).toHaveLength(1);
  },
);

test('a response with another include-byok-in-budgets fails the step', async () => {
  const data = { limit_usd: 5, reset_interval: 'daily' };
  respondTo(PUT_BUDGET, { data, include_byok_in_budgets: false });
  const step = await create({ 'budget-daily-usd': '5', 'include-byok-in-budgets': 'true' });
  expect(annotations(step)[0]?.data).toContain('include_byok_in_budgets: false');
});

test('a response with another slug for an allowed model succeeds', async () => {
  respondTo(PATCH_GUARDRAIL, { data: { allowed_models: ['anthropic/claude-4.5-opus-20251124'] } });
  expect((await create({ 'allowed-models': 'anthropic/claude-opus-4.5' })).exitCode).toBe(0);
});

test.each([
  ['no model', []],
  ['another model', ['c/d']],
  ['a dated model of another author', ['c/b-20251124']],
])('a response with %s for an ignored model fails the step', async (_, models) => {
  respondTo(PATCH_GUARDRAIL, { data: { ignored_models: models } });
  const step = await create({ 'ignored-models': 'a/b' });
  expect(annotations(step)[0]?.data).toContain(`ignored_models: ${JSON.stringify(models)}`);
});

test('a response with an empty list for a restriction that is lifted succeeds', async () => {
  await create({ 'ignored-models': 'a/b' });
  respondTo(PATCH_GUARDRAIL, { data: { ignored_models: [] } });
  const step = await create({ 'ignored-models': 'null', 'if-exists': 'update' });
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toMatchObject({ outcome: 'updated' });
});

test('a response without the members that were to be added fails the step', async () => {
  respondTo(ADD_MEMBERS, { data: [], added_count: 0 });
  const step = await create({ members: 'user_2bruno' });
  expect(annotations(step)[0]?.properties['title']).toBe(
    `Not all members were added to the workspace ${SLUG}`,
  );
});

/** The body of a response with the newest workspace, but without the id of its guardrail. */
function withoutGuardrailId(): string {
  const { default_guardrail_id: _, ...rest } = harness.sandbox.account.workspaces.at(-1) ?? {};
  return JSON.stringify({ data: rest });
}

test('a workspace that is created by a response without its guardrail id is looked up', async () => {
  seed();
  const body = withoutGuardrailId();
  harness.sandbox.account.workspaces.length = 1;
  // Applied, with the response of an older API.
  harness.sandbox.faults.push({
    on: 'POST /workspaces',
    kind: 'response',
    status: 201,
    applied: true,
    body: body.replace(/"id":"[^"]*"/, `"id":"${SLUG}"`),
  });
  const step = await create({ 'enforce-zdr': 'true' });
  expect(step.exitCode).toBe(0);
  expect(harness.sandbox.account.guardrails).toHaveLength(1);
});

test('an update fails before any write when the guardrail id of the workspace is unknown', async () => {
  seed();
  const response = { kind: 'response', status: 200, body: withoutGuardrailId() } as const;
  harness.sandbox.faults.push({ on: 'GET /workspaces/:id', ...response });
  const { title } = expectFailure(
    await update({ description: 'New', 'enforce-zdr': 'true' }),
    expect.anything(),
  );
  expect(title).toBe(`The guardrail of the workspace ${SLUG} is unknown`);
  expect(writes()).toEqual([]);
});

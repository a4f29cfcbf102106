import { expect, test } from '@jest/globals';
import { governanceInputs } from '../../../src/governance/inputs.ts';
import { inputName } from '../../../src/inputs/read-inputs.ts';
import {
  ADD_MEMBERS,
  GOVERNANCE,
  GUARDRAIL_BODY,
  NULLS,
  openGovernanceHarness,
  PATCH_GUARDRAIL,
  PUT_BUDGET,
  SLUG,
} from '../../support/governance.ts';
import { annotations, expectFailure } from '../../support/harness.ts';

const { create, calls, writes, bodiesOf, members } = openGovernanceHarness();

test('the tests of governance cover each of its inputs', () => {
  expect(Object.keys(GOVERNANCE)).toEqual(Object.keys(governanceInputs).map(inputName));
});

test('a new workspace gets its guardrail, its budgets and its members', async () => {
  const step = await create(GOVERNANCE);
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toMatchObject({ created: 'true', outcome: 'created' });
  expect(calls()).toEqual([
    'GET /organization/members',
    'POST /workspaces',
    PATCH_GUARDRAIL,
    ...Array(4).fill(PUT_BUDGET),
    ADD_MEMBERS,
  ]);
  expect(bodiesOf('POST /workspaces')).toEqual([{ name: 'Governed', slug: SLUG }]);
  expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([GUARDRAIL_BODY]);
  expect(bodiesOf(PUT_BUDGET)).toEqual([
    { limit_usd: 1.5, include_byok_in_budgets: true },
    { limit_usd: 5 },
    { limit_usd: 20 },
    { limit_usd: 100 },
  ]);
  expect(bodiesOf(ADD_MEMBERS)).toEqual([{ user_ids: ['user_2bruno', 'user_2chandra'] }]);
  expect(members()).toEqual(['user_2bruno', 'user_2chandra']);
  expect(step.log).toContain('Set the guardrail.\nSet the daily budget.\n');
  expect(step.summary).toContain('<code>budget weekly</code></td><td><code>5</code>');
  expect(annotations(step, 'warning')).toEqual([]);
});

test('"null" for each governance input that takes it sends nothing for a new workspace', async () => {
  expect((await create(NULLS)).exitCode).toBe(0);
  expect(calls()).toEqual(['POST /workspaces']);
});

test('a dry run for a new workspace shows its guardrail and budgets, and writes nothing', async () => {
  const step = await create({ ...GOVERNANCE, 'dry-run': 'true' });
  expect(step.exitCode).toBe(0);
  expect(writes()).toEqual([]);
  expect(step.log).toContain('budget lifetime: null → 100');
  expect(step.summary).toContain(
    '<code>guardrail limit_usd</code></td><td><code>5</code></td><td>would be set</td>',
  );
});

test('a create step rejects invalid values and invalid combinations together, before any request', async () => {
  const inputs = {
    slug: 'Not A Slug',
    'guardrail-limit-usd': '5',
    guardrail: '{"name": "A"}',
    'budget-daily-usd': '5',
    'budget-weekly-usd': '1',
  };
  const { lines } = expectFailure(await create(inputs));
  expect(lines.map((line) => line.split(' ', 1)[0])).toEqual([
    'slug',
    'guardrail-limit-usd',
    'guardrail',
    'budget-weekly-usd',
    'Nothing',
  ]);
  expect(calls()).toEqual([]);
});

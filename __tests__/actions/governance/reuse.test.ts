import { describe, expect, test } from '@jest/globals';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { GOVERNANCE, openGovernanceHarness, SLUG } from '../../support/governance.ts';
import { annotations, expectFailure, openHarness } from '../../support/harness.ts';

const { seed, create, calls } = openGovernanceHarness();

const warningsOf = (step: StepResult) =>
  annotations(step, 'warning').map(({ data }) => data.split('\n'));

const LIMIT = {
  'guardrail-limit-usd': '5',
  'guardrail-limit-reset': 'daily',
  'enforce-zdr': 'false',
  'budget-daily-usd': 'null',
  'if-exists': 'reuse',
};
const NAMES = 'enforce-zdr, guardrail-limit-usd, guardrail-limit-reset, budget-daily-usd';
const POLICY = 'With if-exists: reuse, the step changes nothing in a workspace that exists.';
const REMEDY = 'To apply them, use if-exists: update.';
const LINK = expect.stringMatching(/^See https:.*#governance-not-applied$/);

test('reusing a workspace neither reads nor writes its guardrail, budgets and members', async () => {
  seed();
  await create({ ...GOVERNANCE, 'if-exists': 'reuse' });
  expect(calls()).toEqual(['GET /workspaces/:id']);
});

test('reusing a workspace warns of the governance inputs that were not applied', async () => {
  seed();
  const step = await create(LIMIT);
  expect(step.exitCode).toBe(0);
  expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
  expect(warningsOf(step)).toEqual([
    [
      `Inputs were not applied to the workspace ${SLUG}`,
      `Not applied: ${NAMES}.`,
      POLICY,
      REMEDY,
      LINK,
    ],
  ]);
});

test('the warning of a reused workspace names every governance input', async () => {
  seed();
  const [warning] = warningsOf(await create({ ...GOVERNANCE, 'if-exists': 'reuse' }));
  expect(warning?.[1]).toBe(`Not applied: ${Object.keys(GOVERNANCE).join(', ')}.`);
});

test('a dry run with reuse warns of the governance inputs that would not be applied', async () => {
  seed();
  const step = await create({ ...LIMIT, 'dry-run': 'true' });
  expect(step.exitCode).toBe(0);
  expect(warningsOf(step)).toEqual([
    [
      `Inputs would not be applied to the workspace ${SLUG}`,
      `Would not be applied: ${NAMES}.`,
      POLICY,
      REMEDY,
      LINK,
    ],
  ]);
});

test('reusing a workspace without governance inputs, or with no members, warns of nothing', async () => {
  seed();
  const step = await create({ description: 'New', members: '[]', 'if-exists': 'reuse' });
  expect(annotations(step, 'warning')).toEqual([]);
});

test('if-exists: reuse warns of nothing when the step creates the workspace', async () => {
  const step = await create(LIMIT);
  expect(step.outputs['created']).toBe('true');
  expect(annotations(step, 'warning')).toEqual([]);
});

test('if-exists: fail reports what an update would change', async () => {
  seed();
  const { message } = expectFailure(await create({ 'enforce-zdr': 'true' }));
  expect(message).toContain('With if-exists: update, the step would change none of its fields.');
  expect(message).toContain('It would also apply enforce-zdr, where that differs.');
});

describe('when OpenRouter responds with HTTP 500 to a POST that it applied', () => {
  const slugTakenBy500 = openHarness({ takenSlugStatus: 500 });

  /** A step that cannot determine whether it created the workspace. */
  function reuse(inputs: Record<string, string>) {
    const fault = { kind: 'response', status: 500, applied: true } as const;
    slugTakenBy500.sandbox.faults.push({ on: 'POST /workspaces', ...fault });
    return slugTakenBy500.create({ 'if-exists': 'reuse', ...inputs });
  }

  test('reuse warns that the workspace may lack guardrail, budgets and members', async () => {
    const step = await reuse({ 'enforce-zdr': 'true', slug: SLUG });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
    expect(warningsOf(step)).toEqual([
      [
        `Inputs were not applied to the workspace ${SLUG}`,
        'Not applied: enforce-zdr.',
        POLICY,
        'Whether this step created the workspace cannot be determined. If it did, the workspace has no guardrail, budgets and members yet.',
        REMEDY,
        LINK,
      ],
    ]);
    const { budgets, guardrails, memberships } = slugTakenBy500.sandbox.account;
    expect([budgets, guardrails, memberships]).toEqual([[], [], []]);
  });

  test('reuse warns of nothing without governance inputs', async () => {
    const step = await reuse({ slug: 'free' });
    expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
    expect(annotations(step, 'warning')).toEqual([]);
  });
});

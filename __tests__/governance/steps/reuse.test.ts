import { expect, test } from '@jest/globals';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { openGovernanceHarness, SLUG } from '../../support/governance.ts';
import { annotations, expectFailure } from '../../support/harness.ts';

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
const NAMES =
  'description, enforce-zdr, guardrail-limit-usd, guardrail-limit-reset, budget-daily-usd';
const POLICY =
  'With if-exists: reuse, the step changes nothing in a workspace that exists, and does not compare guardrail, budgets and members.';
const REMEDY = 'To apply them, use if-exists: update.';
const LINK = expect.stringMatching(/^See https:.*#governance-not-applied$/);

test.each([
  ['false', 'Inputs were not applied', 'Not applied'],
  ['true', 'Inputs would not be applied', 'Would not be applied'],
])(
  'reuse warns of the governance inputs that it does not apply, with dry-run: %s',
  async (dryRun, title, verb) => {
    seed();
    const step = await create({ ...LIMIT, description: 'Mine', 'dry-run': dryRun });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
    expect(warningsOf(step)).toEqual([
      [`${title} to the workspace ${SLUG}`, `${verb}: ${NAMES}.`, POLICY, REMEDY, LINK],
    ]);
    expect(step.summary).toMatch(
      new RegExp(`^<h3>.*⚠️ .*</h3>\n<p>⚠️ ${verb}: ${NAMES}\\. ${POLICY} ${REMEDY}</p>\n`),
    );
    expect(calls()).toEqual(['GET /workspaces/:id']);
  },
);

test('if-exists: fail reports what an update would change', async () => {
  seed();
  const { message } = expectFailure(await create({ 'enforce-zdr': 'true' }));
  expect(message).toContain('With if-exists: update, the step would change none of its fields.');
  expect(message).toContain('It would also apply enforce-zdr, where that differs.');
});

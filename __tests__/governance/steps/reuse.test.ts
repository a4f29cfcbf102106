import { expect, test } from '@jest/globals';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { openGovernanceHarness, SLUG } from '../../support/governance-harness.ts';
import { annotations, expectFailure } from '../../support/harness.ts';
import { rowsOf } from '../../support/usage.ts';

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
const UNKNOWN =
  'Whether the workspace has these limits is unknown: guardrail-limit-usd, budget-daily-usd.';
const REMEDY = 'To apply them: if-exists: update.';
const LINK = expect.stringMatching(/^See https:.*#governance-not-applied$/);

test.each([
  ['false', '5 inputs not applied', 'Reused'],
  ['true', '5 inputs would not be applied', 'Dry run: would reuse'],
])(
  'reuse warns of the governance inputs that it does not apply, with dry-run: %s',
  async (dryRun, title, verb) => {
    seed();
    const step = await create({ ...LIMIT, description: 'Mine', 'dry-run': dryRun });
    expect(step.exitCode).toBe(0);
    expect(step.outputs).toMatchObject({ created: 'false', outcome: 'unchanged' });
    expect(warningsOf(step)).toEqual([
      [
        `${title} to the OpenRouter workspace "${SLUG}"`,
        UNKNOWN,
        REMEDY,
        `Not applied: ${NAMES}.`,
        `The workspace: https://openrouter.ai/workspaces/${SLUG}`,
        POLICY,
        LINK,
      ],
    ]);
    expect(step.summary).toMatch(
      new RegExp(
        `^<h3>.*⚠️ ${verb} the OpenRouter workspace .*: 5 inputs not applied</a></h3>\n<p>${UNKNOWN}</p>\n<p>${REMEDY}</p>\n`,
      ),
    );
    expect(rowsOf(step.summary)).toEqual([
      ['Not applied'],
      ['description: null → &quot;Mine&quot;'],
      ['enforce-zdr'],
      ['guardrail-limit-usd'],
      ['guardrail-limit-reset'],
      ['budget-daily-usd'],
    ]);
    expect(calls()).toEqual(['GET /workspaces/:id']);
  },
);

test('if-exists: fail reports what an update would change', async () => {
  seed();
  const { message } = expectFailure(await create({ 'enforce-zdr': 'true' }));
  expect(message).toContain('if-exists: update applies enforce-zdr, where that differs.');
  expect(message).not.toContain('changes these inputs');
});

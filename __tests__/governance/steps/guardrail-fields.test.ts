import { expect, test } from '@jest/globals';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { openGovernanceHarness, PATCH_GUARDRAIL } from '../../support/governance.ts';
import { annotations, expectFailure } from '../../support/harness.ts';

const { create, update, bodiesOf } = openGovernanceHarness();

const FILTERS = [
  { action: 'block', pattern: '\\bsk-[a-z0-9]+', label: '[KEY]' },
  { action: 'flag', pattern: 'confidential' },
];
const BUILTINS = [
  { slug: 'email', action: 'redact' },
  { slug: 'regex-prompt-injection', action: 'block', scan_scope: 'user_only' },
];
const FIELDS = {
  allow_safety_retention_google: false,
  allowed_data_regions: ['europe', 'us'],
  content_filter_builtins: BUILTINS,
  content_filters: FILTERS,
  description: 'Previews',
  enable_free_model_publication: false,
  enforce_first_party_harness_models: true,
  enforce_zdr_xai: true,
  include_byok_in_budgets: true,
};

const withFields = (fields: object) => ({ guardrail: JSON.stringify(fields) });

/** The lines of each warning. */
const warningsOf = (step: StepResult) =>
  annotations(step, 'warning').map(({ data }) => data.split('\n'));

test('a new workspace gets the fields of the input guardrail, with those of other inputs', async () => {
  const step = await create({ ...withFields(FIELDS), 'allowed-providers': 'openai' });
  expect(step.exitCode).toBe(0);
  expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([{ allowed_providers: ['openai'], ...FIELDS }]);
  expect(warningsOf(step)).toEqual([]);
  expect(step.summary).toContain(
    '<code>guardrail allowed_data_regions</code></td><td><code>[&quot;europe&quot;,&quot;us&quot;]</code>',
  );
});

test('an update writes only the fields that differ in more than their order', async () => {
  await create(withFields(FIELDS));
  const changes = { content_filters: [{ ...FILTERS[0], label: null }, FILTERS[1]] };
  const reordered = {
    allowed_data_regions: ['us', 'europe'],
    content_filter_builtins: BUILTINS.toReversed(),
  };
  const step = await update(withFields({ ...FIELDS, ...reordered, ...changes }));
  expect(step.outputs).toMatchObject({ outcome: 'updated' });
  expect(bodiesOf(PATCH_GUARDRAIL).slice(1)).toEqual([changes]);
  expect(step.log).toContain('guardrail content_filters: [');
});

test('fields that this version does not know are reported by a warning before OpenRouter rejects them', async () => {
  const fields = { newer: { a: [1] }, constructor: true, enforce_zdr_xai: true };
  const step = await create(withFields(fields));
  expect(warningsOf(step)).toEqual([
    [
      'The input guardrail has fields that this version does not know',
      'Unknown: newer, constructor.',
      'Check their names. The step fails if OpenRouter rejects them, or returns other values than requested.',
      expect.stringMatching(/^See https:.*#unknown-guardrail-fields$/),
    ],
  ]);
  const { message } = expectFailure(step, expect.anything());
  expect(message).toContain('Unrecognized keys: "newer", "constructor"');
});

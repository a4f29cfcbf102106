import { describe, expect, test } from '@jest/globals';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { openGovernanceHarness, PATCH_GUARDRAIL } from '../../support/governance.ts';
import { annotations, expectFailure } from '../../support/harness.ts';

const { harness, seed, create, update, calls, writes, bodiesOf } = openGovernanceHarness();

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
  enforce_zdr_xai: true,
  include_byok_in_budgets: true,
};

const withFields = (fields: object) => ({ guardrail: JSON.stringify(fields) });

/** A workspace that exists with these fields of its guardrail, and none of the requests. */
async function createExisting(fields: object): Promise<void> {
  await create(withFields(fields));
  harness.sandbox.requests.length = 0;
}

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

test('fields of a guardrail can be written one per line', async () => {
  await create({ guardrail: '# EU only\nallowed_data_regions: ["europe"]\nenforce_zdr_xai: true' });
  expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([
    { allowed_data_regions: ['europe'], enforce_zdr_xai: true },
  ]);
});

describe('an update', () => {
  test('writes nothing if only the order and what OpenRouter adds differ', async () => {
    await createExisting(FIELDS);
    const [stored] = harness.sandbox.account.guardrails;
    expect(stored?.['content_filter_builtins']).toContainEqual({
      slug: 'email',
      action: 'redact',
      label: '[EMAIL]',
    });
    const step = await update(
      withFields({
        ...FIELDS,
        allowed_data_regions: ['us', 'europe'],
        content_filter_builtins: BUILTINS.toReversed(),
        content_filters: FILTERS.toReversed(),
      }),
    );
    expect(step.outputs).toMatchObject({ outcome: 'unchanged' });
    expect(writes()).toEqual([]);
  });

  test('writes only the fields that differ', async () => {
    await createExisting(FIELDS);
    const changes = {
      allowed_data_regions: ['europe'],
      content_filters: [{ ...FILTERS[0], label: null }, FILTERS[1]],
      content_filter_builtins: [BUILTINS[0], { slug: 'regex-prompt-injection', action: 'block' }],
    };
    const step = await update(withFields({ ...FIELDS, ...changes }));
    expect(step.outputs).toMatchObject({ outcome: 'updated' });
    expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([changes]);
    expect(step.log).toContain('guardrail allowed_data_regions: ["europe","us"] → ["europe"]');
  });

  test('removes with null what the fields had set', async () => {
    await createExisting({ allowed_data_regions: ['us'], content_filters: FILTERS });
    const nulls = { allowed_data_regions: null, content_filters: null };
    expect((await update(withFields(nulls))).outputs['outcome']).toBe('updated');
    expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([nulls]);
    expect((await update(withFields(nulls))).outputs['outcome']).toBe('unchanged');
    expect((await update(withFields({ content_filters: [] }))).outputs['outcome']).toBe(
      'unchanged',
    );
  });

  test('in a dry run shows the fields that differ, and writes nothing', async () => {
    seed();
    const step = await update({ ...withFields(FIELDS), 'dry-run': 'true' });
    expect(step.outputs).toMatchObject({ outcome: 'would-update' });
    expect(writes()).toEqual([]);
    expect(step.log).toContain('guardrail enforce_zdr_xai: null → true');
  });
});

test('reusing a workspace warns that the input guardrail was not applied', async () => {
  seed();
  const step = await create({ ...withFields({ newer: 1 }), 'if-exists': 'reuse' });
  expect(calls()).toEqual(['GET /workspaces/:id']);
  expect(warningsOf(step).map((lines) => lines[1])).toEqual(['Not applied: guardrail.']);
});

describe('a field that this version does not know', () => {
  const WARNING = [
    'The input guardrail has fields that this version does not know',
    'Unknown: newer, constructor.',
    'Check their names. The step fails if OpenRouter rejects them, or returns other values than requested.',
    expect.stringMatching(/^See https:.*#unknown-guardrail-fields$/),
  ];
  const NEWER = { newer: { a: [1] }, constructor: true, enforce_zdr_xai: true };

  /** Has the sandbox respond to the next update of a guardrail with `data`. */
  const respond = (data: object) =>
    harness.sandbox.faults.push({
      on: PATCH_GUARDRAIL,
      kind: 'response',
      status: 200,
      body: JSON.stringify({ data }),
    });

  test('is sent, and reported by a warning', async () => {
    respond({ ...NEWER, newer: { a: [1], b: 2 } });
    const step = await create(withFields(NEWER));
    expect(step.exitCode).toBe(0);
    expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([NEWER]);
    expect(warningsOf(step)).toEqual([WARNING]);
  });

  test('is reported by a warning before OpenRouter rejects it', async () => {
    const step = await create(withFields(NEWER));
    expect(warningsOf(step)).toEqual([WARNING]);
    const { message } = expectFailure(step, expect.anything());
    expect(message).toContain('Unrecognized keys: "newer", "constructor"');
  });

  test('fails the step if OpenRouter ignores it', async () => {
    respond({ enforce_zdr_xai: true });
    const step = await create(withFields({ newer: true, enforce_zdr_xai: true }));
    expect(expectFailure(step, expect.anything()).lines).toContain('newer: null');
  });

  test('is not sent to a new workspace if it is null, and is reported by a warning', async () => {
    const step = await create(withFields({ newer: null, constructor: [] }));
    expect(step.exitCode).toBe(0);
    expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([]);
    expect(warningsOf(step)).toEqual([WARNING]);
  });

  test('is reported in a dry run', async () => {
    const step = await create({ ...withFields(NEWER), 'dry-run': 'true' });
    expect(warningsOf(step)).toEqual([WARNING]);
    expect(writes()).toEqual([]);
  });
});

test.each([
  ['fewer filters', { content_filters: FILTERS.slice(1) }],
  [
    'another action of a filter',
    { content_filters: [{ ...FILTERS[0], action: 'flag' }, FILTERS[1]] },
  ],
  ['another region', { allowed_data_regions: ['global'] }],
  ['another switch', { enforce_zdr_xai: false }],
  ['no description', { description: null }],
])('a response with %s than requested fails the step', async (_, other) => {
  const body = JSON.stringify({ data: { ...FIELDS, ...other } });
  harness.sandbox.faults.push({ on: PATCH_GUARDRAIL, kind: 'response', status: 200, body });
  const { code, lines } = expectFailure(await create(withFields(FIELDS)), expect.anything());
  expect(code).toBe('partly-applied');
  const [[field, value] = []] = Object.entries(other);
  expect(lines).toContain(`${field}: ${JSON.stringify(value)}`);
});

test('all invalid fields of a guardrail are reported together, before any request', async () => {
  const fields = {
    limit_usd: 5,
    allowed_models: [],
    enable_paid_model_training: 'false',
    name: 'A',
  };
  const { lines } = expectFailure(await create(withFields(fields)));
  expect(lines.map((line) => line.split('; given: ')[0])).toEqual([
    'guardrail must not have allowed_models, because the input allowed-models sets it',
    'guardrail must have true, false or null for enable_paid_model_training',
    'guardrail must not have limit_usd, because the input guardrail-limit-usd sets it',
    'guardrail must not have name, because OpenRouter sets it',
    'Nothing was sent to OpenRouter.',
  ]);
  expect(calls()).toEqual([]);
});

test('a guardrail that is nested too deeply to be sent is rejected, before any request', async () => {
  const step = await create({
    guardrail: `content_filters: ${'['.repeat(30_000)}${']'.repeat(30_000)}`,
  });
  expect(expectFailure(step).message).toContain('must not be nested more than 99 levels deep');
  expect(calls()).toEqual([]);
});

test('a guardrail that is neither JSON nor a line for each field is rejected', async () => {
  const { message } = expectFailure(await create({ guardrail: 'allowed_data_regions:\n  - us' }));
  expect(message).toContain(
    'guardrail must be a JSON object, or a line for each field with its value as JSON, such as enable_paid_model_training: false',
  );
  expect(calls()).toEqual([]);
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import type { StepResult } from '../../../sandbox/runner/runner.ts';
import { governanceInputs } from '../../../src/governance/inputs.ts';
import { parseInput } from '../../../src/inputs/parse-input.ts';
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
} from '../../support/governance-harness.ts';
import { annotations, expectFailure } from '../../support/harness.ts';
import { writtenAmount } from '../../support/some-amounts.ts';

const { harness, create, update, calls, writes, bodiesOf, budgets, members } =
  openGovernanceHarness();

/** The lines of the only table of a summary. */
function rowsOf({ summary }: StepResult): string[] {
  return [...summary.matchAll(/<td><code>(.*)<\/code><\/td>/g)].map(([, line = '']) =>
    line.replaceAll('<wbr>', '').replaceAll('&quot;', '"'),
  );
}

/** The lines of the log about settings. */
const logged = ({ log }: StepResult) =>
  log.split('\n').flatMap((line) => (line.startsWith('  ') ? [line.trim()] : []));

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
  expect(step.log).toMatch(/\nSet the guardrail\.\n(?:#.*\n|PUT .*\n)+Set the daily budget\.\n/);
  expect(rowsOf(step)).toEqual([
    'allowed-models: ["openai/gpt-5-mini","anthropic/claude-4:free"]',
    'ignored-models: ["meta/llama-4"]',
    'allowed-providers: ["openai"]',
    'ignored-providers: ["azure","deepinfra"]',
    'enforce-zdr: true',
    'guardrail-limit-usd: 5',
    'guardrail-limit-reset: "daily"',
    'guardrail: allowed_data_regions: ["europe","us"]',
    'guardrail: content_filter_builtins: [{"slug":"email","action":"redact"}]',
    'guardrail: enable_paid_model_training: false',
    'budget-daily-usd: 1.5',
    'include-byok-in-budgets: true',
    'budget-weekly-usd: 5',
    'budget-monthly-usd: 20',
    'budget-lifetime-usd: 100',
    'members: 2',
  ]);
  expect(logged(step)).toEqual(rowsOf(step));
  expect(annotations(step, 'warning')).toEqual([]);
});

test('a budget and a guardrail limit with too many decimals are rounded down, and then found unchanged', async () => {
  const written = '0.30000000000000004';
  const inputs = {
    'guardrail-limit-usd': written,
    'guardrail-limit-reset': 'daily',
    'budget-daily-usd': written,
  };
  const step = await create(inputs);
  expect(step).toMatchObject({ exitCode: 0, annotations: [] });
  expect(bodiesOf(PATCH_GUARDRAIL)).toEqual([{ limit_usd: 0.3, reset_interval: 'daily' }]);
  expect(bodiesOf(PUT_BUDGET)).toEqual([{ limit_usd: 0.3 }]);
  expect((await update(inputs)).outputs['outcome']).toBe('unchanged');
});

test('a second step finds a budget and a guardrail limit unchanged, whatever amount is written', async () => {
  const input = governanceInputs.budget_daily_usd;
  const isAmount = (text: string) => z.safeParse(input, parseInput(input, text)).success;
  let workspaces = 0;
  await fc.assert(
    fc.asyncProperty(writtenAmount.filter(isAmount), async (text) => {
      workspaces += 1;
      const inputs = {
        slug: `governed-${workspaces}`,
        'guardrail-limit-usd': text,
        'guardrail-limit-reset': 'daily',
        'budget-daily-usd': text,
      };
      expect(await create(inputs)).toMatchObject({ exitCode: 0, annotations: [] });
      expect((await update(inputs)).outputs['outcome']).toBe('unchanged');
    }),
    { numRuns: 50 },
  );
});

test('"null" for each governance input that takes it sends nothing for a new workspace', async () => {
  expect((await create(NULLS)).exitCode).toBe(0);
  expect(calls()).toEqual(['POST /workspaces']);
});

test('a dry run for a new workspace shows its guardrail and budgets, and writes nothing', async () => {
  const step = await create({ ...GOVERNANCE, 'dry-run': 'true' });
  expect(step.exitCode).toBe(0);
  expect(writes()).toEqual([]);
  expect(rowsOf(step)).toContain('budget-lifetime-usd: 100');
  expect(logged(step)).toEqual(rowsOf(step));
});

test('fields that this version does not know are reported by a warning before OpenRouter rejects them', async () => {
  const fields = { newer: { a: [1] }, constructor: true, enforce_zdr_xai: true };
  const step = await create({ guardrail: JSON.stringify(fields) });
  expect(annotations(step, 'warning').map(({ data }) => data.split('\n'))).toEqual([
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

test('an update changes nothing if models and filters are only written otherwise than OpenRouter stores them', async () => {
  const filters = (label = '') =>
    `content_filter_builtins: [{"slug": "email", "action": "redact"${label}}]`;
  await create({ 'allowed-models': 'b/d:free, b/c', guardrail: filters() });
  const [before] = structuredClone(harness.sandbox.account.guardrails);
  const written = { 'allowed-models': 'b/c, b/d:free', guardrail: filters() };
  const step = await update(written);
  expect(step).toMatchObject({ exitCode: 0, annotations: [], outputs: { outcome: 'unchanged' } });
  expect(step.log).toContain('No change of the guardrail: only written otherwise.');
  expect(harness.sandbox.account.guardrails).toEqual([
    { ...before, updated_at: expect.any(String) },
  ]);
  const limited = { 'guardrail-limit-usd': '5', 'guardrail-limit-reset': 'daily' };
  const { outputs, summary } = await update({ ...written, ...limited });
  expect(outputs['outcome']).toBe('updated');
  expect(summary).toContain(': 2 changes<');
  const stored = 'b/d-20260101:free, b/c-20260101, b/c-20260101';
  const inputs = { 'allowed-models': stored, guardrail: filters(', "label": "[EMAIL]"') };
  expect((await update(inputs)).outputs['outcome']).toBe('unchanged');
});

test('an update with "null" for each input that takes it removes what the inputs had set', async () => {
  await create(GOVERNANCE);
  harness.sandbox.requests.length = 0;
  const step = await update(NULLS);
  expect(step.outputs['outcome']).toBe('updated');
  const rows = rowsOf(step);
  expect(step.summary).toContain(`&quot;Governed&quot;: ${rows.length} changes<`);
  expect(rows).toContain('budget-monthly-usd: 20 → null');
  expect(logged(step)).toEqual(rows);
  const [body] = bodiesOf(PATCH_GUARDRAIL);
  expect(new Set(Object.values(body))).toEqual(new Set([null]));
  expect(harness.sandbox.account.guardrails).toEqual([expect.objectContaining(body)]);
  expect(budgets()).toEqual([]);
  expect((await update(NULLS)).outputs['outcome']).toBe('unchanged');
});

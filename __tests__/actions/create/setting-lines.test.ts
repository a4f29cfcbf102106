import { expect, test } from '@jest/globals';
import { changeLines } from '../../../src/actions/create/setting-lines.ts';
import type { SettingChange } from '../../../src/governance/governance.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { ZDR_FIELDS } from '../../../src/openrouter/resources/guardrails.ts';

const zdrChanges = (from: (field: string) => unknown): SettingChange[] =>
  ZDR_FIELDS.map((field) => ({ kind: 'guardrail', field, from: from(field), to: true }));

test.each<[string, string, SettingChange]>([
  [
    'a field of the workspace',
    'default-text-model: null → "a/b"',
    { kind: 'field', field: 'default_text_model', from: null, to: 'a/b' },
  ],
  [
    'an empty text',
    'description: "" → "Mine"',
    { kind: 'field', field: 'description', from: '', to: 'Mine' },
  ],
  [
    'a budget, with all its decimals, which can be all that changes',
    'budget-daily-usd: 1.23456 → 1.234561',
    { kind: 'budget', field: 'daily', from: toUsd(1.23456), to: toUsd(1.234561) },
  ],
  [
    'the limit of the guardrail',
    'guardrail-limit-usd: 2.5 → null',
    { kind: 'guardrail', field: 'limit_usd', from: toUsd(2.5), to: null },
  ],
  [
    'the interval of that limit',
    'guardrail-limit-reset: null → "daily"',
    { kind: 'guardrail', field: 'reset_interval', from: null, to: 'daily' },
  ],
  [
    'a list of the guardrail that has an input',
    'ignored-providers: ["azure"] → null',
    { kind: 'guardrail', field: 'ignored_providers', from: ['azure'], to: null },
  ],
  [
    'a field of the guardrail that has the name of one of the workspace',
    'guardrail: description: null → "Strict"',
    { kind: 'guardrail', field: 'description', from: null, to: 'Strict' },
  ],
  [
    'the flag about provider keys of the budgets',
    'include-byok-in-budgets: null → true',
    { kind: 'field', field: 'include_byok_in_budgets', from: null, to: true },
  ],
  [
    'the flag about provider keys that only the guardrail has',
    'guardrail: include_byok_in_budgets: null → true',
    { kind: 'guardrail', field: 'include_byok_in_budgets', from: null, to: true },
  ],
  [
    'a field of enforce-zdr that the author wrote in the guardrail',
    'guardrail: enforce_zdr_xai: null → true',
    { kind: 'guardrail', field: 'enforce_zdr_xai', from: null, to: true },
  ],
])('the line of %s is %s', (_, line, change) => {
  expect(changeLines([change], ['guardrail'])).toEqual([line]);
});

test('the input enforce-zdr is one line if all companies had the same before', () => {
  expect(
    changeLines(
      zdrChanges(() => null),
      ['enforce-zdr'],
    ),
  ).toEqual(['enforce-zdr: null → true']);
});

test('the input enforce-zdr is a line for each value before', () => {
  const isXai = (field: string) => (field.endsWith('xai') ? false : null);
  const lines = changeLines(zdrChanges(isXai), ['enforce-zdr']);
  expect(lines.toSorted()).toEqual(['enforce-zdr: false → true', 'enforce-zdr: null → true']);
});

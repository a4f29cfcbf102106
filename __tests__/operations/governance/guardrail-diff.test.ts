import { expect, test } from '@jest/globals';
import { diffGuardrail } from '../../../src/operations/governance/guardrail-diff.ts';

test.each<[string, actual: string[], desired: string[]]>([
  ['the same model', ['openai/gpt-5-mini'], ['openai/gpt-5-mini']],
  ['the same model with a date', ['openai/gpt-5-mini-2025-08-07'], ['openai/gpt-5-mini']],
  ['a date without hyphens', ['a/b-20250929'], ['a/b']],
  ['another order', ['a/c-20260101', 'a/b-20260101'], ['a/b', 'a/c']],
  ['a model that is written twice', ['a/b-20260101'], ['a/b', 'a/b']],
  ['the same variant', ['a/b-20260101:free'], ['a/b:free']],
])('diffGuardrail finds no difference in a list of models with %s', (_, actual, desired) => {
  expect(diffGuardrail({ allowed_models: actual }, { allowed_models: desired })).toEqual({});
});

test.each<[string, actual: string[], desired: string[]]>([
  ['another variant', ['a/b-20260101:free'], ['a/b']],
  ['another model', ['a/b-mini'], ['a/b']],
  ['another model with a date', ['a/b-mini-20260101'], ['a/b']],
  ['a number that is not a date', ['a/b-0528'], ['a/b']],
  ['a version', ['a/b-001'], ['a/b']],
  [
    'another model next to one that is written twice',
    ['a/b-20260101', 'x/evil'],
    ['a/b', 'a/b-20260101'],
  ],
  ['one model more', ['a/b', 'a/c'], ['a/b']],
  ['one model less', ['a/b'], ['a/b', 'a/c']],
])('diffGuardrail finds a difference in a list of models with %s', (_, actual, desired) => {
  const update = { allowed_models: desired };
  expect(diffGuardrail({ allowed_models: actual }, update)).toEqual(update);
});

test('diffGuardrail compares providers by their exact names, in any order', () => {
  const guardrail = { ignored_providers: ['azure', 'openai'] };
  expect(diffGuardrail(guardrail, { ignored_providers: ['openai', 'azure'] })).toEqual({});
  const other = { ignored_providers: ['openai', 'azure-20260101'] };
  expect(diffGuardrail(guardrail, other)).toEqual(other);
});

test('diffGuardrail returns a limit with its interval if either differs', () => {
  const guardrail = { limit_usd: 5, reset_interval: 'daily' };
  expect(diffGuardrail(guardrail, { limit_usd: 5, reset_interval: 'daily' })).toEqual({});
  const other = { limit_usd: 5, reset_interval: 'weekly' } as const;
  expect(diffGuardrail(guardrail, other)).toEqual(other);
});

test('diffGuardrail takes a missing guardrail for one that restricts nothing', () => {
  expect(diffGuardrail(undefined, { allowed_models: null, limit_usd: null })).toEqual({});
  expect(diffGuardrail(undefined, { enforce_zdr_openai: false })).toEqual({
    enforce_zdr_openai: false,
  });
});

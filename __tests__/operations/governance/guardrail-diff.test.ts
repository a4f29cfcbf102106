import { describe, expect, test } from '@jest/globals';
import { diffGuardrail } from '../../../src/operations/governance/guardrail-diff.ts';

describe('guardrailDrift', () => {
  test.each<[string, string[], string[], boolean]>([
    ['the same', ['openai/gpt-5-mini'], ['openai/gpt-5-mini'], true],
    ['the same with a date', ['openai/gpt-5-mini-2025-08-07'], ['openai/gpt-5-mini'], true],
    ['a date without hyphens', ['a/b-20250929'], ['a/b'], true],
    ['in another order', ['a/c-20260101', 'a/b-20260101'], ['a/b', 'a/c'], true],
    ['twice', ['a/b-20260101'], ['a/b', 'a/b'], true],
    ['with a variant', ['a/b-20260101:free'], ['a/b:free'], true],
    ['another variant', ['a/b-20260101:free'], ['a/b'], false],
    ['another model', ['a/b-mini'], ['a/b'], false],
    ['another with a date', ['a/b-mini-20260101'], ['a/b'], false],
    ['a number that is no date', ['a/b-0528'], ['a/b'], false],
    ['a version', ['a/b-001'], ['a/b'], false],
    ['another beside two of the same', ['a/b-20260101', 'x/evil'], ['a/b', 'a/b-20260101'], false],
    ['one more', ['a/b', 'a/c'], ['a/b'], false],
    ['one less', ['a/b'], ['a/b', 'a/c'], false],
  ])('of models: %s', (_, is, desired, same) => {
    const drift = diffGuardrail({ allowed_models: is }, { allowed_models: desired });
    expect(drift).toEqual(same ? {} : { allowed_models: desired });
  });

  test('of providers goes by the exact name, and not by the order', () => {
    const guardrail = { ignored_providers: ['azure', 'openai'] };
    expect(diffGuardrail(guardrail, { ignored_providers: ['openai', 'azure'] })).toEqual({});
    const other = { ignored_providers: ['openai', 'azure-20260101'] };
    expect(diffGuardrail(guardrail, other)).toEqual(other);
  });

  test('writes a limit with its interval, if either differs', () => {
    const guardrail = { limit_usd: 5, reset_interval: 'daily' };
    expect(diffGuardrail(guardrail, { limit_usd: 5, reset_interval: 'daily' })).toEqual({});
    const other = { limit_usd: 5, reset_interval: 'weekly' } as const;
    expect(diffGuardrail(guardrail, other)).toEqual(other);
  });

  test('takes none for a guardrail that restricts nothing', () => {
    expect(diffGuardrail(undefined, { allowed_models: null, limit_usd: null })).toEqual({});
    expect(diffGuardrail(undefined, { enforce_zdr_openai: false })).toEqual({
      enforce_zdr_openai: false,
    });
  });
});

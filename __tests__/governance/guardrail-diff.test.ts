import { describe, expect, test } from '@jest/globals';
import { diffGuardrail, unexpectedGuardrailFields } from '../../src/governance/guardrail-diff.ts';
import { toUsd } from '../../src/lib/usd.ts';

test('diffGuardrail returns a limit with its interval if either differs', () => {
  const guardrail = { limit_usd: toUsd(5), reset_interval: 'daily' } as const;
  expect(diffGuardrail(guardrail, guardrail)).toEqual({});
  expect(diffGuardrail({ ...guardrail, limit_usd: [5] }, guardrail)).toEqual(guardrail);
  const other = { limit_usd: toUsd(5), reset_interval: 'weekly' } as const;
  expect(diffGuardrail(guardrail, other)).toEqual(other);
});

test('diffGuardrail takes a missing guardrail for one that restricts nothing', () => {
  expect(diffGuardrail(undefined, { allowed_models: null, limit_usd: null })).toEqual({});
  expect(diffGuardrail(undefined, { enforce_zdr_openai: false })).toEqual({
    enforce_zdr_openai: false,
  });
});

const FILTER = { action: 'block', pattern: 'sk-' };
const BUILTIN = { slug: 'email', action: 'redact' };

describe('whether a guardrail has a value', () => {
  test.each<[actual: unknown, desired: unknown, isSame: boolean]>([
    [1, 1, true],
    [null, [], true],
    [undefined, null, true],
    [undefined, [], true],
    [[2, 1, 2], [1, 2], true],
    [['a/c', 'a/b'], ['a/b', 'a/c', 'a/b'], true],
    [[{ y: [1, 2], x: 1 }, { x: 2 }], [{ x: 2 }, { x: 1, y: [2, 1] }], true],
    ['1', 1, false],
    ['', [], false],
    ['a', ['a'], false],
    [null, ['a/b'], false],
    [['a/b'], null, false],
    [['a/b'], ['a/b', 'a/c'], false],
    [['a/b', 'a/c'], ['a/b'], false],
    [[1], { 0: 1 }, false],
    [{ 0: 1 }, [1], false],
    // OpenRouter stores it in another form.
    [['a/b-20260101'], ['a/b'], false],
    [[{ ...BUILTIN, label: '[EMAIL]' }], [BUILTIN], false],
    [[{ ...BUILTIN, scan_scope: 'user_only' }], [BUILTIN], false],
  ])('%j that is desired as %j is %s', (actual, desired, isSame) => {
    const update = { newer: desired };
    expect(diffGuardrail({ newer: actual }, update)).toEqual(isSame ? {} : update);
  });
});

describe('whether a response to a write is as requested', () => {
  test.each<[field: string, returned: unknown, requested: unknown, isExpected: boolean]>([
    ['allowed_models', ['x/4.5-b-20251124:free'], ['a/b-4.5:free'], true],
    ['allowed_models', ['a/b-20260101'], ['a/b', 'a/b-20260101'], true],
    ['allowed_models', ['a/b', 'a/c'], ['a/b'], false],
    ['ignored_models', ['a/b', 'a/c'], ['a/b'], true],
    ['ignored_models', ['a/b'], ['a/b', 'a/c'], false],
    ['ignored_models', [], null, true],
    ['allowed_models', null, ['a/b'], false],
    ['allowed_models', ['a/b-20260101'], null, false],
    ['ignored_providers', ['azure-20260101'], ['azure'], false],
    ['content_filters', [{ ...FILTER, label: '[KEY]', newer: true }], [FILTER], true],
    ['content_filters', [], [FILTER], false],
    ['content_filters', [FILTER, BUILTIN], [FILTER], false],
    ['content_filters', [FILTER, { ...FILTER, label: 'a' }], [FILTER, BUILTIN], false],
    ['content_filter_builtins', [{ slug: 'email' }], [BUILTIN], false],
    ['newer', { x: 1, more: 1 }, { x: 1, y: [], toString: null }, true],
    ['newer', { x: 1 }, { x: 2 }, false],
    ['newer', null, { x: 1 }, false],
    ['newer', 1, [1], false],
    ['newer', [1], 1, false],
    ['constructor', undefined, true, false],
  ])('%s %j for %j: %s', (field, returned, requested, isExpected) => {
    const unexpected = unexpectedGuardrailFields({ [field]: returned }, { [field]: requested });
    expect(unexpected).toEqual(isExpected ? [] : [field]);
  });
});

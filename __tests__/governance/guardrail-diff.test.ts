import { describe, expect, test } from '@jest/globals';
import { diffGuardrail, unexpectedGuardrailFields } from '../../src/governance/guardrail-diff.ts';

test.each([
  ['openai/gpt-5-mini-2025-08-07', 'openai/gpt-5-mini', true],
  ['a/b-0528', 'a/b', false],
  ['a/b-001', 'a/b', false],
  ['20260101', 'a', false],
])('whether diffGuardrail takes the model %s for %s is %s', (returned, desired, isSame) => {
  for (const field of ['allowed_models', 'ignored_models']) {
    const update = { [field]: [desired] };
    expect(diffGuardrail({ [field]: [returned] }, update)).toEqual(isSame ? {} : update);
  }
});

test('diffGuardrail returns a limit with its interval if either differs', () => {
  const guardrail = { limit_usd: 5, reset_interval: 'daily' } as const;
  expect(diffGuardrail(guardrail, guardrail)).toEqual({});
  expect(diffGuardrail({ ...guardrail, limit_usd: [5] }, guardrail)).toEqual(guardrail);
  const other = { limit_usd: 5, reset_interval: 'weekly' } as const;
  expect(diffGuardrail(guardrail, other)).toEqual(other);
});

test('diffGuardrail takes a missing guardrail for one that restricts nothing', () => {
  expect(diffGuardrail(undefined, { allowed_models: null, limit_usd: null })).toEqual({});
  expect(diffGuardrail(undefined, { enforce_zdr_openai: false })).toEqual({
    enforce_zdr_openai: false,
  });
});

test.each([
  [[], null, true],
  [undefined, [], true],
  [null, ['a/b'], false],
  [['a/b'], null, false],
  ['a', ['a'], false],
  ['', [], false],
])(
  'whether a restriction of %j is the same as the desired one of %j is %s',
  (actual, desired, isSame) => {
    const update = { allowed_models: desired };
    expect(diffGuardrail({ allowed_models: actual }, update)).toEqual(isSame ? {} : update);
  },
);

test.each<[string, isExpected: boolean, actual: unknown, desired: string[]]>([
  ['a dated slug of another form', true, ['a/4.5-b-20251124:free'], ['a/b-4.5:free']],
  ['a number', false, ['a/b-20260101', 1], ['a/b', 'a/c']],
  ['a list in the list', false, [['a/b-20260101']], ['a/b']],
  ['no list', false, null, ['a/b']],
  ['a text', false, 'a/b', ['a/b']],
])(
  'whether a response to a write of models with %s is as requested is %s',
  (_, isExpected, actual, desired) => {
    const unexpected = unexpectedGuardrailFields(
      { allowed_models: actual },
      { allowed_models: desired },
    );
    expect(unexpected).toEqual(isExpected ? [] : ['allowed_models']);
  },
);

test('a response with other models than the lifted restriction, or with other providers, is unexpected', () => {
  const update = { allowed_models: null, ignored_providers: ['azure'], limit_usd: 5 };
  const returned = {
    ...update,
    allowed_models: ['a/b-20260101'],
    ignored_providers: ['azure-20260101'],
  };
  expect(unexpectedGuardrailFields(returned, update)).toEqual([
    'allowed_models',
    'ignored_providers',
  ]);
});

const FILTER = { action: 'block', pattern: 'sk-' };
const BUILTIN = { slug: 'email', action: 'redact' };
const DEFAULT_SCOPE = { scan_scope: 'all_messages' };

test.each<[string, isSame: boolean, actual: unknown, desired: object[]]>([
  ['a label that OpenRouter adds', true, [{ ...BUILTIN, label: '[EMAIL]' }], [BUILTIN]],
  ['the default scope', true, [{ ...BUILTIN, ...DEFAULT_SCOPE }], [BUILTIN]],
  ['no scope for the default one', true, [BUILTIN], [{ ...BUILTIN, ...DEFAULT_SCOPE }]],
  ['another scope', false, [{ ...BUILTIN, scan_scope: 'user_only' }], [BUILTIN]],
])('whether builtin filters with %s are as desired is %s', (_, isSame, actual, desired) => {
  const update = { content_filter_builtins: desired };
  expect(diffGuardrail({ content_filter_builtins: actual }, update)).toEqual(isSame ? {} : update);
});

test('a response is unexpected if a filter lacks what was requested, not if it has more', () => {
  const update = { content_filter_builtins: [BUILTIN], content_filters: [FILTER] };
  const more = {
    content_filter_builtins: [{ ...BUILTIN, scan_scope: 'user_only' }],
    content_filters: [{ ...FILTER, label: '[KEY]', newer: true }],
  };
  expect(unexpectedGuardrailFields(more, update)).toEqual([]);
  const less = { content_filter_builtins: [{ slug: 'email' }], content_filters: [] };
  expect(unexpectedGuardrailFields(less, update)).toEqual(Object.keys(update));
});

test('a response with a newer field as requested is expected, whatever the name of the field', () => {
  const update = { enable_free_models: true, hidden_models: { a: 1 } };
  expect(unexpectedGuardrailFields(update, update)).toEqual([]);
  const other = { enable_free_models: false, hidden_models: { a: 2 } };
  expect(unexpectedGuardrailFields(other, update)).toEqual(Object.keys(update));
});

// What OpenRouter may return for models that are desired, and for models that were just written.
test.each<[returned: string[], desired: string[], isSame: boolean, isExpected: boolean]>([
  [['a/c', 'a/b'], ['a/b', 'a/c', 'a/b'], true, true],
  [['a/b'], ['a/b', 'a/c'], false, false],
  [['a/b', 'a/c'], ['a/b'], false, false],
  [['a/c'], ['a/b'], false, false],
  [['a/c-20260101', 'a/b-2026-01-01'], ['a/b', 'a/c'], true, true],
  [['a/b-20260101:free'], ['a/b:free'], true, true],
  [['a/b-20260101:free'], ['a/b'], false, true],
  [['a/c-20260101'], ['a/b'], false, true],
  [['x/b-20260101'], ['a/b'], false, false],
  [['a/b', 'a/c-20260101'], ['a/b'], false, false],
  [['a/b-20260101', 'a/b-2026-01-01'], ['a/b'], false, false],
  [['a/b-20260101'], ['a/b', 'a/c'], false, false],
  [['a/b-20260101', 'x/b-20260101'], ['a/b', 'a/c'], false, false],
  // One that is desired with and without its date may come back once.
  [['a/b-20260101'], ['a/b', 'a/b-20260101'], true, true],
  [['a/b-20260101', 'a/b-2026-01-01'], ['a/b', 'a/b-20260101'], true, true],
  [['a/c-b-20260101'], ['a/b-c', 'a/c-b-20260101'], true, true],
  [['a/b'], ['a/b', 'a/b-20260101'], false, false],
  [['a/c-20260101'], ['a/b', 'a/c-20260101'], false, false],
])('whether the models %j are %j is %s, and expected in a response is %s', (...row) => {
  const [returned, desired, isSame, isExpected] = row;
  const [actual, update] = [{ allowed_models: returned }, { allowed_models: desired }];
  expect(diffGuardrail(actual, update)).toEqual(isSame ? {} : update);
  expect(unexpectedGuardrailFields(actual, update)).toEqual(isExpected ? [] : ['allowed_models']);
});

describe('the comparison of values', () => {
  const isSame = (actual: unknown, desired: unknown) =>
    Object.keys(diffGuardrail({ newer: actual }, { newer: desired })).length === 0;

  const [one, two] = [{ x: 1 }, { x: 2 }];
  const [numbers, objects] = [
    [1, 2],
    [one, two],
  ];
  const oneAndMore = { x: 1, more: 1 };
  const oneAndOther = { other: 2, x: 1 };

  test.each([
    [1, 1],
    [null, []],
    [undefined, null],
    [[2, 1, 2], numbers],
    [[[[1], 2]], [[2, [1]]]],
    [[[numbers, [2, 1]]], [[numbers]]],
    [oneAndMore, one],
    [{}, { x: null, y: [], toString: null }],
    [[{ x: 1, other: 2 }, oneAndOther], [oneAndOther]],
    [[two, oneAndMore], objects],
  ])('takes %j for %j', (actual, desired) => {
    expect(isSame(actual, desired)).toBe(true);
  });

  test.each([
    ['1', 1],
    [[1], []],
    [[1], numbers],
    [numbers, [1]],
    [1, [1]],
    [[1], { 0: 1 }],
    [{ 0: 1 }, [1]],
    [one, oneAndMore],
    [one, two],
    [null, one],
    [[oneAndMore, oneAndOther], [one]],
    // One has two counterparts, and the other none.
    [[oneAndMore, oneAndOther], objects],
    // Both have the same counterpart.
    [
      [oneAndMore, two],
      [{ more: 1 }, one],
    ],
  ])('does not take %j for %j', (actual, desired) => {
    expect(isSame(actual, desired)).toBe(false);
  });

  test('takes no exponential time for values in 40 lists and objects', () => {
    const wrap = (start: string, value: unknown): unknown =>
      JSON.parse(`${start.repeat(20)}${JSON.stringify(value)}${'}]'.repeat(20)}`);
    const actual = wrap('[{"more":1,"a":', [{ b: 2, more: 1 }, { b: 1 }]);
    expect(isSame(actual, wrap('[{"a":', [{ b: 1 }, { b: 2 }]))).toBe(true);
    expect(isSame(actual, wrap('[{"a":', [{ b: 1 }, { b: 3 }]))).toBe(false);
  });
});

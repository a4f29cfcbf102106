import { isDeepStrictEqual } from 'node:util';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  diffGuardrail,
  unexpectedGuardrailFields,
} from '../../../src/operations/governance/guardrail-diff.ts';

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
  ['another model that begins with a date', ['20260101'], ['a']],
  [
    'another model next to one that is written twice',
    ['a/b-20260101', 'x/evil'],
    ['a/b', 'a/b-20260101'],
  ],
  ['one model more', ['a/b', 'a/c'], ['a/b']],
  ['one model less', ['a/b'], ['a/b', 'a/c']],
  ['a model both with and without a date', ['a/b', 'a/b-20260101'], ['a/b']],
])('diffGuardrail finds a difference in a list of models with %s', (_, actual, desired) => {
  const update = { allowed_models: desired };
  expect(diffGuardrail({ allowed_models: actual }, update)).toEqual(update);
});

test('unexpectedGuardrailFields reads each filter of a response a few times, however many there are', () => {
  let reads = 0;
  const content_filters = Array.from({ length: 500 }, (_, at) =>
    Object.defineProperty({}, 'pattern', {
      enumerable: true,
      get() {
        reads += 1;
        return String(at);
      },
    }),
  );
  const update = { content_filters: [{ pattern: 'a' }] };
  expect(unexpectedGuardrailFields({ content_filters }, update)).toEqual(['content_filters']);
  expect(reads).toBeLessThanOrEqual(10 * content_filters.length);
});

test.each(['allowed_models', 'ignored_models'])(
  'diffGuardrail takes the dated slug of a model in %s for the requested one',
  (field) => {
    const [returned, update] = [{ [field]: ['a/b-20260101'] }, { [field]: ['a/b'] }];
    expect(diffGuardrail(returned, update)).toEqual({});
  },
);

test.each<[string, object, object]>([
  ['an object where a flag was requested', { f: {} }, { f: true }],
  ['null where an object was requested', { f: [{ a: null }] }, { f: [{ a: { b: 1 } }] }],
  ['a text where an object was requested', { f: 'a' }, { f: { a: 1 } }],
])('diffGuardrail finds a difference if OpenRouter returns %s', (_, returned, update) => {
  expect(diffGuardrail({ ...returned }, { ...update })).toEqual(update);
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

test('diffGuardrail returns a limit that is stored as a list', () => {
  const update = { limit_usd: 5, reset_interval: 'daily' } as const;
  expect(diffGuardrail({ ...update, limit_usd: [5] }, update)).toEqual(update);
});

test('diffGuardrail takes a missing guardrail for one that restricts nothing', () => {
  expect(diffGuardrail(undefined, { allowed_models: null, limit_usd: null })).toEqual({});
  expect(diffGuardrail(undefined, { enforce_zdr_openai: false })).toEqual({
    enforce_zdr_openai: false,
  });
});

test.each([
  [null, [], true],
  [[], null, true],
  [undefined, [], true],
  [[], [], true],
  [null, ['a/b'], false],
  [['a/b'], null, false],
  [[], ['a/b'], false],
  [['a/b'], [], false],
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
  ['the same models', true, ['a/b', 'a/c'], ['a/c', 'a/b']],
  [
    'the same model, and a dated slug of another form',
    true,
    ['a/b', 'a/4.5-c-20251124'],
    ['a/b', 'a/c-4.5'],
  ],
  ['a dated slug of another form', true, ['a/4.5-b-20251124'], ['a/b-4.5']],
  [
    'a dated slug of another form with a variant',
    true,
    ['a/4.5-b-20251124:free'],
    ['a/b-4.5:free'],
  ],
  ['a dated slug of another author', false, ['x/4.5-b-20251124'], ['a/b-4.5']],
  ['an undated slug of the same author', false, ['a/c'], ['a/b']],
  ['one model less', false, ['a/b-20251124'], ['a/b', 'x/c']],
  ['one model more', false, ['a/b', 'a/c'], ['a/b']],
  ['one model of two that is another', false, ['a/b', 'x/d'], ['a/b', 'x/c']],
  ['two models for one, and none for the other', false, ['a/b', 'a/c-20260101'], ['a/b', 'x/b']],
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

test.each<[string, isSame: boolean, field: string, actual: unknown, desired: unknown]>([
  [
    'a label that OpenRouter adds',
    true,
    'content_filter_builtins',
    [{ ...BUILTIN, label: '[EMAIL]' }],
    [BUILTIN],
  ],
  [
    'the default scope',
    true,
    'content_filter_builtins',
    [{ ...BUILTIN, scan_scope: 'all_messages' }],
    [BUILTIN],
  ],
  [
    'no scope for the default one',
    true,
    'content_filter_builtins',
    [BUILTIN],
    [{ ...BUILTIN, scan_scope: 'all_messages' }],
  ],
  [
    'another scope than the default',
    false,
    'content_filter_builtins',
    [{ ...BUILTIN, scan_scope: 'user_only' }],
    [BUILTIN],
  ],
  ['no label', true, 'content_filters', [{ ...FILTER, label: null }], [FILTER]],
  [
    'a label that is to be removed',
    false,
    'content_filters',
    [{ ...FILTER, label: '[KEY]' }],
    [FILTER],
  ],
  ['another pattern', false, 'content_filters', [{ ...FILTER, pattern: 'pk-' }], [FILTER]],
  ['one filter more', false, 'content_filters', [FILTER, { ...FILTER, pattern: 'pk-' }], [FILTER]],
  ['one filter less', false, 'content_filters', [FILTER], [FILTER, { ...FILTER, pattern: 'pk-' }]],
  ['no filters', false, 'content_filters', null, [FILTER]],
  ['no filters, as desired', true, 'content_filters', null, []],
  ['a text for a filter', false, 'content_filters', ['sk-'], [FILTER]],
  ['lists in another order in an object', true, 'newer', { a: [1, 2], b: 3 }, { a: [2, 1] }],
  ['another value in an object', false, 'newer', { a: { b: 1 } }, { a: { b: 2 } }],
  ['a list for an object', false, 'newer', [1], { 0: 1 }],
  ['nothing for an object', false, 'newer', undefined, { a: 1 }],
  [
    'one filter for the same one twice',
    true,
    'content_filter_builtins',
    [BUILTIN],
    [BUILTIN, { ...BUILTIN }],
  ],
  [
    'the same filter twice',
    true,
    'content_filters',
    [FILTER, { label: null, ...FILTER }],
    [FILTER],
  ],
  ['one filter for two', false, 'newer', [BUILTIN], [BUILTIN, { slug: 'email' }]],
  ['a flag that is set', true, 'enable_free_models', true, true],
  ['a flag that is not set', false, 'enable_free_models', false, true],
])('whether a field with %s is as desired is %s', (_, isSame, field, actual, desired) => {
  const update = { [field]: desired };
  expect(diffGuardrail({ [field]: actual }, update)).toEqual(isSame ? {} : update);
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

test('any value is the same as itself with lists in another order, and not as one with a change', () => {
  const leaf = fc.oneof(fc.nat(9), fc.boolean(), fc.constantFrom('a', 'b'));
  const entry = fc.oneof(
    leaf,
    fc.dictionary(fc.constantFrom('x', 'y'), leaf, {
      minKeys: 1,
      noNullPrototype: true,
    }),
  );
  fc.assert(
    fc.property(fc.uniqueArray(entry, { minLength: 1, comparator: isDeepStrictEqual }), (list) => {
      const isSame = (actual: unknown) =>
        Object.keys(diffGuardrail({ newer: actual }, { newer: list })).length === 0;
      expect(isSame(structuredClone(list).reverse())).toBe(true);
      expect(isSame([...list, ...JSON.parse(JSON.stringify(list))])).toBe(true);
      expect(isSame(list.slice(1))).toBe(false);
      expect(isSame([...list, 'c'])).toBe(false);
      expect(isSame(['c', ...list.slice(1)])).toBe(false);
    }),
  );
});

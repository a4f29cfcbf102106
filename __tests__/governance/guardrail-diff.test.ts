import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
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

describe('the comparison of models', () => {
  const SLUGS = ['a/b', 'a/b-20260101', 'a/b-2025-01-01', 'a/b-c', 'a/c-b-20260101', 'a/d:free'];
  const slugs = fc.array(fc.constantFrom(...SLUGS, 'a/d-20260101:free', 'x/b', 'x/b-20260101'), {
    minLength: 1,
    maxLength: 4,
  });

  /** Without its date; undefined if it has none. */
  const aliasOf = (slug: string) => {
    const alias = slug.replace(/-\d{4}-?\d\d-?\d\d/, '');
    return alias === slug ? undefined : alias;
  };
  const authorOf = (slug: string) => slug.split('/')[0];
  const lettersOf = (slug = '') => [...slug].sort().join('');

  const isDated = (returned: string, model: string) => aliasOf(returned) === model;
  const isDatedOfAuthor = (returned: string, model: string) =>
    aliasOf(returned) !== undefined && authorOf(returned) === authorOf(model);

  /** Tries out which returned slug each of the desired models may be. */
  function isReturned(
    returned: readonly string[],
    desired: readonly string[],
    mayBe: (returned: string, model: string) => boolean,
    chosen: readonly string[] = [],
  ): boolean {
    const model = desired[chosen.length];
    /** Whether one slug can be both the one that it names and this model. */
    const isMerged = (slug: string, model: string) =>
      desired.includes(slug) && lettersOf(aliasOf(slug)) === lettersOf(model);
    if (model === undefined) {
      return returned.every((slug) => {
        const models = desired.filter((_, at) => chosen[at] === slug);
        return models.length > 0 && models.filter((model) => !isMerged(slug, model)).length <= 1;
      });
    }
    return returned
      .filter((slug) => slug === model || mayBe(slug, model) || isMerged(slug, model))
      .some((slug) => isReturned(returned, desired, mayBe, [...chosen, slug]));
  }

  test('accepts what can come back of the desired models, and nothing else', () => {
    fc.assert(
      fc.property(slugs, slugs, (returned, desired) => {
        const [actual, update] = [{ allowed_models: returned }, { allowed_models: desired }];
        const isSame = Object.keys(diffGuardrail(actual, update)).length === 0;
        const models = [...new Set(desired)];
        expect(isSame).toBe(isReturned(returned, models, isDated));
        const isExpected = unexpectedGuardrailFields(actual, update).length === 0;
        expect(isExpected).toBe(isReturned(returned, models, isDatedOfAuthor));
      }),
      { numRuns: 5_000 },
    );
  });
});

describe('the comparison of values', () => {
  const isSame = (actual: unknown, desired: unknown) =>
    Object.keys(diffGuardrail({ newer: actual }, { newer: desired })).length === 0;

  const isNone = (value: unknown) =>
    value === undefined || value === null || (Array.isArray(value) && value.length === 0);
  const isObject = (value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value);

  /** Compares each entry with each, in both directions. */
  function includes(actual: unknown, desired: unknown): boolean {
    if (isNone(actual) || isNone(desired)) return isNone(actual) && isNone(desired);
    if (Array.isArray(actual) && Array.isArray(desired)) {
      return (
        withoutEqual(actual).length === withoutEqual(desired).length &&
        desired.every((entry) => actual.some((other) => includes(other, entry))) &&
        actual.every((other) => desired.some((entry) => includes(other, entry)))
      );
    }
    if (!isObject(actual) || !isObject(desired)) return actual === desired;
    const fields = actual as Readonly<Record<string, unknown>>;
    return Object.entries(desired as object).every(([name, value]) =>
      Object.hasOwn(fields, name) ? includes(fields[name], value) : isNone(value),
    );
  }

  /** Without entries that an earlier one equals, whatever the order of lists and fields. */
  const withoutEqual = (list: readonly unknown[]) =>
    list.filter(
      (entry, at) => list.findIndex((other) => isDeepStrictEqual(sort(other), sort(entry))) === at,
    );

  /** With lists in an order that depends on their entries only, each of them once. */
  function sort(value: unknown): unknown {
    if (isNone(value)) return null;
    if (Array.isArray(value)) {
      const entries = value.map(sort);
      const texts = entries.map((entry) => JSON.stringify(entry));
      return entries
        .filter((_, at) => texts.indexOf(texts[at] ?? '') === at)
        .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
    }
    if (!isObject(value)) return value;
    const fields = Object.entries(value as object).map(([name, field]) => [name, sort(field)]);
    return Object.fromEntries(fields.sort(([a], [b]) => (String(a) < String(b) ? -1 : 1)));
  }

  const values = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, withCrossShrink: true },
      fc.constantFrom<unknown>(null, 1, '1', 'a', true),
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom('x', 'y', 'toString'), tie('value'), {
        maxKeys: 2,
        noNullPrototype: true,
      }),
    ),
  })).value;

  /** `value`, with more fields in its objects, and with its lists in another order. */
  const extend = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(extend).reverse();
    if (!isObject(value)) return value;
    const fields = Object.entries(value as object).map(([name, field]) => [name, extend(field)]);
    return { more: 1, ...Object.fromEntries(fields) };
  };

  test('gives the result of one that compares each entry with each, and accepts additions', () => {
    fc.assert(
      fc.property(values, values, (actual, desired) => {
        expect(isSame(actual, desired)).toBe(includes(actual, desired));
        expect(isSame(extend(desired), desired)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });

  test('takes no exponential time for values in 40 lists and objects', () => {
    const wrap = (value: unknown): unknown =>
      JSON.parse(`${'[{"a":'.repeat(20)}${JSON.stringify(value)}${'}]'.repeat(20)}`);
    expect(isSame(extend(wrap([{ b: 1 }, { b: 2 }])), wrap([{ b: 1 }, { b: 2 }]))).toBe(true);
    expect(isSame(extend(wrap([{ b: 1 }, { b: 3 }])), wrap([{ b: 1 }, { b: 2 }]))).toBe(false);
  });
});

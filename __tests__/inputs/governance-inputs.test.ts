import { describe, expect, test } from '@jest/globals';
import { readCreateInputs } from '../../src/inputs/create.ts';
import { GOVERNANCE } from '../support/governance.ts';
import { readWith, rejectionOf } from '../support/inputs.ts';

const REQUIRED = { name: 'Preview', slug: 'preview-42' };
type Texts = Record<string, string>;
const read = (texts: Texts) => readWith(readCreateInputs, { ...REQUIRED, ...texts });
const reject = (texts: Texts) => rejectionOf(readCreateInputs, { ...REQUIRED, ...texts });

test('all inputs for guardrail, budgets and members become requests in the terms of the API', () => {
  const { governance, governanceInputs } = read(GOVERNANCE);
  expect(governanceInputs).toEqual(Object.keys(GOVERNANCE));
  expect(governance).toStrictEqual({
    guardrail: {
      allowed_models: ['openai/gpt-5-mini', 'anthropic/claude-4:free'],
      ignored_models: ['meta/llama-4'],
      allowed_providers: ['openai'],
      ignored_providers: ['azure', 'deepinfra'],
      enforce_zdr_anthropic: true,
      enforce_zdr_google: true,
      enforce_zdr_openai: true,
      enforce_zdr_other: true,
      enforce_zdr_xai: true,
      limit_usd: 5,
      reset_interval: 'daily',
    },
    budgets: {
      limits: { daily: 1.5, weekly: 5, monthly: 20, lifetime: 100 },
      include_byok_in_budgets: true,
    },
    members: ['BRUNO@example.com', 'user_2chandra'],
  });
});

describe('"null" lifts a restriction', () => {
  test.each<[string, unknown]>([
    ['allowed-models', { guardrail: { allowed_models: null } }],
    ['ignored-providers', { guardrail: { ignored_providers: null } }],
    ['guardrail-limit-usd', { guardrail: { limit_usd: null, reset_interval: null } }],
    [
      'budget-weekly-usd',
      { budgets: { limits: { weekly: null }, include_byok_in_budgets: undefined } },
    ],
  ])('of %s, and requests nothing else', (input, governance) => {
    const inputs = read({ [input]: 'null' });
    expect(inputs.governance).toStrictEqual(governance);
    expect(inputs.governanceInputs).toEqual([input]);
  });
});

test('an empty list of members requests nothing', () => {
  const { governance, governanceInputs } = read({ members: '[]' });
  expect(governance).toStrictEqual({});
  expect(governanceInputs).toEqual([]);
});

test('enforce-zdr: false is a request', () => {
  expect(read({ 'enforce-zdr': 'false' }).governance.guardrail).toHaveProperty(
    'enforce_zdr_other',
    false,
  );
});

const MODELS = 'must be a list of models: one per line, separated by commas, or a JSON array';
const USD = 'must be an amount in USD above 0, or "null"';
const NEEDS_RESET = 'guardrail-limit-usd needs guardrail-limit-reset: daily, weekly, monthly';
const NEEDS_LIMIT = 'guardrail-limit-reset needs guardrail-limit-usd';
const NEEDS_BUDGET =
  'include-byok-in-budgets needs a budget: OpenRouter can only set it together with one';

test.each<[string, Texts, string[]]>([
  [
    'an empty list of models',
    { 'allowed-models': '[]' },
    [`allowed-models ${MODELS}; "null" removes the restriction; given: "[]"`],
  ],
  [
    'a provider with a slash',
    { 'ignored-providers': 'azure, a/b' },
    [
      'ignored-providers (entry 2) must be a provider, without whitespace or slashes; given: "azure, a/b"',
    ],
  ],
  [
    'a member with a space',
    { members: 'bruno lindqvist' },
    ['members (entry 1) must not contain whitespace; given: "bruno lindqvist"'],
  ],
  ['a budget of 0', { 'budget-daily-usd': '0' }, [`budget-daily-usd ${USD}; given: "0"`]],
  ['a guardrail limit without an interval', { 'guardrail-limit-usd': '5' }, [NEEDS_RESET]],
  [
    'a guardrail limit with a lifted interval',
    { 'guardrail-limit-usd': '5', 'guardrail-limit-reset': 'null' },
    [NEEDS_RESET],
  ],
  ['an interval without a guardrail limit', { 'guardrail-limit-reset': 'daily' }, [NEEDS_LIMIT]],
  [
    'a lifted interval without a guardrail limit',
    { 'guardrail-limit-reset': 'null' },
    [NEEDS_LIMIT],
  ],
  [
    'an interval for a lifted guardrail limit',
    { 'guardrail-limit-usd': 'null', 'guardrail-limit-reset': 'daily' },
    [NEEDS_LIMIT],
  ],
  [
    'an interval that does not exist, and a limit for it',
    { 'guardrail-limit-usd': '5', 'guardrail-limit-reset': 'hourly' },
    ['guardrail-limit-reset must be daily, weekly, monthly or "null"; given: "hourly"'],
  ],
  [
    'a limit that is not a number, and an interval for it',
    { 'guardrail-limit-usd': '5 USD', 'guardrail-limit-reset': 'daily' },
    [`guardrail-limit-usd ${USD}; given: "5 USD"; try: 5`],
  ],
  [
    'a model that is both allowed and ignored',
    { 'allowed-models': 'a/b, a/d', 'ignored-models': 'a/c, a/b, a/d' },
    ['ignored-models must not repeat entries of allowed-models: a/b, a/d'],
  ],
  [
    'a provider that is both allowed and ignored',
    { 'allowed-providers': 'azure', 'ignored-providers': 'azure' },
    ['ignored-providers must not repeat entries of allowed-providers: azure'],
  ],
  [
    'equal budgets',
    { 'budget-daily-usd': '5', 'budget-weekly-usd': '5' },
    ['budget-weekly-usd must exceed budget-daily-usd, which is 5; given: "5"'],
  ],
  [
    'budgets out of order, with a lifted one between them',
    { 'budget-daily-usd': '5', 'budget-weekly-usd': 'null', 'budget-lifetime-usd': '4' },
    ['budget-lifetime-usd must exceed budget-daily-usd, which is 5; given: "4"'],
  ],
  ['BYOK without a budget', { 'include-byok-in-budgets': 'true' }, [NEEDS_BUDGET]],
  [
    'BYOK with a lifted budget only',
    { 'include-byok-in-budgets': 'true', 'budget-daily-usd': 'null' },
    [NEEDS_BUDGET],
  ],
  [
    'BYOK with a budget that is not a number',
    { 'include-byok-in-budgets': 'true', 'budget-daily-usd': 'x' },
    [`budget-daily-usd ${USD}; given: "x"`],
  ],
])('inputs with %s are rejected', (_, texts, lines) => {
  expect(reject(texts)).toEqual(lines);
});

test.each<[string, Texts]>([
  [
    'a model that is ignored next to another that is allowed',
    { 'allowed-models': 'a/b', 'ignored-models': 'a/c' },
  ],
  ['an ignored model alone', { 'ignored-models': 'a/c' }],
  ['budgets in order', { 'budget-daily-usd': '5', 'budget-lifetime-usd': '5.01' }],
  [
    'a guardrail limit that is lifted together with its interval',
    {
      'guardrail-limit-usd': 'null',
      'guardrail-limit-reset': 'null',
    },
  ],
  ['BYOK with one budget', { 'budget-lifetime-usd': '5', 'include-byok-in-budgets': 'false' }],
])('inputs with %s are accepted', (_, texts) => {
  expect(read(texts).governanceInputs).toEqual(Object.keys(texts));
});

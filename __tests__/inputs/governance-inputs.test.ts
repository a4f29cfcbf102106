import { describe, expect, test } from '@jest/globals';
import { readCreateInputs } from '../../src/inputs/create.ts';
import { GOVERNANCE, GUARDRAIL_BODY } from '../support/governance.ts';
import { readWith, rejectionOf } from '../support/inputs.ts';

/** The fields of a guardrail that have inputs of their own. */
const SET_ELSEWHERE = [
  'allowed_models',
  'ignored_models',
  'allowed_providers',
  'ignored_providers',
  'limit_usd',
  'reset_interval',
];

const REQUIRED = { name: 'Preview', slug: 'preview-42' };
type Texts = Record<string, string>;
const read = (texts: Texts) => readWith(readCreateInputs, { ...REQUIRED, ...texts });
const reject = (texts: Texts) => rejectionOf(readCreateInputs, { ...REQUIRED, ...texts });

test('all inputs for guardrail, budgets and members become requests in the terms of the API', () => {
  const { governance, governanceInputs } = read(GOVERNANCE);
  expect(governanceInputs).toEqual(Object.keys(GOVERNANCE));
  expect(governance).toStrictEqual({
    guardrail: GUARDRAIL_BODY,
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

test.each(['{}', '# allowed_data_regions: ["us"]'])(
  'a guardrail of %s requests nothing',
  (guardrail) => {
    const inputs = read({ guardrail });
    expect(inputs.governance).toStrictEqual({});
    expect(inputs.governanceInputs).toEqual([]);
  },
);

test.each(Object.keys(read(GOVERNANCE).governance.guardrail ?? {}))(
  'the input guardrail sets %s, or rejects it because another input sets it',
  (field) => {
    const guardrail = JSON.stringify({ [field]: null });
    const sets = () =>
      expect(read({ guardrail }).governance).toEqual({ guardrail: { [field]: null } });
    const rejects = () =>
      expect(reject({ guardrail })).toEqual([
        expect.stringMatching(
          `^guardrail must not have ${field}, because the input [a-z-]+ sets it;`,
        ),
      ]);
    (SET_ELSEWHERE.includes(field) ? rejects : sets)();
  },
);

test('enforce-zdr: false is a request', () => {
  expect(read({ 'enforce-zdr': 'false' }).governance.guardrail).toHaveProperty(
    'enforce_zdr_other',
    false,
  );
});

const FIELDS =
  'guardrail must be a JSON object, or a line for each field with its value as JSON, such as enable_paid_model_training: false';
const EXACT = 'must have each name once, and no number that is too large or has too many digits';
/** An object in which arrays are nested, with `depth` levels in total. */
const nested = (depth: number) => `a: ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`;
const MODELS = 'must be a list of models: one per line, separated by commas, or a JSON array';
const USD = 'must be an amount in USD above 0, or "null"';
const NEEDS_RESET =
  'guardrail-limit-usd also needs guardrail-limit-reset, which is one of daily, weekly, monthly';
const NEEDS_LIMIT = 'guardrail-limit-reset also needs guardrail-limit-usd';
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
  ['a guardrail that is null', { guardrail: 'null' }, [`${FIELDS}; given: "null"`]],
  ['a guardrail that is a list', { guardrail: '[]' }, [`${FIELDS}; given: "[]"`]],
  ['a guardrail that is cut off', { guardrail: '{"a": 1' }, [`${FIELDS}; given: "{\\"a\\": 1"`]],
  [
    'a guardrail in block style',
    { guardrail: 'allowed_data_regions:\n  - us' },
    [`${FIELDS}; given: "allowed_data_regions:"`],
  ],
  [
    'a guardrail with a comment behind a value',
    { guardrail: `# EU\na: 1\r\n${'b'.repeat(50)}: true # Why\nc` },
    [`${FIELDS}; given: "${'b'.repeat(50)}: true # Why"`],
  ],
  [
    'a guardrail with a name in quotes',
    { guardrail: 'a: 1\n"b": 1' },
    [`${FIELDS}; given: "\\"b\\": 1"`],
  ],
  [
    'a guardrail with JSON between lines',
    { guardrail: 'a: 1\n{"b": 1}' },
    [`${FIELDS}; given: "{\\"b\\": 1}"`],
  ],
  ['a guardrail with a tab', { guardrail: 'a: 1\nb:\t1' }, [`${FIELDS}; given: "b:\\t1"`]],
  [
    'a guardrail with lines that have the same name',
    { guardrail: 'a: 1\nb: 1\na: 1' },
    [`guardrail ${EXACT}; given: "a: 1\\nb: 1\\na: 1"`],
  ],
  [
    'a guardrail with the same name twice within a value',
    { guardrail: '{"a": [{"b": 1, "\\u0062": 1}]}' },
    [expect.stringMatching(`^guardrail ${EXACT}; given: `) as never],
  ],
  ...['1e400', '-1e400', '1e-400', '12345678901234567890', '[0.1234567890123456789]'].map(
    (value): [string, Texts, string[]] => [
      `a guardrail with the value ${value}`,
      { guardrail: `a: ${value}` },
      [`guardrail ${EXACT}; given: "a: ${value}"`],
    ],
  ),
  [
    'a guardrail with the name __proto__',
    { guardrail: '{"__proto__": 1}' },
    ['guardrail must not have __proto__; given: "{\\"__proto__\\": 1}"'],
  ],
  [
    'a guardrail that is nested too deeply',
    { guardrail: nested(100) },
    [
      expect.stringMatching(
        '^guardrail must not be nested more than 99 levels deep; given: ',
      ) as never,
    ],
  ],
  [
    'a guardrail that is nested far too deeply',
    { guardrail: nested(30_000) },
    [
      expect.stringMatching(
        '^guardrail must not be nested more than 99 levels deep; given: ',
      ) as never,
    ],
  ],
  [
    'a guardrail with an invalid field behind others',
    { guardrail: `description: "${'a'.repeat(200)}"\nenforce_zdr_xai: "true"\nlimit_usd: 5` },
    [
      'guardrail must have true, false or null for enforce_zdr_xai; given: "\\"true\\""',
      'guardrail must not have limit_usd, because the input guardrail-limit-usd sets it; given: "5"',
    ],
  ],
  [
    'a guardrail that repeats enforce-zdr',
    { 'enforce-zdr': 'false', guardrail: 'enforce_zdr_xai: true' },
    ['guardrail must not have enforce_zdr_xai, because the input enforce-zdr sets it'],
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

test('all problems of a guardrail are reported together', () => {
  const guardrail = JSON.stringify({
    description: 1,
    name: 'A',
    content_filters: {},
    allowed_data_regions: [],
    enforce_zdr_xai: 'true',
    include_byok_in_budgets: null,
  });
  expect(reject({ guardrail }).map((line) => line.split('; given: ')[0])).toEqual([
    'guardrail must have a non-empty list or null for allowed_data_regions',
    'guardrail must have a list or null for content_filters',
    'guardrail must have a text or null for description',
    'guardrail must have true, false or null for enforce_zdr_xai',
    'guardrail must have true or false for include_byok_in_budgets',
    'guardrail must not have name, because OpenRouter sets it',
  ]);
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
  ['a guardrail that is nested as deeply as a response can be', { guardrail: nested(99) }],
  [
    'a guardrail with all forms of numbers, and with texts that look like more',
    { guardrail: '{"b": [0, -0.50, 1e3, 9007199254740991, 1.5E+300], "a": "\\": 1e400, {:}"}' },
  ],
  ['BYOK with one budget', { 'budget-lifetime-usd': '5', 'include-byok-in-budgets': 'false' }],
])('inputs with %s are accepted', (_, texts) => {
  expect(read(texts).governanceInputs).toEqual(Object.keys(texts));
});

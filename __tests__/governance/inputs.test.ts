import { describe, expect, test } from '@jest/globals';
import { readCreateInputs } from '../../src/actions/create/inputs.ts';
import { GUARDRAIL_BODY } from '../support/governance-harness.ts';
import { given, type Rejected, readWith, rejectionOf } from '../support/read-inputs.ts';

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

test.each<[string, unknown]>([
  ['allowed-models', { guardrail: { allowed_models: null } }],
  ['ignored-providers', { guardrail: { ignored_providers: null } }],
  ['guardrail-limit-usd', { guardrail: { limit_usd: null, reset_interval: null } }],
  [
    'budget-weekly-usd',
    { budgets: { limits: { weekly: null }, include_byok_in_budgets: undefined } },
  ],
])('"null" lifts a restriction of %s, and requests nothing else', (input, governance) => {
  const inputs = read({ [input]: 'null' });
  expect(inputs.governance).toStrictEqual(governance);
  expect(inputs.governanceInputs).toEqual([input]);
});

test.each<Texts>([
  { members: '[]' },
  { guardrail: '{}' },
  { guardrail: '# allowed_data_regions: ["us"]' },
])('the empty value %j requests nothing', (texts) => {
  const { governance, governanceInputs } = read(texts);
  expect(governance).toStrictEqual({});
  expect(governanceInputs).toEqual([]);
});

test.each(Object.keys(GUARDRAIL_BODY))(
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
const EXACT =
  'guardrail must have each name once, and no number that is too large or has too many digits';
/** An object in which arrays are nested, with `depth` levels in total. */
const nested = (depth: number) => `a: ${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}`;
const MODELS = 'must be a list of models: one per line, separated by commas, or a JSON array';
const USD = 'must be an amount in USD above 0, or "null"';
const PROVIDER = 'must be a provider, without whitespace or slashes';
const INTERVAL = 'must be daily, weekly, monthly or "null"';
const NEEDS_RESET =
  'guardrail-limit-usd also needs guardrail-limit-reset, which is one of daily, weekly, monthly';
const NEEDS_LIMIT = 'guardrail-limit-reset also needs guardrail-limit-usd';
const NEEDS_BUDGET =
  'include-byok-in-budgets needs a budget: OpenRouter can only set it together with one';

test.each<Rejected>([
  given('allowed-models', '[]', `${MODELS}; "null" removes the restriction`),
  given('ignored-providers (entry 2)', 'azure, a/b', PROVIDER),
  given('members (entry 1)', 'bruno lindqvist', 'must not contain whitespace'),
  given('budget-daily-usd', '0', USD),
  ['guardrail-limit-usd', '5', NEEDS_RESET],
  ['guardrail-limit-reset', 'daily', NEEDS_LIMIT],
  ['guardrail-limit-reset', 'null', NEEDS_LIMIT],
  ['include-byok-in-budgets', 'true', NEEDS_BUDGET],
])('the input %s: %j is rejected', (input, text, line) => {
  expect(reject({ [input]: text })).toEqual([line]);
});

test.each<[Texts, string]>([
  [{ 'guardrail-limit-usd': '5', 'guardrail-limit-reset': 'null' }, NEEDS_RESET],
  [{ 'guardrail-limit-usd': 'null', 'guardrail-limit-reset': 'daily' }, NEEDS_LIMIT],
  [{ 'include-byok-in-budgets': 'true', 'budget-daily-usd': 'null' }, NEEDS_BUDGET],
  [
    { 'allowed-models': 'a/b, a/d', 'ignored-models': 'a/c, a/b, a/d' },
    'ignored-models must not repeat entries of allowed-models: a/b, a/d',
  ],
  [
    { 'allowed-providers': 'azure', 'ignored-providers': 'azure' },
    'ignored-providers must not repeat entries of allowed-providers: azure',
  ],
  [
    { 'enforce-zdr': 'false', guardrail: 'enforce_zdr_xai: true' },
    'guardrail must not have enforce_zdr_xai, because the input enforce-zdr sets it',
  ],
  [
    { 'budget-daily-usd': '5', 'budget-weekly-usd': '5' },
    'budget-weekly-usd is $5.00, and must exceed budget-daily-usd, which is $5.00',
  ],
  [
    { 'budget-daily-usd': '5', 'budget-weekly-usd': 'null', 'budget-lifetime-usd': '4' },
    'budget-lifetime-usd is $4.00, and must exceed budget-daily-usd, which is $5.00',
  ],
  // As they are sent.
  [
    { 'budget-daily-usd': '0.3', 'budget-weekly-usd': '0.30000000000000004' },
    'budget-weekly-usd is $0.30, and must exceed budget-daily-usd, which is $0.30',
  ],
])('the inputs %j are rejected together', (texts, line) => {
  expect(reject(texts)).toEqual([line]);
});

test.each<[...Rejected, Texts]>([
  [...given('guardrail-limit-reset', 'hourly', INTERVAL), { 'guardrail-limit-usd': '5' }],
  [...given('guardrail-limit-usd', '5 USD', USD), { 'guardrail-limit-reset': 'daily' }],
  [...given('budget-daily-usd', 'x', USD), { 'include-byok-in-budgets': 'true' }],
])('the input %s: %j is invalid, and counts as provided', (input, text, line, others) => {
  expect(reject({ ...others, [input]: text })).toEqual([line]);
});

describe('a guardrail is rejected', () => {
  test.each([
    ['[]', '[]'],
    ['{"a": 1', '{\\"a\\": 1'],
    [`# EU\na: 1\r\n${'b'.repeat(50)}: true # Why\nc`, `${'b'.repeat(50)}: true # Why`],
    ['a: 1\n"b": 1', '\\"b\\": 1'],
    ['a: 1\nb:\t1', 'b:\\t1'],
  ])('that is no object, with the part at fault: %j', (guardrail, part) => {
    expect(reject({ guardrail })).toEqual([`${FIELDS}; given: "${part}"`]);
  });

  test.each([
    'a: 1\nb: 1\na: 1',
    '{"a": [{"b": 1, "\\u0062": 1}]}',
    'a: -1e400',
    'a: 1e-400',
    'a: 12345678901234567890',
    'a: [0.1234567890123456789]',
  ])('that would not be sent as it is written: %j', (guardrail) => {
    expect(reject({ guardrail })).toEqual([`${EXACT}; given: ${JSON.stringify(guardrail)}`]);
  });

  test('with the name __proto__', () => {
    expect(reject({ guardrail: '{"__proto__": 1}' })).toEqual([
      'guardrail must not have __proto__; given: "{\\"__proto__\\": 1}"',
    ]);
  });

  test.each([100, 30_000])('with %i levels', (depth) => {
    const [line, ...others] = reject({ guardrail: nested(depth) });
    expect(line).toMatch(/^guardrail must not be nested more than 99 levels deep; given: /);
    expect(others).toEqual([]);
  });

  test('with invalid fields behind others, each with its value', () => {
    const description = `description: "${'a'.repeat(200)}"`;
    const guardrail = `${description}\nenforce_zdr_xai: "true"\nlimit_usd: 5`;
    expect(reject({ guardrail })).toEqual([
      'guardrail must have true, false or null for enforce_zdr_xai; given: "\\"true\\""',
      'guardrail must not have limit_usd, because the input guardrail-limit-usd sets it; given: "5"',
    ]);
  });
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

test.each<Texts>([
  { 'allowed-models': 'a/b', 'ignored-models': 'a/c' },
  { 'ignored-models': 'a/c' },
  { 'budget-daily-usd': '5', 'budget-lifetime-usd': '5.01' },
  { 'guardrail-limit-usd': 'null', 'guardrail-limit-reset': 'null' },
  { guardrail: nested(99) },
  // All forms of numbers, and texts that look like more.
  { guardrail: '{"b": [0, -0.50, 1e3, 9007199254740991, 1.5E+300], "a": "\\": 1e400, {:}"}' },
  { 'budget-lifetime-usd': '5', 'include-byok-in-budgets': 'false' },
])('inputs with %j are accepted', (texts) => {
  expect(read(texts).governanceInputs).toEqual(Object.keys(texts));
});

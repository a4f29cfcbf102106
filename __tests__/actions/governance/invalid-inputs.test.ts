import { expect, test } from '@jest/globals';
import { openGovernanceHarness } from '../../support/governance.ts';
import { expectFailure } from '../../support/harness.ts';

const { create, calls } = openGovernanceHarness();

/** The first word of each line: the inputs that are invalid, and what follows them. */
const firstWords = (message: string) => message.split('\n').map((line) => line.split(' ')[0]);

test.each<[string, Record<string, string>, string]>([
  [
    'a guardrail limit without its interval',
    { 'guardrail-limit-usd': '5' },
    'guardrail-limit-usd also needs guardrail-limit-reset',
  ],
  [
    'a guardrail interval without its limit',
    { 'guardrail-limit-reset': 'daily' },
    'guardrail-limit-reset also needs guardrail-limit-usd',
  ],
  [
    'a guardrail limit of 0',
    { 'guardrail-limit-usd': '0', 'guardrail-limit-reset': 'daily' },
    'must be an amount in USD above 0',
  ],
  [
    'a budget that is not a number',
    { 'budget-daily-usd': '5 USD' },
    'budget-daily-usd must be an amount in USD above 0, or "null"',
  ],
  [
    'equal budgets',
    { 'budget-daily-usd': '5', 'budget-weekly-usd': '5' },
    'budget-weekly-usd must exceed budget-daily-usd, which is 5',
  ],
  [
    'budgets out of order with none between them',
    { 'budget-daily-usd': '5', 'budget-lifetime-usd': '4' },
    'budget-lifetime-usd must exceed budget-daily-usd',
  ],
  [
    'include-byok-in-budgets without a budget',
    { 'include-byok-in-budgets': 'true' },
    'include-byok-in-budgets needs a budget: OpenRouter can only set it together with one',
  ],
  ['an empty list of models', { 'allowed-models': '[]' }, '"null" removes the restriction'],
  [
    'a model with a space',
    { 'allowed-models': 'gpt 5' },
    'allowed-models (entry 1) must be the slug of a model, such as openai/gpt-5-mini',
  ],
  [
    'a model without its author',
    { 'allowed-models': 'gpt-5-mini' },
    'allowed-models (entry 1) must be the slug of a model, such as openai/gpt-5-mini',
  ],
  [
    'a model that is both allowed and ignored',
    { 'allowed-models': 'a/b', 'ignored-models': 'a/c, a/b' },
    'ignored-models must not repeat entries of allowed-models: a/b',
  ],
  [
    'a "null" interval without a limit',
    { 'guardrail-limit-reset': 'null' },
    'guardrail-limit-reset also needs guardrail-limit-usd',
  ],
  [
    'a boolean that is written as yes',
    { 'enforce-zdr': 'yes' },
    'enforce-zdr must be true or false',
  ],
])('a create step fails before any request because of %s', async (_, inputs, problem) => {
  expect(expectFailure(await create(inputs)).message).toContain(problem);
  expect(calls()).toEqual([]);
});

test('invalid values and invalid combinations are reported together', async () => {
  const { message } = expectFailure(
    await create({
      slug: 'Not A Slug',
      'guardrail-limit-usd': '5',
      'budget-daily-usd': '5',
      'budget-weekly-usd': '1',
    }),
  );
  expect(firstWords(message)).toEqual([
    'slug',
    'guardrail-limit-usd',
    'budget-weekly-usd',
    'Nothing',
    'See',
  ]);
});

test('an input with an invalid value still counts as provided for its pair', async () => {
  const { message } = expectFailure(
    await create({
      'guardrail-limit-usd': '5 USD',
      'guardrail-limit-reset': 'daily',
      'budget-daily-usd': '5 USD',
      'include-byok-in-budgets': 'true',
    }),
  );
  expect(firstWords(message)).toEqual([
    'guardrail-limit-usd',
    'budget-daily-usd',
    'Nothing',
    'See',
  ]);
  expect(message.match(/try: 5$/gm)).toHaveLength(2);
});

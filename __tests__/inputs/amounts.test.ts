import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { usdInput } from '../../src/inputs/amounts.ts';
import { parseInput } from '../../src/inputs/parse-input.ts';
import { inputName } from '../../src/inputs/read-inputs.ts';
import { toJson } from '../../src/lib/json.ts';
import { exactUsd, toNumber, toUsd } from '../../src/lib/usd.ts';
import { ACTIONS } from '../support/action-inputs.ts';
import { type Reader, rejectionOf } from '../support/read-inputs.ts';
import { writtenAmount } from '../support/some-amounts.ts';

/** What the inputs for amounts need besides. */
const OTHERS = {
  name: 'CI',
  slug: 'preview-42',
  workspace: 'preview-42',
  'key-hash': 'f0',
  'guardrail-limit-usd': '5',
  'guardrail-limit-reset': 'daily',
};

const TOO_LARGE = 'is too large: an amount in USD must not exceed 1000000';

interface AmountInput {
  folder: string;
  input: string;
  read: Reader<unknown>;
}

const AMOUNTS: readonly AmountInput[] = ACTIONS.flatMap(({ folder, schema, read }) =>
  Object.keys(schema.shape)
    .filter((field) => field.endsWith('_usd'))
    .map((field) => ({ folder, input: inputName(field), read })),
);

describe.each(AMOUNTS)('$folder/action.yml: the input $input', ({ input, read }) => {
  test.each([
    ['1000000.000000001', TOO_LARGE],
    ['1e45', TOO_LARGE],
    ['1e100', TOO_LARGE],
    [`1${'0'.repeat(100)}`, TOO_LARGE],
    ['1e-100', 'is too small: an amount in USD has at most nine decimals'],
    ['0.0000000001', 'is too small: an amount in USD has at most nine decimals'],
  ])('is rejected with %s', (text, message) => {
    const line = `${input} ${message}; given: "${text.slice(0, 100)}`;
    expect(rejectionOf(read, { ...OTHERS, [input]: text })).toEqual([
      expect.stringContaining(line),
    ]);
  });
});

const MESSAGE = 'must be an amount';
const SCHEMA = usdInput(MESSAGE);
const read = (text: string) => z.safeParse(SCHEMA, parseInput(SCHEMA, text));

test.each([
  ['0', 0],
  ['-0', 0],
  ['0.00', 0],
  ['0e-300', 0],
  ['5e-1', 0.5],
  ['0.30000000000000004', 0.3],
  ['3.3333333333333335', 3.333333333],
  ['3.3333333337', 3.333333333],
  ['0.000000001', 1e-9],
  ['999999.999999999', 999999.999999999],
  ['999999.9999999999', 999999.999999999],
  ['1e6', 1_000_000],
])('an amount of %s is sent as %d', (text, expected) => {
  expect(toJson(read(text).data)).toBe(JSON.stringify(expected));
});

test.each(['', 'x', '.5', '5.', '05', '+5', '1_000', '1,5', '$5', 'Infinity', '-0.01', '-1e-300'])(
  '%j is rejected as an amount',
  (text) => {
    expect(read(text).error?.issues).toMatchObject([{ message: MESSAGE }]);
  },
);

/** Whether what is written is 0, or an amount that is neither rounded to 0 nor too large. */
function isUsable(written: number): boolean {
  return written === 0 || (written >= 1e-9 && written <= 1_000_000);
}

test('an amount is what was written or a little less, and the same when OpenRouter returns it', () => {
  fc.assert(
    fc.property(writtenAmount, (text) => {
      const { data: amount } = read(text);
      const written = Number(text);
      expect(amount !== undefined).toBe(isUsable(written));
      if (amount === undefined) return;
      const sent = toNumber(amount);
      expect(sent <= written && toUsd(written) - amount <= 1n).toBe(true);
      expect(exactUsd(amount)).toMatch(/^\d+(\.\d{1,9})?$/);
      expect(toUsd(sent)).toBe(amount);
    }),
    { numRuns: 1_000 },
  );
});

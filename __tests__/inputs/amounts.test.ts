import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { usdAmount, usdLimit } from '../../src/inputs/amounts.ts';
import { inputName } from '../../src/inputs/read-inputs.ts';
import { exactUsd, parseUsd, toUsd, type Usd, withoutNoise } from '../../src/lib/usd.ts';
import { ACTIONS } from '../support/actions.ts';
import { writtenAmount } from '../support/amounts.ts';
import { type Reader, readWith, rejectionOf } from '../support/inputs.ts';

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

describe.each(AMOUNTS)('$folder/action.yml: the input $input', ({ folder, input, read }) => {
  /** The lines that are logged for `text`. */
  const linesFor = (text: string) => {
    const lines: string[] = [];
    const log = { info: (line: string) => lines.push(line), notice() {} };
    // Within each cap.
    const limit = input === 'preview-limit-usd' ? { 'limit-usd': '0.5' } : {};
    readWith(() => read(log), { ...OTHERS, ...limit, [input]: text });
    return lines;
  };

  // What `usage` compares limits nothing.
  const used = folder === 'usage' ? '3.333333334' : '3.333333333';

  test('is logged if it is rounded', () => {
    expect(linesFor('3.3333333337')).toEqual([
      `Rounded ${input} from 3.3333333337 to ${used}: an amount has at most nine decimals.`,
    ]);
  });

  test.each(['3.333333333', '2.50', '5e-1', '999999.999999999', '1000000'])(
    'is not logged if it is %s',
    (text) => {
      expect(linesFor(text)).toEqual([]);
    },
  );

  test.each([
    ['1000000.000000001', TOO_LARGE],
    ['1e45', TOO_LARGE],
    ['1e100', TOO_LARGE],
    [`1${'0'.repeat(100)}`, TOO_LARGE],
    ['1e-100', 'is too small: an amount in USD has at most nine decimals'],
    ['0.0000000001', 'is too small: an amount in USD has at most nine decimals'],
    ['1e-31', 'is too small: an amount in USD has at most nine decimals'],
  ])('is rejected with %s', (text, message) => {
    const line = `${input} ${message}; given: "${text.slice(0, 100)}`;
    expect(rejectionOf(read, { ...OTHERS, [input]: text })).toEqual([
      expect.stringContaining(line),
    ]);
  });
});

const MESSAGE = 'must be an amount';
const limitOf = (text: string) => z.safeParse(usdLimit(MESSAGE), text);

test.each([
  ['0', 0],
  ['-0', 0],
  ['0.00', 0],
  ['0e-300', 0],
  ['0.30000000000000004', 0.3],
  ['3.3333333333333335', 3.333333333],
  ['1.9999999999999999999', 1.999999999],
  ['0.000000001', 1e-9],
  ['999999.9999999999', 999999.999999999],
  ['1e6', 1_000_000],
])('a limit of %s is %d', (text, expected) => {
  expect(limitOf(text).data).toBe(expected);
});

test.each(['', 'x', '.5', '5.', '05', '+5', '1_000', '1,5', '$5', 'Infinity', '-0.01', '-1e-300'])(
  '%j is rejected as an amount',
  (text) => {
    for (const schema of [usdLimit(MESSAGE), usdAmount(MESSAGE)]) {
      expect(z.safeParse(schema, text).error?.issues).toMatchObject([{ message: MESSAGE }]);
    }
  },
);

const NANO = parseUsd('1e-9') as Usd;

const HIGHEST = parseUsd('1000000') as Usd;

/** Whether what is written is 0, or an amount that is neither rounded to 0 nor too large. */
function isUsable(text: string): boolean {
  const written = parseUsd(text);
  const isZero = Number(text.split('e')[0]) === 0;
  return isZero || (written !== undefined && written >= NANO && written <= HIGHEST);
}

test('a limit is what was written or a little less, and the same when OpenRouter returns it', () => {
  fc.assert(
    fc.property(writtenAmount, (text) => {
      const { data: sent } = limitOf(text);
      expect(sent !== undefined).toBe(isUsable(text));
      if (sent === undefined) return;
      const [amount, written] = [toUsd(sent) as Usd, parseUsd(text) ?? 0n];
      expect(amount <= written && written - amount < NANO).toBe(true);
      expect(exactUsd(amount)).toMatch(/^\d+(\.\d{1,9})?$/);
      const json = JSON.stringify(sent);
      expect(parseUsd(json)).toBe(amount);
      expect(withoutNoise(JSON.parse(json))).toBe(sent);
    }),
    { numRuns: 1_000 },
  );
});

test('an amount that is compared is the nearest to what was written', () => {
  fc.assert(
    fc.property(writtenAmount.filter(isUsable), (text) => {
      const amount = z.parse(usdAmount(MESSAGE), text);
      const distance = amount - (parseUsd(text) ?? 0n);
      expect(2n * (distance < 0n ? -distance : distance) <= NANO).toBe(true);
    }),
    { numRuns: 1_000 },
  );
});

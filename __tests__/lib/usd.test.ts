import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  exactUsd,
  exceeds,
  parseUsd,
  roundDown,
  roundHalfEven,
  roundUp,
  sumUsd,
  toNumber,
  toUsd,
  withoutNoise,
} from '../../src/lib/usd.ts';

/** The amount of a text that is one. */
function usd(text: string): bigint {
  const amount = parseUsd(text);
  if (amount === undefined) throw new Error(`${text} is no amount`);
  return amount;
}

test.each([
  ['0', '0'],
  ['-0', '0'],
  ['5.00', '5'],
  ['5e-7', '0.0000005'],
  ['1.5E+3', '1500'],
  ['-0.25', '-0.25'],
  ['0.123456789012345678', '0.123456789012345678'],
  ['1e-30', '0.000000000000000000000000000001'],
  ['19e-31', '0.000000000000000000000000000001'],
])('the amount %s is exactly %s', (text, exact) => {
  expect(exactUsd(usd(text))).toBe(exact);
});

test.each(['', '.5', '5.', '05', '$5', '1,5', '1e', '1e999', '0x10', ' 5', '+5'])(
  '%p is no amount',
  (text) => {
    expect(parseUsd(text)).toBeUndefined();
  },
);

test('a JSON number counts as the decimal that the server wrote', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 14 }), fc.nat(999_999_999_999_999), (scale, digits) => {
      const text = digits.toString().padStart(scale + 1, '0');
      const at = text.length - scale;
      const decimal = scale > 0 ? `${text.slice(0, at)}.${text.slice(at)}` : text;
      const parsed: unknown = JSON.parse(decimal);
      expect(toUsd(parsed)).toBe(usd(decimal));
      expect(Number(exactUsd(usd(decimal)))).toBe(parsed);
    }),
  );
});

test('the noise of binary floating point in a JSON number is no part of the amount', () => {
  expect(toUsd(0.1 + 0.2)).toBe(usd('0.3'));
  expect(sumUsd([usd('0.1'), usd('0.2')])).toBe(usd('0.3'));
});

test.each([
  ['0.300000001', '0.3', true],
  ['0.30000000000001', '0.3', false],
  ['0.3000000005', '0.3', false],
  ['0.3', '0.3', false],
  ['0.3', '0.30000000000001', false],
  ['0.00000000000001', '0', false],
  ['-0.3', '-0.300000001', true],
])('whether %s USD exceeds %s USD is %s', (amount, bound, expected) => {
  expect(exceeds(usd(amount), usd(bound))).toBe(expected);
});

test('noise decides no comparison of amounts with nine decimals', () => {
  const amount = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.maxSafeInteger());
  const noise = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
  fc.assert(
    fc.property(amount, amount, noise, noise, (a, b, noiseOfA, noiseOfB) => {
      const toAmount = (nano: number) => BigInt(nano) * usd('1e-9');
      expect(exceeds(toAmount(a) + noiseOfA, toAmount(b) + noiseOfB)).toBe(a > b);
    }),
  );
});

test.each([null, undefined, true, {}, Number.NaN, Number.POSITIVE_INFINITY, 'five'])(
  '%p in a response is no amount',
  (value) => {
    expect(toUsd(value)).toBeUndefined();
  },
);

test.each([
  ['0', '0', '0', '0'],
  ['0.123456789', '0.123456789', '0.123456789', '0.123456789'],
  ['0.1234567891', '0.123456789', '0.123456789', '0.12345679'],
  ['0.0000000009999', '0', '0.000000001', '0.000000001'],
  ['0.0000000005', '0', '0', '0.000000001'],
  ['0.0000000015', '0.000000001', '0.000000002', '0.000000002'],
  ['0.000000000500000000000000000001', '0', '0.000000001', '0.000000001'],
  // No more than 15 digits.
  ['1234567.123456785', '1234567.12345678', '1234567.12345678', '1234567.12345679'],
  ['999999.9999999995', '999999.999999999', '1000000', '1000000'],
  ['9999999999999995', '9999999999999990', '10000000000000000', '10000000000000000'],
])('%s is rounded down to %s, half to even to %s, and up to %s', (text, ...rounded) => {
  const amount = usd(text);
  expect([roundDown(amount), roundHalfEven(amount), roundUp(amount)].map(exactUsd)).toEqual(
    rounded,
  );
  expect(roundHalfEven(-amount)).toBe(-roundHalfEven(amount));
});

test('an amount that is rounded is the same after JSON, also with noise', () => {
  const scaled = fc.record({
    digits: fc.bigInt({ min: 0n, max: 10n ** 20n }),
    zeros: fc.integer({ min: 0, max: 100 }),
  });
  fc.assert(
    fc.property(scaled, fc.constantFrom(-1, 0, 1), ({ digits, zeros }, noise) => {
      const amount = roundDown(digits * 10n ** BigInt(zeros));
      const number = toNumber(amount);
      const returned: unknown = JSON.parse(JSON.stringify(number * (1 + noise * Number.EPSILON)));
      expect(withoutNoise(returned)).toBe(number);
      expect(toUsd(number)).toBe(amount);
    }),
    { numRuns: 500 },
  );
});

test.each([null, undefined, '0.30000000000001', 1e100])(
  'a limit of %p in a response has no noise',
  (limit) => {
    expect(withoutNoise(limit)).toBe(limit);
  },
);

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { exactUsd, sumUsd, toNumber, toUsd, usd } from '../../src/lib/usd.ts';

test.each([
  [0, '0'],
  [-0, '0'],
  [5, '5'],
  [5e-7, '0.0000005'],
  [-0.25, '-0.25'],
  [1_234_567.891, '1234567.891'],
  [0.123456789012345, '0.123456789'],
  [0.0000000006, '0.000000001'],
  [1e-10, '0'],
  // The noise of binary floating point.
  [0.1 + 0.2, '0.3'],
  [0.30000000000001, '0.3'],
])('the amount %d is %s', (dollars, exact) => {
  expect(exactUsd(toUsd(dollars))).toBe(exact);
});

test('sums are exact', () => {
  expect(sumUsd([toUsd(0.1), toUsd(0.2)])).toBe(toUsd(0.3));
});

test.each([null, undefined, true, {}, '0.3', Number.NaN, Number.POSITIVE_INFINITY, 1e300])(
  '%p in JSON is no amount',
  (value) => {
    expect(z.safeParse(usd, value).success).toBe(false);
  },
);

test('an amount is the same after JSON, also with noise', () => {
  const dollars = fc.integer({ min: -1_000_000, max: 1_000_000 });
  const nanos = fc.nat(999_999_999);
  fc.assert(
    fc.property(dollars, nanos, fc.constantFrom(-1, 0, 1), (whole, nano, noise) => {
      const amount = BigInt(whole) * toUsd(1) + BigInt(nano);
      const number = toNumber(amount);
      expect(String(number)).toBe(String(Number(exactUsd(amount))));
      expect(toUsd(JSON.parse(JSON.stringify(number * (1 + noise * Number.EPSILON))))).toBe(amount);
    }),
  );
});

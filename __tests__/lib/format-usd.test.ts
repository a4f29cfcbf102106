import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  columnFormat,
  formatExactUsd,
  formatUsd,
  formatUsdNextTo,
} from '../../src/lib/format-usd.ts';
import { sumUsd, toUsd, type Usd } from '../../src/lib/usd.ts';

const usd = (text: string) => toUsd(Number(text));

/** The amount that a text of this program shows. */
function shownUsd(text: string): Usd {
  return usd(text.replace('$', '').replaceAll(',', ''));
}

test.each([
  ['0', '$0.00'],
  ['0.0421', '$0.0421'],
  ['0.08', '$0.08'],
  ['0.081', '$0.081'],
  ['0.09999', '$0.10'],
  ['0.104', '$0.10'],
  ['0.125', '$0.13'],
  ['5.1', '$5.10'],
  ['999.99', '$999.99'],
  ['999.999', '$1,000.00'],
  ['1234567.891', '$1,234,567.89'],
  ['-1234.5', '-$1,234.50'],
  ['-0.0421', '-$0.0421'],
  ['-0.00001', '$0.00'],
  ['0.00001', '<$0.0001'],
  ['0.000049', '<$0.0001'],
  ['0.00005', '$0.0001'],
])('%s USD is shown as %s', (text, shown) => {
  expect(formatUsd(usd(text))).toBe(shown);
});

test.each([
  ['0', '$0.00'],
  ['0.0999999', '$0.0999'],
  ['0.109', '$0.10'],
  ['4.999', '$4.99'],
  ['0.00001', '$0.00001'],
])('%s USD that are at least available are shown as %s', (text, shown) => {
  expect(formatUsd(usd(text), 'down')).toBe(shown);
});

test.each([
  ['0', '$0.00'],
  ['0.04', '$0.04'],
  ['0.0421001', '$0.0422'],
  ['0.00001', '$0.0001'],
  ['0.0999999', '$0.10'],
  ['1.998', '$2.00'],
  ['2', '$2.00'],
])('%s USD that are available at most are shown as %s', (text, shown) => {
  expect(formatUsd(usd(text), 'up')).toBe(shown);
});

test.each([
  ['4.5', '5', '$4.50'],
  ['4.99', '5', '$4.99'],
  ['4.999', '5', '$4.999'],
  ['5', '5', '$5.00'],
  ['5.001', '5', '$5.001'],
  ['0.1234', '0.123', '$0.1234'],
  ['0.126', '0.127', '$0.126'],
  ['0.00001', '0.5', '<$0.0001'],
])('next to a limit, %s USD of %s USD are shown as %s', (amount, limit, shown) => {
  expect(formatUsdNextTo(usd(limit), usd(amount))).toBe(shown);
});

const amounts = fc.bigInt({ min: 0n, max: toUsd(10_000) });

test('an amount that is at least available is never shown as more', () => {
  fc.assert(
    fc.property(amounts, (amount) => shownUsd(formatUsd(amount, 'down')) <= amount),
    { examples: [[usd('0.0999999')]] },
  );
});

test('an amount that is available at most is never shown as less', () => {
  fc.assert(fc.property(amounts, (amount) => shownUsd(formatUsd(amount, 'up')) >= amount));
});

test('next to a limit, a shown amount compares with the limit as the amount does', () => {
  const near = fc.tuple(amounts, fc.bigInt({ min: -toUsd(0.01), max: toUsd(0.01) }));
  const orderOf = (a: Usd, b: Usd) => (a < b ? -1 : Number(a > b));
  fc.assert(
    fc.property(near, ([limit, difference]) => {
      const amount = limit + difference > 0n ? limit + difference : 0n;
      const text = formatUsdNextTo(limit, amount);
      fc.pre(!text.startsWith('<'));
      expect(orderOf(shownUsd(text), limit)).toBe(orderOf(amount, limit));
    }),
  );
});

test.each([
  [usd('0.299999999'), '$0.299999999'],
  [usd('-1234.56789'), '-$1,234.56789'],
  [usd('0.3'), '$0.30'],
])('%s is shown with all decimals as %s', (amount, shown) => {
  expect(formatExactUsd(amount)).toBe(shown);
});

test.each<[string[], string | undefined, string[]]>([
  [['1.5', '0.25'], undefined, ['$1.50', '$0.25', '$1.75']],
  // One of them is small.
  [['1.5', '0.0421'], undefined, ['$1.5000', '$0.0421', '$1.5421']],
  [['1.5', '0'], undefined, ['$1.50', '$0.00', '$1.50']],
  [['1.5', '0.00001'], undefined, ['$1.5000', '<$0.0001', '$1.5000']],
  // With two decimals, $0.33 three times would be $0.99, and not $1.00.
  [['0.333', '0.333', '0.334'], undefined, ['$0.3330', '$0.3330', '$0.3340', '$1.0000']],
  // The total has what the rows do not show.
  [['1.5'], '2.25', ['$1.5000', '$2.2500']],
])('a column of %j with the total %s is shown as %j', (texts, total, shown) => {
  const column = texts.map(usd);
  const sum = total === undefined ? sumUsd(column) : usd(total);
  const format = columnFormat(column, sum);
  expect([...column, sum].map((amount) => format(amount))).toEqual(shown);
});

test('a lower bound in a column is rounded down', () => {
  const format = columnFormat([toUsd(1)]);
  expect(format(usd('1.999'), 'down')).toBe('$1.99');
});

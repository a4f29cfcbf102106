import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { formatAge, formatChange, formatCount } from '../../src/lib/format.ts';

test.each([
  [0, '0 s'],
  [999, '0 s'],
  [61_000, '1 min 1 s'],
  [3_601_000, '1 h'],
  [90_061_000, '1 d 1 h'],
  [14 * 86_400_000, '14 d'],
  [-5_000, '0 s'],
])('formatAge(%i) is %s', (ms, shown) => {
  expect(formatAge(ms)).toBe(shown);
});

test('formatAge never shows more than the age', () => {
  const UNITS: Record<string, number> = { d: 86_400_000, h: 3_600_000, min: 60_000, s: 1_000 };
  fc.assert(
    fc.property(fc.nat(10_000 * 86_400_000), (ms) => {
      const words = formatAge(ms).split(' ');
      let shown = 0;
      for (let at = 0; at < words.length; at += 2) {
        shown += Number(words[at]) * (UNITS[words[at + 1] ?? ''] ?? Number.NaN);
      }
      expect(shown).toBeLessThanOrEqual(ms);
      expect(ms - shown).toBeLessThan(Math.max(1_000, shown));
    }),
  );
});

test.each([
  [0n, '0'],
  [999n, '999'],
  [1_000n, '1,000'],
  [1_000_050n, '1,000,050'],
  [9_007_199_254_740_993n, '9,007,199,254,740,993'],
])('formatCount(%p) is %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test.each([
  ['Old', 'New', '"Old" → "New"'],
  ['Old', null, '"Old" → null'],
  [null, undefined, 'null → not returned'],
  [undefined, 'New', '"New"'],
  [undefined, ['a'], '["a"]'],
  [['a', 'b'], ['b', 'c', 'd'], '+ ["c","d"] − ["a"]'],
  [['a'], ['a', 'b'], '+ ["b"]'],
  [['a', 'b'], ['b'], '− ["a"]'],
  // All are allowed if none is named.
  [null, ['a'], 'null → ["a"]'],
  [[], ['a'], '[] → ["a"]'],
  [['a'], [], '["a"] → []'],
  [['a', 'b'], ['b', 'a'], '["a","b"] → ["b","a"]'],
  [[{ slug: 'a' }], [{ slug: 'a' }, { slug: 'b' }], '+ [{"slug":"b"}]'],
])('the change from %j to %j is formatted as %s', (from, to, text) => {
  expect(formatChange({ field: 'x', from, to })).toBe(`x: ${text}`);
});

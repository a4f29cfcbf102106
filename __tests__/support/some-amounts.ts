import fc from 'fast-check';

/** Texts of amounts of 0 or more as an author or a script may write them, most of them with many decimals. */
export const writtenAmount: fc.Arbitrary<string> = fc
  .record({
    digits: fc.bigInt({ min: 0n, max: 10n ** 20n }),
    decimals: fc.oneof(fc.integer({ min: 0, max: 20 }), fc.constantFrom(28, 40)),
    exponent: fc.oneof(
      { weight: 3, arbitrary: fc.constant('') },
      { weight: 1, arbitrary: fc.integer({ min: -110, max: 110 }).map((power) => `e${power}`) },
    ),
  })
  .map(({ digits, decimals, exponent }) => {
    const text = digits.toString().padStart(decimals + 1, '0');
    const point = text.length - decimals;
    return `${text.slice(0, point)}${decimals > 0 ? '.' : ''}${text.slice(point)}${exponent}`;
  });

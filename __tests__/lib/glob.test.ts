import { matchesGlob } from 'node:path';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { fixedPrefix, matches } from '../../src/lib/glob.ts';

const slug = fc.stringMatching(/^[ab-]{0,12}$/);
const glob = fc.stringMatching(/^[ab*?-]{0,8}$/);

test('a glob matches the same slugs as in Node', () => {
  fc.assert(
    fc.property(glob, slug, (pattern, text) => {
      // Node takes two stars for one only if they stand alone.
      const node = pattern.replace(/\*+/g, '*');
      fc.pre(node !== '' && text !== '');
      expect(matches(pattern, text)).toBe(matchesGlob(text, node));
    }),
    { numRuns: 5_000 },
  );
});

test('an empty text is matched by an empty glob and by a star', () => {
  const globs = ['', '*', '?', 'a'];
  expect(globs.filter((pattern) => matches(pattern, ''))).toEqual(['', '*']);
});

test('a glob with many stars is matched in a short time', () => {
  expect(matches(`${'a*'.repeat(25)}b`, 'a'.repeat(50))).toBe(false);
});

test('fixedPrefix is the text before the first wildcard', () => {
  fc.assert(
    fc.property(slug, glob, (prefix, rest) => {
      expect(fixedPrefix(`${prefix}*${rest}`)).toBe(prefix);
      expect(fixedPrefix(`${prefix}?${rest}`)).toBe(prefix);
      expect(fixedPrefix(prefix)).toBe(prefix);
    }),
  );
});

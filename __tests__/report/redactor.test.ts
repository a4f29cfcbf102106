import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createRedactor } from '../../src/report/redactor.ts';
import { toHtml, toLine } from '../../src/report/text.ts';

const hex = fc.string({
  unit: fc.constantFrom(...'0123456789abcdef'),
  minLength: 64,
  maxLength: 64,
});
const letters = fc.string({
  unit: fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'),
  minLength: 36,
  maxLength: 48,
});
const secrets = fc.oneof(
  hex.map((rest) => `sk-or-v1-${rest}`),
  hex.map((rest) => `sk-or-mgmt-${rest}`),
  letters.map((rest) => `ghs_${rest}`),
  fc.tuple(letters, letters, letters).map((parts) => parts.join('.')),
);

/** A secret, and a text with parts of it, each of which has 16 characters or more. */
const shown = secrets.chain((secret) => {
  const part = fc
    .tuple(fc.nat(secret.length - 16), fc.integer({ min: 16, max: secret.length }))
    .map(([from, length]) => secret.slice(from, from + length));
  const around = fc.constantFrom(
    '',
    'Bearer ',
    '<',
    '&',
    '\\',
    '"',
    '{"key":"',
    '\n',
    '::',
    '-',
    secret[0],
  );
  const text = fc
    .array(fc.tuple(around, fc.oneof(part, fc.constant(secret))), { minLength: 1, maxLength: 4 })
    .map((pieces) => pieces.flat().join(''));
  return fc.record({ secret: fc.constant(secret), text });
});

/** Each 16 characters in a row. */
const partsOf = (text: string) =>
  Array.from({ length: Math.max(text.length - 15, 0) }, (_, at) => text.slice(at, at + 16));

test('no text shows 16 characters of a secret in a row, however much of it there is', () => {
  fc.assert(
    fc.property(shown, ({ secret, text }) => {
      const { register, redact, redactShown } = createRedactor();
      register([secret]);
      const outputs = [
        toLine(text, redactShown),
        toHtml(text, redactShown),
        redact(text),
        redact(JSON.stringify(text)),
      ];
      const parts = new Set(partsOf(secret));
      expect(outputs.flatMap(partsOf).filter((part) => parts.has(part))).toEqual([]);
    }),
    { numRuns: 500 },
  );
});

test('JSON stays JSON', () => {
  const around = fc.constantFrom('', '"', '\n', '\\', '\u0000');
  fc.assert(
    fc.property(secrets, around, around, (secret, before, after) => {
      const { register, redact } = createRedactor();
      register([secret]);
      const json = redact(JSON.stringify([before + secret + after]));
      expect(JSON.parse(json)).toEqual([`${before}***${after}`]);
    }),
  );
});

test('a text without a secret stays as it is, however much it looks like one', () => {
  const word = fc.oneof(fc.uuid(), hex, fc.nat().map(String), fc.lorem(), fc.webUrl());
  fc.assert(
    fc.property(secrets, fc.array(word, { maxLength: 40 }), (secret, words) => {
      const { register, redact } = createRedactor();
      register([secret]);
      expect(redact(words.join(' '))).toBe(words.join(' '));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['the label of the key', 'sk-or-v1-012...123'],
  ['fifteen characters of it', 'v1-0123456789ab'],
])('what is no part of a secret stays as it is: %s', (_, text) => {
  const { register, redactShown } = createRedactor();
  const secret = 'sk-or-v1-0123456789abcdef0123';
  register([secret]);
  expect(redactShown(text)).toBe(text);
  expect(redactShown(`${text} ${secret}.`)).toBe(`${text} ***.`);
});

test('of parts that overlap or follow each other, no character is left', () => {
  const { register, redact } = createRedactor();
  register(['0123456789abcdef0123|', '|def0123456789ABCDEFG']);
  expect(redact('<0123456789abcdef0123456789ABCDEFG>')).toBe('<***>');
  expect(redact('<0123456789abcdef23456789abcdef01>')).toBe('<******>');
  expect(redact('0123456789abcdef')).toBe('***');
});

test.each([
  ['in another case', (secret: string) => secret.toUpperCase()],
  ['with an end that no known key has', (secret: string) => secret],
])('a secret leaves nothing of itself %s', (_, write) => {
  const { register, redactShown } = createRedactor();
  const secret = 'sk-or-v1-0123456789abcdef0123.tail12345~end';
  register([secret]);
  expect(redactShown(`<${write(secret)}>`)).toBe('<***>');
});

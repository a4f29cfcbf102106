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

/** What can stand between two characters of a secret. */
const SEPARATORS = [
  ...[
    '<wbr>',
    '<br/>',
    '<span class="x-1">',
    '</b>',
    '&shy;',
    '&#8203;',
    '&#xad;',
    '\\n',
    '\\u200b',
    '\\u{200b}',
    '\\x0a',
    '%0A',
    '\\u001b[1;31m',
  ],
  ...[' ', '\n', '\r\n', '\t', '\u00a0', '\u00ad', '\u200b', '\u200d', '\u0000', '\u001b[0m'],
  ...['.', '-', '_', '|', '","', ', ', "'", '…'],
];
const separators = fc.oneof(
  { weight: 4, arbitrary: fc.constant('') },
  fc.constantFrom(...SEPARATORS),
  fc.array(fc.constantFrom(...SEPARATORS), { maxLength: 3 }).map((some) => some.join('')),
);

/** Lines as those of `hexdump -C`: sixteen bytes in hexadecimal, then as text. */
function dump(text: string): string {
  const rows = text.match(/.{1,16}/g) ?? [];
  return rows
    .map((row, at) => {
      const bytes = [...row].map(hexOf).join(' ');
      return `${(at * 16).toString(16).padStart(8, '0')}  ${bytes}  |${row}|`;
    })
    .join('\n');
}

const hexOf = (one: string) => one.charCodeAt(0).toString(16);

/** How a character can be written. */
const CODES: readonly ((one: string) => string)[] = [
  (one) => `&#${one.charCodeAt(0)};`,
  (one) => `&#x${hexOf(one)};`,
  (one) => `\\u00${hexOf(one)}`,
  (one) => `\\u{${hexOf(one)}}`,
  (one) => `\\x${hexOf(one)}`,
  (one) => `%${hexOf(one)}`,
];

/** A text without the codes of letters and digits. */
function decoded(text: string): string {
  const known = [...'0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'];
  return CODES.reduce(
    (rest, code) => known.reduce((left, one) => left.replaceAll(code(one), one), rest),
    text,
  );
}

/** The bytes of a text in other spellings. */
const spellings = (text: string) => {
  const bytes = Buffer.from(text);
  const hex = bytes.toString('hex');
  return [hex, hex.replace(/../g, '0x$&, '), bytes.join(), bytes.toString('base64')];
};

/** A secret, and how a server may show it. */
const shown = fc
  .tuple(secrets, fc.array(separators, { minLength: 200, maxLength: 200 }), fc.nat(15))
  .chain(([secret, between, offset]) => {
    const divide = (text: string) => [...text].map((one, at) => one + between[at]).join('');
    const rest = secret.replace(/^sk-or-[a-z0-9]+-/, '');
    const forms = [
      divide(secret),
      divide(rest),
      divide(secret.toUpperCase()),
      divide(secret.slice(offset, offset + 30)),
      ...spellings(secret),
      ...spellings(secret).map(divide),
      JSON.stringify(Buffer.from(secret)),
      Buffer.from(`${'x'.repeat(offset)}${secret}`).toString('base64url'),
      ...CODES.map((code) => [...secret].map((one, at) => code(one) + between[at]).join('')),
      dump(`${'x'.repeat(offset)}${secret}`),
    ];
    return fc.record({ secret: fc.constant(secret), form: fc.constantFrom(...forms) });
  });

const around = fc
  .array(fc.constantFrom('Bearer ', '<', '>', '&', ';', '\\', '"', '{"key":"', 'key ', '\n', '::'))
  .map((pieces) => pieces.join(''));

/** The letters and digits of `text` in lower case, without what `SEPARATORS` has. */
function lettersOf(text: string): string {
  return SEPARATORS.reduce((rest, one) => rest.replaceAll(one, ''), decoded(text))
    .replaceAll(/[^A-Za-z0-9]/g, '')
    .toLowerCase();
}

/** Parts of 16 letters and digits. */
function partsOf(text: string): string[] {
  return text.split('***').flatMap((piece) => {
    const all = lettersOf(piece);
    return Array.from({ length: Math.max(all.length - 15, 0) }, (_, at) => all.slice(at, at + 16));
  });
}

/** The text that a browser shows. */
function textOf(html: string): string {
  const characters = { '&lt;': '<', '&gt;': '>', '&quot;': '"', '&#39;': "'", '<br>': '\n' };
  return Object.entries(characters)
    .reduce((text, [entity, one]) => text.replaceAll(entity, one), html)
    .replaceAll('&amp;', '&');
}

test('no text shows 16 letters and digits of a secret, however these are divided, spelled and surrounded', () => {
  fc.assert(
    fc.property(shown, around, around, ({ secret, form }, before, after) => {
      const redactor = createRedactor();
      redactor.register([secret]);
      const text = `${before}${form}${after}`;
      // Only what is shown is made printable.
      const output = text.replaceAll('\u001b[0m', '');
      const outputs = [
        toLine(text, redactor.redactShown),
        textOf(toHtml(text, redactor.redactShown)),
        redactor.redact(output),
        JSON.parse(redactor.redact(JSON.stringify(output))),
      ];
      const secretParts = new Set([secret, ...spellings(secret)].flatMap(partsOf));
      for (const one of outputs) {
        const left = partsOf(one).find((part) => secretParts.has(part));
        expect(left).toBeUndefined();
      }
    }),
    { numRuns: 500 },
  );
});

test('a text without a secret stays as it is, however much it looks like one', () => {
  const word = fc.oneof(fc.uuid(), hex, fc.nat().map(String), fc.lorem(), fc.webUrl());
  const texts = fc.array(fc.oneof(word, fc.constantFrom(...SEPARATORS)), { maxLength: 40 });
  fc.assert(
    fc.property(secrets, texts, (secret, pieces) => {
      const { register, redact } = createRedactor();
      register([secret]);
      expect(redact(pieces.join(' '))).toBe(pieces.join(' '));
    }),
    { numRuns: 500 },
  );
});

test.each([
  ['the label of the key', 'sk-or-v1-0123456789abcdef0123', 'sk-or-v1-012...123'],
  ['fifteen letters and digits of it', 'sk-or-v1-0123456789abcdef0123', '0123-4567-89ab-cde'],
  ['one that is too short for parts', 'sk-or-v1-sandbox', 'sk or v1 sandbox'],
])('what is no part of a secret stays as it is: %s', (_, secret, text) => {
  const { register, redactShown } = createRedactor();
  register([secret]);
  expect(redactShown(text)).toBe(text);
  expect(redactShown(`${text} ${secret}.`)).toBe(`${text} ***.`);
});

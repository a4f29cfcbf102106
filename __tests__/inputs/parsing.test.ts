import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import * as z from 'zod/mini';
import { parseDuration } from '../../src/inputs/duration.ts';
import { fromText } from '../../src/inputs/from-text.ts';
import { toSlug } from '../../src/inputs/suggest.ts';
import { createWorkspaceRequest, SLUG_MAX_LENGTH } from '../../src/openrouter/workspaces.ts';

const anyText = fc.string({ unit: 'binary' });

describe('parseDuration', () => {
  test('multiplies a whole number by its unit', () => {
    const units = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
    fc.assert(
      fc.property(fc.nat(), fc.constantFrom('s', 'm', 'h', 'd'), (count, unit) => {
        expect(parseDuration(`${count}${unit}`)).toBe(count * units[unit]);
      }),
    );
  });

  test('refuses all else', () => {
    fc.assert(
      fc.property(
        anyText.filter((text) => !/^\d+[smhd]$/.test(text)),
        (text) => {
          expect(parseDuration(text)).toBeUndefined();
        },
      ),
    );
  });
});

describe('toSlug', () => {
  const { slug } = createWorkspaceRequest.shape;

  test('makes a slug of anything, or nothing', () => {
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'grapheme', maxLength: 200 })), (text) => {
        const made = toSlug(text);
        expect(made === '' || /^[a-z0-9]+(-[a-z0-9]+)*$/.test(made)).toBe(true);
        expect(made.length).toBeLessThanOrEqual(SLUG_MAX_LENGTH);
      }),
    );
  });

  test('leaves a slug as it is', () => {
    fc.assert(
      fc.property(
        fc
          .stringMatching(/^[a-z0-9]{1,9}(-[a-z0-9]{1,9}){0,4}$/)
          .filter((text) => text.length <= 50),
        (text) => {
          expect(toSlug(text)).toBe(text);
          expect(slug.safeParse(text).success).toBe(true);
        },
      ),
    );
  });
});

describe('fromText', () => {
  test('finds a boolean in six words and no others', () => {
    const words = ['true', 'True', 'TRUE', 'false', 'False', 'FALSE'];
    expect(words.map((word) => fromText(z.boolean(), word))).toEqual([
      true,
      true,
      true,
      false,
      false,
      false,
    ]);
    fc.assert(
      fc.property(
        fc
          .oneof(anyText, fc.mixedCase(fc.constantFrom('true', 'false')))
          .filter((text) => !words.includes(text)),
        (text) => {
          expect(fromText(z.boolean(), text)).toBe(text);
        },
      ),
    );
  });

  test('finds any number that JSON can hold', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (number) => {
        expect(fromText(z.number(), JSON.stringify(number))).toBe(number === 0 ? 0 : number);
      }),
    );
  });

  test('finds the same list in lines, between commas and in JSON', () => {
    const entries = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text.trim() === text && !/[\n,\r]|^\[/.test(text));
    const list = z.array(z.string());
    fc.assert(
      fc.property(fc.array(entries, { minLength: 1 }), (values) => {
        expect(fromText(list, values.join('\n'))).toEqual(values);
        expect(fromText(list, values.join(' ,'))).toEqual(values);
        expect(fromText(list, values.join('\r\n'))).toEqual(values);
        expect(fromText(list, JSON.stringify(values))).toEqual(values);
      }),
    );
  });

  test('finds null only where the schema takes it', () => {
    expect(fromText(z.optional(z.nullable(z.string())), 'null')).toBeNull();
    expect(fromText(z.string(), 'null')).toBe('null');
  });

  test('never throws', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        for (const schema of Object.values(createWorkspaceRequest.shape)) fromText(schema, text);
      }),
    );
  });
});

describe('the bounds of lengths', () => {
  test('count characters, of whatever size', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }), { maxLength: 120 }),
        (characters) => {
          const { name } = createWorkspaceRequest.shape;
          const fits = characters.length >= 1 && characters.length <= 100;
          expect(name.safeParse(characters.join('')).success).toBe(fits);
        },
      ),
    );
  });
});

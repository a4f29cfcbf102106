import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod/mini';
import { parseDuration } from '../../src/inputs/fields.ts';
import { parseInput } from '../../src/inputs/parse-input.ts';
import { suggest } from '../../src/inputs/suggest.ts';
import { parseJson } from '../../src/lib/json.ts';
import { createWorkspaceRequest } from '../../src/openrouter/resources/workspaces.ts';

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

  test('is undefined for anything else', () => {
    const others = anyText.filter((text) => !/^\d+[smhd]$/.test(text));
    fc.assert(
      fc.property(others, (text) => {
        expect(parseDuration(text)).toBeUndefined();
      }),
    );
  });
});

describe('the suggested slug', () => {
  const { slug } = createWorkspaceRequest.shape;
  const suggested = (text: string) => suggest('slug', slug, text);

  test('is a slug with as many letters and digits, or does not exist', () => {
    const count = (text: string) => text.match(/[\p{L}\p{N}]/gu)?.length;
    fc.assert(
      fc.property(fc.oneof(anyText, fc.string({ unit: 'grapheme', maxLength: 60 })), (text) => {
        const found = suggested(text);
        if (found === undefined) return;
        expect(slug.safeParse(found).success).toBe(true);
        expect(count(found)).toBe(count(text.normalize('NFKD')));
      }),
    );
  });

  test('has a hyphen for each character between its groups', () => {
    const group = fc.stringMatching(/^[A-Z][a-z0-9]{1,7}$/);
    fc.assert(
      fc.property(fc.array(group, { minLength: 1, maxLength: 5 }), (groups) => {
        for (const character of ['-', '_', '/', ' ', '.']) {
          expect(suggested(groups.join(character))).toBe(groups.join('-').toLowerCase());
        }
      }),
    );
  });

  test('does not exist if a group is empty, as an expression can be', () => {
    const group = fc.stringMatching(/^[A-Za-z0-9]{0,8}$/);
    const withGap = fc
      .array(group, { minLength: 2, maxLength: 5 })
      .filter((all) => all.includes(''));
    fc.assert(
      fc.property(withGap, fc.constantFrom('-', '_', '/', ' ', '.'), (groups, character) => {
        expect(suggested(groups.join(character))).toBeUndefined();
      }),
    );
  });
});

describe('parseInput', () => {
  test('reads no other words as a boolean than six', () => {
    const words = ['true', 'True', 'TRUE', 'false', 'False', 'FALSE'];
    const others = fc
      .oneof(anyText, fc.mixedCase(fc.constantFrom('true', 'false')))
      .filter((text) => !words.includes(text));
    fc.assert(
      fc.property(others, (text) => {
        expect(parseInput(z.boolean(), text)).toBe(text);
      }),
    );
  });

  test('reads a number exactly if JSON does', () => {
    const fromJson = (text: string) => {
      const value = parseJson(text);
      return typeof value === 'number' ? value : text;
    };
    const likely = fc.string({ unit: fc.constantFrom(...'0123456789.eE+-x'), maxLength: 6 });
    const texts = fc.oneof(
      likely,
      anyText.map((text) => text.trim()),
    );
    fc.assert(
      fc.property(texts, (text) => {
        expect(parseInput(z.number(), text)).toBe(fromJson(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('reads the same list from lines, from commas and from JSON', () => {
    const entries = fc
      .string({ unit: 'grapheme', minLength: 1 })
      .filter((text) => text.trim() === text && !/[\n,\r]|^\[/.test(text));
    const list = z.array(z.string());
    fc.assert(
      fc.property(fc.array(entries, { minLength: 1 }), (values) => {
        expect(parseInput(list, values.join('\n'))).toEqual(values);
        expect(parseInput(list, values.join(' ,'))).toEqual(values);
        expect(parseInput(list, values.join('\r\n'))).toEqual(values);
        expect(parseInput(list, JSON.stringify(values))).toEqual(values);
      }),
    );
  });

  test('reads null only if the schema accepts it', () => {
    expect(parseInput(z.optional(z.nullable(z.string())), 'null')).toBeNull();
    expect(parseInput(z.string(), 'null')).toBe('null');
  });
});

describe('an object', () => {
  const object = z.looseObject({});
  const read = (text: string) => parseInput(object, text);
  const name = fc.stringMatching(/^[a-z]{1,6}_[a-z]{1,6}$/);
  const objects = fc.dictionary(name, fc.jsonValue({ stringUnit: 'binary' }), {
    minKeys: 1,
    maxKeys: 5,
  });
  const linesOf = (fields: object) =>
    Object.entries(fields).map(([field, value]) => `${field}: ${JSON.stringify(value)}`);

  test('is read as JSON or as lines, with the meaning that these have as YAML', () => {
    const separators = fc.constantFrom('\n', '\r\n', '\n\n', '\n  # Why\n');
    fc.assert(
      fc.property(objects, separators, (fields, between) => {
        const sent = JSON.parse(JSON.stringify(fields));
        for (const text of [JSON.stringify(fields), JSON.stringify(fields, null, 2)]) {
          expect(read(text)).toEqual(sent);
        }
        const lines = linesOf(fields).join(between);
        expect(read(lines)).toEqual(sent);
        expect(parseYaml(lines)).toEqual(sent);
      }),
    );
  });

  test('is read from any text as YAML would read it, or not at all', () => {
    const piece = fc.oneof(
      fc.constantFrom('a_b', ': ', '  ', '- ', 'true', ...': \n#"{}[],1~'),
      objects.map((fields) => linesOf(fields).join('\n')),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const text = pieces.join('').trim();
        const value = read(text);
        if (typeof value !== 'string') expect(value).toEqual(parseYaml(text) ?? {});
      }),
    );
  });

  test.each([
    ['a list below its name', 'a_b:\n  - 1', 'a_b:'],
    ['a nested name', 'a_b: 1\n  c_d: 2', '  c_d: 2'],
    ['a text without quotes', 'a_b: c'],
    ['no value', 'a_b:'],
    ['no space after the name', 'a_b:1'],
    ['a name twice', 'a_b: 1\na_b: 2'],
    ['a comment after a value', 'a_b: 1 # one'],
    ['a value of several lines', 'a_b: [\n1]', 'a_b: ['],
    ['an object after a field', 'a_b: 1\n{"c_d": 2}', '{"c_d": 2}'],
    ['two values in a line', 'a_b: 1, "c_d": 2'],
    ['a list', '[{"a_b": 1}]'],
    ['more than one object', '{}{}'],
    ['a text', 'a_b'],
  ])('is not read from %s: the part at fault is returned', (_, text, part = text) => {
    expect(read(text)).toBe(part);
  });
});

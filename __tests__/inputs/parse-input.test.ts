import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse as parseYaml } from 'yaml';
import * as z from 'zod/mini';
import { parseInput } from '../../src/inputs/parse-input.ts';
import { suggest } from '../../src/inputs/suggest.ts';
import { parseJson } from '../../src/lib/json.ts';
import { createWorkspaceRequest } from '../../src/openrouter/resources/workspaces.ts';

const anyText = fc.string({ unit: 'binary' });

const { slug } = createWorkspaceRequest.shape;
const suggested = (text: string) => suggest('slug', slug, text);

test('the suggested slug is a slug with as many letters and digits, or does not exist', () => {
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

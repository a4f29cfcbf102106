import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type BoundedJson,
  describeOmitted,
  MAX_VALUE_BYTES,
  toJsonList,
  toJsonObject,
} from '../../src/report/outputs.ts';

/** Texts that together are often larger than an output may be, with characters of 1 to 4 bytes. */
const texts = fc.record({
  unit: fc.constantFrom('a', '"', 'é', '日', '🎈', '\u2028'),
  size: fc.nat(20_000),
});
const textOf = ({ unit, size }: { unit: string; size: number }) => unit.repeat(size);

/** Expects that the output is below the limit, and that the next larger one would not be. */
function expectFull({ json, shown, total }: BoundedJson, next: string): void {
  const size = Buffer.byteLength(json);
  expect(size).toBeLessThan(MAX_VALUE_BYTES);
  if (shown < total) expect(size + Buffer.byteLength(next) + 1).toBeGreaterThanOrEqual(60_000);
}

test('the limit has room below the 64 KiB that Forgejo and Gitea accept', () => {
  expect(MAX_VALUE_BYTES).toBe(60_000);
});

describe('a list as JSON', () => {
  const lists = fc.oneof(
    fc.array(texts, { maxLength: 30 }),
    fc.tuple(texts, fc.nat(300)).map(([text, count]) => Array(count).fill(text)),
    // Of such entries, brackets and commas are a large part.
    fc.nat(10_000).map((count) => Array(count).fill({ unit: '', size: 0 })),
  );

  test('has the first entries, as many as fit', () => {
    fc.assert(
      fc.property(lists, (list) => {
        const entries = list.map((text) => ({ name: textOf(text) }));
        const output = toJsonList(entries, 'names');
        expect(JSON.parse(output.json)).toEqual(entries.slice(0, output.shown));
        expect(output.total).toBe(entries.length);
        expectFull(output, JSON.stringify(entries[output.shown]) ?? '');
      }),
      { numRuns: 300 },
    );
  });
});

describe('an object as JSON', () => {
  const RANKS = [
    ['id', 'slug', 'name'],
    ['known', 'flag'],
  ];
  const identity = { id: '1', slug: 'preview-é', name: 'Preview 🎈' };
  const fields = fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('known', 'flag')), texts, {
    maxKeys: 15,
  });

  test('is whole if it fits', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const { json, shown, total } = toJsonObject(value, RANKS);
        expect(json).toBe(JSON.stringify(value));
        expect(shown).toBe(total);
      }),
    );
  });

  test('keeps its order and what identifies it, and lacks only what does not fit', () => {
    fc.assert(
      fc.property(fields, (shapes) => {
        const texts = Object.entries(shapes).map(([name, shape]) => [name, textOf(shape)]);
        const value = { ...Object.fromEntries(texts), ...identity };
        const output = toJsonObject(value, RANKS);
        const parsed = JSON.parse(output.json);
        expect(parsed).toMatchObject(identity);
        const all = Object.entries(value);
        const shown = all.filter(([name]) => Object.hasOwn(parsed, name));
        expect(Object.entries(parsed)).toEqual(shown);
        expect([output.shown, output.total]).toEqual([shown.length, all.length]);
        for (const field of all.filter(([name]) => !Object.hasOwn(parsed, name))) {
          expectFull(output, JSON.stringify(Object.fromEntries([field])).slice(1, -1));
        }
      }),
      { numRuns: 300 },
    );
  });

  test.each([
    ['an unknown field before a larger known one', { unknown: 20_000, known: 50_000 }, ['known']],
    ['the largest of several known fields', { flag: 40_000, known: 30_000 }, ['known']],
    ['the largest of several unknown fields', { a: 30_000, b: 31_000, c: 10_000 }, ['a', 'c']],
    ['a field that is too large alone', { known: 60_000, flag: 5, a: 5 }, ['flag', 'a']],
  ])('lacks %s', (_, sizes, names) => {
    const fields = Object.entries(sizes).map(([name, size]) => [name, 'x'.repeat(size)]);
    const { json } = toJsonObject({ ...Object.fromEntries(fields), ...identity }, RANKS);
    expect(Object.keys(JSON.parse(json))).toEqual([...names, 'id', 'slug', 'name']);
  });
});

test('what outputs lack is described, and nothing of those that are complete', () => {
  const part = { json: '[]', shown: 412, total: 1_200, items: 'workspaces' };
  const whole = { json: '[]', shown: 0, total: 0, items: 'workspaces' };
  expect(describeOmitted({ kept: part, failed: whole, count: '3' })).toEqual([
    'The output kept lacks 788 of 1200 workspaces: it is limited to 60 kB.',
  ]);
});

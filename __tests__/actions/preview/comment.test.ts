import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommentData,
  type CommentFacts,
  checkDeletions,
  type DeletionRecord,
  formatMarker,
  limitComment,
  mergeComment,
  NO_DATA,
  readComment,
  totalOf,
} from '../../../src/actions/preview/comment.ts';
import { exactUsd, parseUsd, type Usd } from '../../../src/lib/usd.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import { keyOf as keyIn, muchData, rememberedOf, someData } from '../../support/preview-comment.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const workspace = { id: ID, slug: 'preview-shop-42' };
const PREFIX = 'e2d4c6b8a0';

const keyOf = (fields: Partial<Key> = {}) => keyIn(workspace, fields);
const dataOf = (keys: readonly Key[], deletion: DeletionRecord | null = null) =>
  rememberedOf({ workspace, keys }, { deletion });

const unfinished: DeletionRecord = { state: 'unfinished', at: 1_790_000_000, run: '17.1' };
const finished: DeletionRecord = { ...unfinished, state: 'finished' };

const keysIn = ({ workspaces }: CommentData) =>
  Object.entries(workspaces).flatMap(([id, { keys }]) =>
    Object.entries(keys).map(([prefix, spent]) => [`${id} ${prefix}`, spent] as const),
  );

describe('the merge of two comments', () => {
  const equal = (a: CommentData, b: CommentData) => expect(a).toEqual(b);

  test('is commutative, associative and idempotent, and nothing is its neutral element', () => {
    fc.assert(
      fc.property(someData, someData, someData, (a, b, c) => {
        equal(mergeComment(a, b), mergeComment(b, a));
        equal(mergeComment(mergeComment(a, b), c), mergeComment(a, mergeComment(b, c)));
        equal(mergeComment(a, a), a);
        equal(mergeComment(a, NO_DATA), a);
      }),
      { numRuns: 100 },
    );
  });

  test('has the cap of the run that created the newer key, also if that had none', () => {
    const capOf = (cap: string | null, created_at: string) =>
      rememberedOf(
        { workspace, keys: [keyOf({ created_at })] },
        { own: { hash: keyOf().hash, cap } },
      );
    const older = capOf('5', '2026-10-01T12:00:00Z');
    for (const cap of [null, '7']) {
      const merged = mergeComment(capOf(cap, '2026-10-01T12:00:01Z'), older);
      expect(merged.workspaces[ID]?.cap?.usd).toBe(cap);
    }
    expect(mergeComment(older, dataOf([keyOf()])).workspaces[ID]?.cap?.usd).toBe('5');
  });

  test('has the cap of a run that got no key only if no key has one', () => {
    const keys = [keyOf({ created_at: '2026-10-01T12:00:00Z' })];
    const capOf = (hash: string | undefined, cap: string | null) =>
      rememberedOf({ workspace, keys }, { own: { hash, cap } });
    const capIn = (data: CommentData) => data.workspaces[ID]?.cap?.usd;
    const without = capOf(undefined, '5');
    expect(capIn(mergeComment(without, dataOf(keys)))).toBe('5');
    expect(capOf(undefined, null)).toEqual(dataOf(keys));
    for (const cap of [null, '7', '3']) {
      expect(capIn(mergeComment(without, capOf(keyOf().hash, cap)))).toBe(cap);
    }
  });

  test('has each key of both with the larger amount', () => {
    fc.assert(
      fc.property(someData, someData, (a, b) => {
        const amounts = new Map<string, Usd>();
        const usdOf = (spent: string | null) => (spent === null ? -1n : (parseUsd(spent) as Usd));
        for (const [key, spent] of [...keysIn(a), ...keysIn(b)]) {
          const amount = usdOf(spent);
          if (amount > (amounts.get(key) ?? -2n)) amounts.set(key, amount);
        }
        const found = keysIn(mergeComment(a, b)).map(
          ([key, spent]) => [key, usdOf(spent)] as const,
        );
        expect(new Map(found)).toEqual(amounts);
      }),
      { numRuns: 100 },
    );
  });

  test.each<[string, DeletionRecord | null, DeletionRecord]>([
    ['one, if the other has none', null, unfinished],
    ['the one that finished', { ...unfinished, at: 2e9 }, finished],
    ['the later one', finished, { ...finished, at: 1_790_000_001 }],
    ['the one of the later run', finished, { ...finished, run: '17.2' }],
  ])('has of two deletions %s', (_, other, expected) => {
    const merged = mergeComment(dataOf([], expected), dataOf([], other));
    expect(merged.workspaces[ID]?.deletion).toEqual(expected);
  });
});

describe('the data in a comment', () => {
  test('is read as it was written, in plain ASCII that nothing ends early', () => {
    fc.assert(
      fc.property(someData, fc.string(), (data, rest) => {
        const marker = formatMarker(data);
        expect(marker).toMatch(/^<!-- openrouter-preview:v1 [ !-"$-;=?A-~]+ -->$/);
        expect(readComment(`${marker}\n${rest}`)).toEqual(data);
      }),
      { numRuns: 100 },
    );
  });

  test('has of keys only the amounts, of a deletion its state, its time and its run, and the cap', () => {
    expect(formatMarker(dataOf([keyOf()], finished))).toBe(
      `<!-- openrouter-preview:v1 {"isCut":false,"workspaces":{"${ID}":{"slug":"preview-shop-42","deletion":{"state":"finished","at":1790000000,"run":"17.1"},"cap":null,"keys":{"${PREFIX}":"0.25"},"jobs":[]}}} -->`,
    );
  });

  const marker = formatMarker(dataOf([keyOf()], unfinished));
  test.each<[string, string]>([
    ['a body with something before the marker', ` ${marker}`],
    ['a quoted marker', `> ${marker}`],
    ['a marker of another version', marker.replace('v1', 'v2')],
    ['a marker without its end', marker.replace('-->', '')],
    ['a marker without JSON', '<!-- openrouter-preview:v1 {"isCut": -->'],
    ['data without workspaces', '<!-- openrouter-preview:v1 {"isCut":false} -->'],
    [
      'data whose workspaces are no object',
      '<!-- openrouter-preview:v1 {"isCut":false,"workspaces":[]} -->',
    ],
    ['an id that is none', marker.replace(ID, 'x')],
    ['__proto__ as an id', marker.replace(ID, '__proto__')],
    ['a prefix that is none', marker.replace(PREFIX, 'x y')],
    ['a prefix that is too long', marker.replace(PREFIX, `${PREFIX}f`)],
    ['a slug that is none', marker.replace('preview-shop', '[x](y)')],
    ['an amount that is none', marker.replace('"0.25"', '"1e999"')],
    ['an amount with a leading zero', marker.replace('"0.25"', '"00.25"')],
    ['a negative amount', marker.replace('"0.25"', '"-1"')],
    ['an amount that is too long', marker.replace('"0.25"', `"${'9'.repeat(41)}"`)],
    ['an unknown state of a deletion', marker.replace('"unfinished"', '"begun"')],
    ['a run that is none', marker.replace('"17.1"', '"../1"')],
    ['a time that is none', marker.replace('1790000000', '1e300')],
    ['data that are too long', marker.replace(PREFIX, `${'x'.repeat(65_536)}`)],
  ])('%s has no data', (_, body) => {
    expect(body).not.toBe(marker);
    expect(readComment(body)).toBeUndefined();
  });
});

describe('what is remembered of a workspace', () => {
  test('is the beginning of the hash of each key with its amount as an exact decimal', () => {
    expect(dataOf([keyOf({ usage: 5e-7 })])).toEqual({
      isCut: false,
      workspaces: {
        [ID]: {
          slug: workspace.slug,
          deletion: null,
          cap: null,
          keys: { [PREFIX]: '0.0000005' },
          jobs: [],
        },
      },
    });
  });

  test.each<[string, Partial<Key>]>([
    ['without a counter', { usage: undefined }],
    ['with a text as a counter', { usage: 'much' }],
    ['with a counter that is longer than any', { usage: 1e60 }],
    ['with a negative counter', { usage: -1 }],
  ])('has an unknown amount for a key %s', (_, fields) => {
    const data = dataOf([keyOf(), keyOf({ hash: 'other', ...fields })], finished);
    expect(keysIn(data).map(([, spent]) => spent)).toEqual(['0.25', null]);
    expect(shown({ data })).toBe('at least 0.25');
  });
});

/** The total of facts; without further ones, no workspace exists. */
function shown(facts: Pick<CommentFacts, 'data'> & Partial<CommentFacts>): string {
  const { amount, isComplete } = totalOf({ existing: [], isBeingDeleted: false, ...facts });
  return `${isComplete ? '' : 'at least '}${exactUsd(amount)}`;
}

describe('the total', () => {
  test('is exact', () => {
    const keys = Array.from({ length: 10 }, (_, at) => keyOf({ hash: `${at}`, usage: 0.1 }));
    expect(shown({ data: dataOf(keys, finished) })).toBe('1');
  });

  test.each<[DeletionRecord | null, string]>([
    [finished, '0.25'],
    [unfinished, 'at least 0.25'],
    [null, 'at least 0.25'],
  ])('of a workspace that does not exist, after the deletion %j, is %s', (deletion, expected) => {
    expect(shown({ data: dataOf([keyOf()], deletion) })).toBe(expected);
  });

  const keys = [keyOf()];
  const existing = [{ workspace, keys }];

  test('of a workspace that exists is complete also after a deletion that did not finish', () => {
    expect(shown({ data: dataOf(keys, unfinished), existing })).toBe('0.25');
  });

  test('of a workspace that is about to be deleted is a lower bound', () => {
    expect(shown({ data: dataOf(keys), existing, isBeingDeleted: true })).toBe('at least 0.25');
  });

  test('is a lower bound if a key is remembered that is not listed', () => {
    const data = dataOf([...keys, keyOf({ hash: 'gone' })]);
    expect(shown({ data, existing })).toBe('at least 0.5');
  });

  test('is a lower bound if the hashes of two keys begin alike', () => {
    const alike = [keyOf(), keyOf({ hash: `${PREFIX}9` })];
    const data = dataOf(alike);
    expect(shown({ data, existing: [{ workspace, keys: alike }] })).toBe('at least 0.25');
  });
});

const stateAfter = (remembered: readonly Key[]) =>
  checkDeletions(dataOf([keyOf()], finished), dataOf(remembered)).workspaces[ID]?.deletion;

test('a deletion that finished is one only if this run has read all keys that are remembered', () => {
  expect(stateAfter([keyOf()])).toEqual(finished);
  expect(stateAfter([])).toEqual(finished);
  expect(stateAfter([keyOf(), keyOf({ hash: 'gone' })])).toEqual(unfinished);
});

describe('data that are limited', () => {
  test('are unchanged without a limit', () => {
    fc.assert(
      fc.property(someData, (data) => {
        expect(limitComment(data)).toEqual(data);
      }),
      { numRuns: 100 },
    );
  });

  test('fit, say that something was left out, and are the same if they are limited again', () => {
    fc.assert(
      fc.property(muchData, fc.integer({ min: 12_000, max: 60_000 }), (data, max) => {
        const limited = limitComment(data, max);
        expect(formatMarker(limited).length).toBeLessThanOrEqual(max);
        const left = keysIn(data).length - keysIn(limited).length;
        if (left > 0) expect(limited.isCut).toBe(true);
        expect(formatMarker(limitComment(limited, max)) === formatMarker(limited)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });

  test('are without unknown amounts first, then without the smallest', () => {
    const amounts = [0.5, undefined, 0.1, 2];
    const keys = amounts.map((usage, at) => keyOf({ hash: `key${at}`, usage }));
    const data = dataOf(keys);
    const { length } = formatMarker(data);
    const left = (max: number) => Object.keys(limitComment(data, max).workspaces[ID]?.keys ?? {});
    expect(left(length + 1)).toEqual(['key0', 'key1', 'key2', 'key3']);
    expect(left(length - 1)).toEqual(['key0', 'key2', 'key3']);
    expect(left(length - '"key1":null,'.length - 1)).toEqual(['key0', 'key3']);
  });

  test('have 40 workspaces at most, first those that may exist', () => {
    const idOf = (at: number) => ID.slice(0, -2) + String(at).padStart(2, '0');
    const all = Array.from({ length: 42 }, (_, at) =>
      rememberedOf(
        { workspace: { ...workspace, id: idOf(at) }, keys: [] },
        { deletion: at < 40 ? finished : null },
      ),
    ).reduce(mergeComment);
    const ids = Object.keys(limitComment(all).workspaces);
    expect(ids).toHaveLength(40);
    expect(ids.slice(0, 3)).toEqual([idOf(40), idOf(41), idOf(0)]);
  });
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type CommentData,
  findMissing,
  formatMarker,
  mergeComment,
  NO_DATA,
  observe,
  readComment,
  totalOf,
} from '../../../src/actions/preview/comment.ts';
import { parseUsd, type Usd } from '../../../src/lib/usd.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import { someData } from '../../support/preview-comment.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const workspace = { id: ID, slug: 'preview-shop-42' };

const keyOf = (fields: Partial<Key> = {}): Key => ({
  hash: 'e2d4c6b8a09182736455',
  name: 'CI',
  label: 'sk-or-v1-e2d...455',
  workspace_id: ID,
  created_at: '2026-10-01T12:00:00Z',
  usage: 0.25,
  limit: 1,
  ...fields,
});

const keysIn = ({ workspaces }: CommentData) =>
  Object.entries(workspaces).flatMap(([id, { keys }]) =>
    Object.entries(keys).map(([hash, { spent }]) => [`${id} ${hash}`, spent] as const),
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

  test('has each key of both with the larger amount, and each deletion', () => {
    fc.assert(
      fc.property(someData, someData, (a, b) => {
        const merged = mergeComment(a, b);
        const amounts = new Map<string, Usd>();
        for (const [key, spent] of [...keysIn(a), ...keysIn(b)]) {
          const amount = spent === null ? -1n : (parseUsd(spent) as Usd);
          if (amount > (amounts.get(key) ?? -2n)) amounts.set(key, amount);
        }
        const found = keysIn(merged).map(
          ([key, spent]) => [key, spent === null ? -1n : parseUsd(spent)] as const,
        );
        expect(new Map(found)).toEqual(amounts);
        for (const [id, { deletion }] of Object.entries(merged.workspaces)) {
          const all = [a, b].map(({ workspaces }) => workspaces[id]?.deletion);
          const latest = ['finished', 'unfinished', 'none'].find((one) =>
            all.includes(one as never),
          );
          expect(deletion).toBe(latest);
        }
      }),
      { numRuns: 100 },
    );
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

  const marker = formatMarker(observe(workspace, [keyOf()], 'none'));
  test.each<[string, string]>([
    ['a body with something before the marker', ` ${marker}`],
    ['a quoted marker', `> ${marker}`],
    ['a marker of another version', marker.replace('v1', 'v2')],
    ['a marker without its end', marker.replace('-->', '')],
    ['a marker without JSON', '<!-- openrouter-preview:v1 {"isCut": -->'],
    ['data without workspaces', '<!-- openrouter-preview:v1 {"isCut":false} -->'],
    ['an id that is none', marker.replace(ID, 'x')],
    ['a hash that is none', marker.replace('e2d4c6b8a0918273', 'x y')],
    ['a slug that is none', marker.replace('preview-shop', '[x](y)')],
    ['an amount that is none', marker.replace('"0.25"', '"1e999"')],
    ['an amount that is too long', marker.replace('"0.25"', `"${'9'.repeat(41)}"`)],
    ['an unknown kind of deletion', marker.replace('"none"', '"begun"')],
    ['data that are too long', marker.replace('"CI"', `"${'x'.repeat(65_536)}"`)],
  ])('%s has no data', (_, body) => {
    expect(body).not.toBe(marker);
    expect(readComment(body)).toBeUndefined();
  });
});

describe('what is known of a workspace', () => {
  test('has the beginning of the hash, the amounts as exact decimals, the name, and the time', () => {
    const data = observe(workspace, [keyOf({ usage: 5e-7 })], 'finished');
    const row = { at: 1_790_856_000, limit: '1', name: 'CI' };
    const keys = { e2d4c6b8a0918273: { spent: '0.0000005', row } };
    const known = { slug: workspace.slug, deletion: 'finished', keys };
    expect(data).toEqual({ isCut: false, workspaces: { [ID]: known } });
  });

  test.each<[string, Partial<Key>]>([
    ['without a counter', { usage: undefined }],
    ['with a text as a counter', { usage: 'much' }],
    ['with a counter that is longer than any', { usage: 1e60 }],
  ])('has an unknown amount for a key %s', (_, fields) => {
    const data = observe(workspace, [keyOf(), keyOf({ hash: 'other', ...fields })], 'none');
    expect(keysIn(data).map(([, spent]) => spent)).toEqual(['0.25', null]);
    expect(totalOf(data)).toEqual({ amount: parseUsd('0.25'), isComplete: false });
  });

  test('has no limit and no time for a key without them', () => {
    const { keys } = observe(workspace, [keyOf({ limit: null, created_at: undefined })], 'none')
      .workspaces[ID] as CommentData['workspaces'][string];
    expect(Object.values(keys)[0]?.row).toEqual({ at: 0, limit: null, name: 'CI' });
  });
});

describe('a workspace whose deletion no one recorded', () => {
  const known = observe(workspace, [keyOf()], 'none');
  const deletionAfter = (
    data: CommentData,
    facts: { slug?: string; existing?: string | undefined },
  ) => {
    const missing = findMissing(data, { slug: workspace.slug, existing: undefined, ...facts });
    return mergeComment(data, missing).workspaces[ID];
  };

  test('is missing once its slug is free or has another workspace, and keeps its keys', () => {
    const { keys } = known.workspaces[ID] as CommentData['workspaces'][string];
    const expected = { slug: workspace.slug, deletion: 'unfinished', keys };
    expect(deletionAfter(known, {})).toEqual(expected);
    expect(deletionAfter(known, { existing: ID.replace('3', '4') })).toEqual(expected);
  });

  test('is not missing while it exists, and nothing is known if it has another slug', () => {
    expect(deletionAfter(known, { existing: ID })?.deletion).toBe('none');
    expect(deletionAfter(known, { slug: 'other-42' })?.deletion).toBe('none');
  });

  test('is not a workspace whose deletion finished', () => {
    expect(deletionAfter(observe(workspace, [], 'finished'), {})?.deletion).toBe('finished');
  });
});

describe('the total', () => {
  test('is exact', () => {
    const keys = Array.from({ length: 10 }, (_, at) => keyOf({ hash: `${at}`, usage: 0.1 }));
    expect(totalOf(observe(workspace, keys, 'none'))).toEqual({
      amount: parseUsd('1'),
      isComplete: true,
    });
  });

  test('is complete after a deletion that finished, and a lower bound after one that did not', () => {
    const isComplete = (deletion: 'unfinished' | 'finished') =>
      totalOf(observe(workspace, [keyOf()], deletion)).isComplete;
    expect(isComplete('finished')).toBe(true);
    expect(isComplete('unfinished')).toBe(false);
  });
});

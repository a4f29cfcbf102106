import { expect, test } from '@jest/globals';
import {
  findOrphans,
  mayBeCreatedSince,
  type OrphanCriteria,
  preexistingHashes,
} from '../../../src/actions/key/orphans.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';

const SINCE = Date.UTC(2026, 0, 1);
const SEARCH: OrphanCriteria = {
  workspace: { id: 'w', slug: 'preview-42' },
  desired: { name: 'CI', workspace_id: 'w', expires_at: '2026-01-01T06:00:00.500Z' },
  nameIsRandom: false,
  isDistinguishable: true,
  since: SINCE,
  preexistingHashes: [],
  lostPosts: 1,
};
const keyOf = (fields: Record<string, unknown> = {}): Key => ({
  hash: 'a',
  name: 'CI',
  label: 'sk-or-v1-0e6...1c96',
  workspace_id: 'w',
  limit: null,
  expires_at: SEARCH.desired.expires_at,
  ...fields,
});
const SECONDS = '2026-01-01T06:00:00Z';
const NEXT_SECOND = '2026-01-01T06:00:01.000Z';
const KEEPS_MS = keyOf({ name: 'Other', expires_at: '2030-01-01T00:00:00.123Z' });

/** Whether `key` is found, in a list that also has `others`. */
const isFound = (key: Key, search: Partial<OrphanCriteria> = {}, others: Key[] = []) =>
  findOrphans([key, ...others], { ...SEARCH, ...search }, () => true).keys.includes(key);

test.each<[boolean, string, Record<string, unknown>, Partial<OrphanCriteria['desired']>]>([
  [true, 'the same name and expiry', {}, {}],
  [true, 'no limit, if none was requested', { limit: undefined }, {}],
  [true, 'the requested limit', { limit: 5 }, { limit: 5 }],
  [true, 'null as its expiry, if none was requested', { expires_at: null }, { expires_at: null }],
  [true, 'no expiry, if none was requested', { expires_at: undefined }, { expires_at: null }],
  [true, 'the expiry in another form', { expires_at: '2026-01-01T07:00:00.5+01:00' }, {}],
  [true, 'the expiry rounded down to a second', { expires_at: SECONDS }, {}],
  [true, 'the expiry rounded up to a second', { expires_at: '2026-01-01T06:00:01Z' }, {}],
  [false, 'another name', { name: 'ci' }, {}],
  [false, 'a limit, if none was requested', { limit: 0 }, {}],
  [false, 'another limit', { limit: 6 }, { limit: 5 }],
  [false, 'no limit, if one was requested', { limit: undefined }, { limit: 5 }],
  [false, 'an expiry, if none was requested', {}, { expires_at: null }],
  [false, 'no expiry, if one was requested', { expires_at: null }, {}],
  [false, 'an expiry that is no time', { expires_at: 'soon' }, {}],
  [false, 'other milliseconds in its expiry', { expires_at: '2026-01-01T06:00:00.501Z' }, {}],
  [false, 'an expiry of another second', { expires_at: '2026-01-01T06:00:02Z' }, {}],
  [false, 'an expiry a second away', { expires_at: SECONDS }, { expires_at: NEXT_SECOND }],
])('whether a key is an orphan of the step is %s with %s', (expected, _, fields, desired) => {
  const search = { desired: { ...SEARCH.desired, ...desired } };
  expect(isFound(keyOf(fields), search)).toBe(expected);
});

test('a key with the same random name is an orphan, whatever its limit and expiry', () => {
  expect(isFound(keyOf({ limit: 7, expires_at: null }), { nameIsRandom: true })).toBe(true);
});

test('a key with a whole second as its expiry is no orphan if another one has milliseconds', () => {
  expect(isFound(keyOf({ expires_at: SECONDS }), {}, [KEEPS_MS])).toBe(false);
});

test('a key that existed before is no orphan', () => {
  expect(findOrphans([keyOf()], SEARCH, () => false)).toEqual({ keys: [], isConclusive: true });
});

test.each([
  [1, true, 1, true],
  [2, true, 2, true],
  [2, true, 1, false],
  [1, false, 1, false],
])(
  'that %i keys are orphans (unique request: %s, at most %i lost) is certain: %s',
  (count, isDistinguishable, lostPosts, isConclusive) => {
    const keys = Array.from({ length: count }, (_, at) => keyOf({ hash: String(at) }));
    const found = findOrphans(keys, { ...SEARCH, isDistinguishable, lostPosts }, () => true);
    expect(found).toEqual({ keys, isConclusive });
  },
);

const at = (ms: number) => keyOf({ created_at: new Date(SINCE + ms).toISOString() });

test.each([
  ['if it was created later', at(60_000), SINCE, true],
  ['but not if it was created before', at(-1_001), SINCE, false],
  ['if it has no created_at', keyOf(), SINCE, true],
  ['if OpenRouter did not send its time', at(-60_000), undefined, true],
])('a key may have been created since the step began %s', (_, key, since, expected) => {
  expect(mayBeCreatedSince(key, { since })).toBe(expected);
});

test('only keys with the name of the step, from the moment before it, are saved as known', () => {
  const recent = new Date(SINCE).toISOString();
  const keys = [
    keyOf({ hash: 'recent', created_at: recent }),
    keyOf({ hash: 'unknown' }),
    keyOf({ hash: 'old', created_at: '2025-12-31T00:00:00Z' }),
    keyOf({ hash: 'other', name: 'Other', created_at: recent }),
  ];
  expect(preexistingHashes({ keys, serverTime: SINCE }, 'CI')).toEqual(['recent', 'unknown']);
});

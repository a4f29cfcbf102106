import { describe, expect, test } from '@jest/globals';
import type { CreateKeyRequest, Key } from '../../../src/openrouter/resources/keys.ts';
import { compareKey } from '../../../src/operations/key/key-diff.ts';

const EXPIRY = '2026-01-01T06:00:00.500Z';

/** What each key of these tests is requested with, unless a test changes it. */
const DESIRED: CreateKeyRequest = {
  name: 'CI',
  workspace_id: 'w',
  limit: 5,
  limit_reset: 'daily',
  include_byok_in_limit: true,
  expires_at: EXPIRY,
};

/** The differences of a key with the requested values, but for `fields`, as `broken: limit`. */
function differences(fields: Partial<Key>, desired: Partial<CreateKeyRequest> = {}): string[] {
  const request = { ...DESIRED, ...desired };
  const key = { ...request, hash: 'a', label: 'sk-or-v1-0e6...1c96', ...fields };
  const { broken, kept } = compareKey(key, request);
  return [
    ...broken.map(({ field }) => `broken: ${field}`),
    ...kept.map(({ field }) => `kept: ${field}`),
  ];
}

test('a key as requested has no differences', () => {
  expect(differences({})).toEqual([]);
});

test('a difference has both values', () => {
  const key = { ...DESIRED, hash: 'a', label: 'a', limit: 500, expires_at: '2026-01-01T05:00:00Z' };
  expect(compareKey(key, DESIRED)).toEqual({
    broken: [{ field: 'limit', from: 5, to: 500 }],
    kept: [{ field: 'expires_at', from: EXPIRY, to: '2026-01-01T05:00:00Z' }],
  });
});

test('a difference from what was not requested has null as the requested value', () => {
  const desired = { name: 'CI', workspace_id: 'w', expires_at: null };
  const key = { ...desired, hash: 'a', label: 'a', limit: 5 };
  expect(compareKey(key, desired).kept).toEqual([{ field: 'limit', from: null, to: 5 }]);
});

describe('the limit', () => {
  test.each<[unknown, string[]]>([
    [5.000_01, ['broken: limit']],
    [500, ['broken: limit']],
    [null, ['broken: limit']],
    [undefined, ['broken: limit']],
    [-1, ['broken: limit']],
    ['much', ['broken: limit']],
    [4.999_99, ['kept: limit']],
    [0, ['kept: limit']],
    ['5.00', []],
  ])('%j for a requested 5: %j', (limit, expected) => {
    expect(differences({ limit })).toEqual(expected);
  });

  test('of 0 is a limit', () => {
    expect(differences({ limit: 0.01 }, { limit: 0 })).toEqual(['broken: limit']);
    expect(differences({ limit: null }, { limit: 0 })).toEqual(['broken: limit']);
  });

  test.each<[unknown, string[]]>([
    [5, ['kept: limit']],
    [0, ['kept: limit']],
    [null, []],
    [undefined, []],
  ])('%j for none requested: %j', (limit, expected) => {
    const none = { limit: undefined, limit_reset: undefined };
    expect(differences({ limit, limit_reset: limit === 5 ? 'daily' : null }, none)).toEqual(
      expected,
    );
  });
});

describe('the reset of the limit', () => {
  test.each<[unknown, CreateKeyRequest['limit_reset'], string[]]>([
    ['weekly', 'daily', ['broken: limit_reset']],
    ['daily', 'weekly', ['broken: limit_reset']],
    [null, 'daily', ['broken: limit_reset']],
    [undefined, 'daily', ['broken: limit_reset']],
    ['daily', undefined, ['broken: limit_reset']],
    [null, undefined, []],
    [undefined, undefined, []],
  ])('%j for %j: %j', (limit_reset, requested, expected) => {
    expect(differences({ limit_reset }, { limit_reset: requested })).toEqual(expected);
  });
});

describe('whether the limit includes your own provider keys', () => {
  test.each<[unknown, boolean | undefined, string[]]>([
    [false, true, ['broken: include_byok_in_limit']],
    [null, true, ['broken: include_byok_in_limit']],
    [undefined, true, ['broken: include_byok_in_limit']],
    [true, false, ['kept: include_byok_in_limit']],
    [undefined, false, []],
    [true, undefined, []],
    [false, undefined, []],
  ])('%j for %j: %j', (include_byok_in_limit, requested, expected) => {
    const desired = { include_byok_in_limit: requested };
    expect(differences({ include_byok_in_limit }, desired)).toEqual(expected);
  });
});

describe('the expiry', () => {
  test.each<[unknown, string[]]>([
    ['2026-01-01T06:00:01.500Z', ['broken: expires_at']],
    ['2036-01-01T06:00:00Z', ['broken: expires_at']],
    [null, ['broken: expires_at']],
    [2026, ['broken: expires_at']],
    ['soon', ['broken: expires_at']],
    // The time zone is unknown.
    ['2026-01-01T06:00:00.500', ['broken: expires_at']],
    // What servers write for no time.
    ['0001-01-01T00:00:00Z', ['broken: expires_at']],
    ['1970-01-01T00:00:00Z', ['broken: expires_at']],
    ['2026-01-01T05:59:59.500Z', ['kept: expires_at']],
    // OpenRouter does not document that each response has it.
    [undefined, ['kept: expires_at']],
    // Without its milliseconds, or rounded up to a second.
    ['2026-01-01T06:00:00Z', []],
    ['2026-01-01T06:00:01Z', []],
    ['2026-01-01T07:00:00.5+01:00', []],
  ])('%j for a requested 06:00:00.500: %j', (expires_at, expected) => {
    expect(differences({ expires_at })).toEqual(expected);
  });

  test.each<[unknown, string[]]>([
    ['2036-01-01T00:00:00Z', ['kept: expires_at']],
    [null, []],
    [undefined, []],
    ['soon', []],
    ['0001-01-01T00:00:00Z', []],
  ])('%j for none requested: %j', (expires_at, expected) => {
    expect(differences({ expires_at }, { expires_at: null })).toEqual(expected);
  });
});

import { describe, expect, test } from '@jest/globals';
import { compareKey } from '../../../src/actions/key/key-diff.ts';
import type { CreateKeyRequest, Key } from '../../../src/openrouter/resources/keys.ts';

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

/** The differences of a key with the requested values, but for `fields`, as `looser: limit`. */
function differences(fields: Partial<Key>, desired: Partial<CreateKeyRequest> = {}): string[] {
  const request = { ...DESIRED, ...desired };
  const key = { ...request, hash: 'a', label: 'sk-or-v1-0e6...1c96', ...fields };
  const { looser, stricter } = compareKey(key, request);
  return [
    ...looser.map(({ field }) => `looser: ${field}`),
    ...stricter.map(({ field }) => `stricter: ${field}`),
  ];
}

test('a difference has both values', () => {
  const key = { ...DESIRED, hash: 'a', label: 'a', limit: 500, expires_at: '2026-01-01T05:00:00Z' };
  expect(compareKey(key, DESIRED)).toEqual({
    looser: [{ field: 'limit', from: 5, to: 500 }],
    stricter: [{ field: 'expires_at', from: EXPIRY, to: '2026-01-01T05:00:00Z' }],
  });
});

test('a difference from what was not requested has null as the requested value', () => {
  const desired = { name: 'CI', workspace_id: 'w', expires_at: null };
  const key = { ...desired, hash: 'a', label: 'a', limit: 5 };
  expect(compareKey(key, desired).stricter).toEqual([{ field: 'limit', from: null, to: 5 }]);
});

describe('the limit', () => {
  test.each<[unknown, string[]]>([
    [5.000_01, ['looser: limit']],
    [500, ['looser: limit']],
    [null, ['looser: limit']],
    [undefined, ['looser: limit']],
    [-1, ['looser: limit']],
    ['much', ['looser: limit']],
    [4.999_99, ['stricter: limit']],
    [0, ['stricter: limit']],
    ['5.00', []],
  ])('%j for a requested 5: %j', (limit, expected) => {
    expect(differences({ limit })).toEqual(expected);
  });

  test('with more decimals than count is the same rounded and unrounded', () => {
    const limit = 3.5038222415000004;
    for (const returned of [limit, 3.503822242]) {
      expect(differences({ limit: returned }, { limit })).toEqual([]);
    }
  });

  test('of 0 is a limit', () => {
    expect(differences({ limit: 0.01 }, { limit: 0 })).toEqual(['looser: limit']);
    expect(differences({ limit: null }, { limit: 0 })).toEqual(['looser: limit']);
  });

  test.each<[unknown, string[]]>([
    [5, ['stricter: limit']],
    [0, ['stricter: limit']],
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
    ['weekly', 'daily', ['looser: limit_reset']],
    ['daily', 'weekly', ['looser: limit_reset']],
    [null, 'daily', ['looser: limit_reset']],
    [undefined, 'daily', ['looser: limit_reset']],
    ['daily', undefined, ['looser: limit_reset']],
    [null, undefined, []],
    [undefined, undefined, []],
  ])('%j for %j: %j', (limit_reset, requested, expected) => {
    expect(differences({ limit_reset }, { limit_reset: requested })).toEqual(expected);
  });
});

describe('whether the limit includes your own provider keys', () => {
  test.each<[unknown, boolean | undefined, string[]]>([
    [false, true, ['looser: include_byok_in_limit']],
    [null, true, ['looser: include_byok_in_limit']],
    [undefined, true, ['looser: include_byok_in_limit']],
    [true, false, ['stricter: include_byok_in_limit']],
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
    ['2026-01-01T06:00:01.500Z', ['looser: expires_at']],
    ['2036-01-01T06:00:00Z', ['looser: expires_at']],
    [null, ['looser: expires_at']],
    [2026, ['looser: expires_at']],
    ['soon', ['looser: expires_at']],
    ['2026-01-01T05:59:59.500Z', ['stricter: expires_at']],
    // OpenRouter does not document that each response has it.
    [undefined, ['stricter: expires_at']],
    // Without its milliseconds, or rounded up to a second.
    ['2026-01-01T06:00:00Z', []],
    ['2026-01-01T06:00:01Z', []],
    ['2026-01-01T07:00:00.5+01:00', []],
  ])('%j for a requested 06:00:00.500: %j', (expires_at, expected) => {
    expect(differences({ expires_at })).toEqual(expected);
  });

  test.each<[unknown, string[]]>([
    ['2036-01-01T00:00:00Z', ['stricter: expires_at']],
    [null, []],
    [undefined, []],
    ['soon', []],
  ])('%j for none requested: %j', (expires_at, expected) => {
    expect(differences({ expires_at }, { expires_at: null })).toEqual(expected);
  });
});

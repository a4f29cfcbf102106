import { expect, test } from '@jest/globals';
import { compareKey } from '../../../src/actions/key/key-diff.ts';
import { parseJson, toJson } from '../../../src/lib/json.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import type { CreateKeyRequest } from '../../../src/openrouter/resources/keys.ts';
import { type KeyFields, toKey } from '../../support/seen-keys.ts';

const EXPIRY = '2026-01-01T06:00:00.000Z';

/** What each key of these tests is requested with, unless a test changes it. */
const DESIRED: CreateKeyRequest = {
  name: 'CI',
  workspace_id: 'w',
  limit: toUsd(5),
  limit_reset: 'daily',
  include_byok_in_limit: true,
  expires_at: EXPIRY,
};

const asJson = (desired: CreateKeyRequest) => parseJson(toJson(desired)) as KeyFields;

test('a difference has both values', () => {
  const key = toKey({ ...asJson(DESIRED), limit: 500, expires_at: '2026-01-01T05:00:00Z' });
  expect(compareKey(key, DESIRED)).toEqual({
    looser: [{ field: 'limit', from: toUsd(5), to: toUsd(500) }],
    stricter: [{ field: 'expires_at', from: EXPIRY, to: '2026-01-01T05:00:00Z' }],
  });
});

test('a difference from what was not requested has null as the requested value', () => {
  const desired = { name: 'CI', workspace_id: 'w', expires_at: null };
  const key = toKey({ ...desired, limit: 5 });
  expect(compareKey(key, desired).stricter).toEqual([{ field: 'limit', from: null, to: toUsd(5) }]);
});

const NONE = undefined;

type Verdict = 'looser' | 'stricter' | 'as requested';

test.each<[keyof CreateKeyRequest, returned: unknown, requested: unknown, Verdict]>([
  ['limit', 5.000_01, 5, 'looser'],
  ['limit', null, 5, 'looser'],
  ['limit', undefined, 5, 'looser'],
  ['limit', -1, 5, 'looser'],
  ['limit', 'much', 5, 'looser'],
  ['limit', 4.999_99, 5, 'stricter'],
  ['limit', 0, 5, 'stricter'],
  ['limit', 5.000_000_000_000_01, 5, 'as requested'],
  ['limit', 0.01, 0, 'looser'],
  ['limit', null, 0, 'looser'],
  ['limit', 0, NONE, 'stricter'],
  ['limit', null, NONE, 'as requested'],
  ['limit', undefined, NONE, 'as requested'],

  ['limit_reset', 'weekly', 'daily', 'looser'],
  ['limit_reset', 'daily', 'weekly', 'looser'],
  ['limit_reset', null, 'daily', 'looser'],
  ['limit_reset', undefined, 'daily', 'looser'],
  ['limit_reset', 'daily', NONE, 'looser'],
  ['limit_reset', null, NONE, 'as requested'],
  ['limit_reset', undefined, NONE, 'as requested'],

  ['include_byok_in_limit', false, true, 'looser'],
  ['include_byok_in_limit', null, true, 'looser'],
  ['include_byok_in_limit', undefined, true, 'looser'],
  ['include_byok_in_limit', true, false, 'stricter'],
  ['include_byok_in_limit', undefined, false, 'as requested'],
  ['include_byok_in_limit', true, NONE, 'as requested'],
  ['include_byok_in_limit', false, NONE, 'as requested'],

  ['expires_at', '2026-01-01T06:00:01Z', EXPIRY, 'looser'],
  ['expires_at', null, EXPIRY, 'looser'],
  ['expires_at', 2026, EXPIRY, 'looser'],
  ['expires_at', 'soon', EXPIRY, 'looser'],
  ['expires_at', '2026-01-01T05:59:59Z', EXPIRY, 'stricter'],
  // OpenRouter does not document that each response has it.
  ['expires_at', undefined, EXPIRY, 'stricter'],
  ['expires_at', '2026-01-01T06:00:00Z', EXPIRY, 'as requested'],
  ['expires_at', '2026-01-01T07:00:00+01:00', EXPIRY, 'as requested'],
  ['expires_at', '2036-01-01T00:00:00Z', null, 'stricter'],
  ['expires_at', null, null, 'as requested'],
  ['expires_at', undefined, null, 'as requested'],
  ['expires_at', 'soon', null, 'as requested'],
])('%s: %j for a requested %j is %s', (field, returned, requested, comparison) => {
  const value = typeof requested === 'number' ? toUsd(requested) : requested;
  const desired = { ...DESIRED, [field]: value } as CreateKeyRequest;
  const key = toKey({ ...asJson(desired), [field]: returned });
  const { looser, stricter } = compareKey(key, desired);
  expect({
    looser: looser.map((change) => change.field),
    stricter: stricter.map((change) => change.field),
  }).toEqual({
    looser: [],
    stricter: [],
    ...(comparison !== 'as requested' && { [comparison]: [field] }),
  });
});

test('a limit that was not requested is stricter, whatever its reset', () => {
  const desired = { name: 'CI', workspace_id: 'w', expires_at: null };
  const key = toKey({ ...desired, limit: 5, limit_reset: 'daily' });
  const { looser, stricter } = compareKey(key, desired);
  expect([looser, stricter.map(({ field }) => field)]).toEqual([[], ['limit']]);
});

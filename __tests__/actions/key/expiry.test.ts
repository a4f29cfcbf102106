import { expect, test } from '@jest/globals';
import { planExpiry, unexpectedLifetime } from '../../../src/actions/key/expiry.ts';

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

test('the expiry of a new key is a whole second, or none if none is requested', () => {
  expect(planExpiry(HOUR, NOW + 7_250)).toBe('2026-01-01T01:00:07.000Z');
  expect(planExpiry(null, NOW)).toBeNull();
});

test.each<[string, created: string | undefined, expires: string | undefined, to: string | null]>([
  ['as long as requested', '2026-01-01T00:00:00Z', '2026-01-01T01:00:00Z', null],
  ['as long as requested, by the requested expiry', '2026-01-01T00:00:00Z', undefined, null],
  ['a minute longer', '2025-12-31T23:59:00Z', '2026-01-01T01:00:00Z', null],
  ['more than that', '2025-12-31T23:58:59Z', '2026-01-01T01:00:00Z', '1 h 1 min'],
  ['no time', '2026-01-01T01:00:00Z', '2026-01-01T01:00:00Z', '0 s'],
  ['an unknown time', undefined, '2026-01-01T01:00:00Z', null],
])(
  'the lifetime of a key that lives %s is reported only if it is not as requested',
  (_, created_at, expires_at, to) => {
    const key = { hash: 'a', name: 'CI', label: 'x', workspace_id: 'w', created_at, expires_at };
    const change = to === null ? undefined : { field: 'lifetime', from: '1 h', to };
    const desired = { expires_at: '2026-01-01T01:00:00Z' };
    expect(unexpectedLifetime(key, desired, HOUR)).toEqual(change);
    expect(unexpectedLifetime(key, desired, null)).toBeUndefined();
  },
);

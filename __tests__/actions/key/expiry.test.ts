import { describe, expect, test } from '@jest/globals';
import { planExpiry, unexpectedLifetime } from '../../../src/actions/key/expiry.ts';

const NOW = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const USUAL = { expiresInMs: HOUR, server: NOW, runner: NOW, recorded: [], random: 0.5 };

/** Plans the expiry of a key that lives an hour, with clocks that agree, unless `facts` differ. */
const plan = (facts: Partial<Parameters<typeof planExpiry>[0]>) =>
  planExpiry({ ...USUAL, ...facts });

describe('the expiry of a new key', () => {
  test.each([
    [0, '.001Z'],
    [0.25, '.250Z'],
    [0.999, '.999Z'],
  ])('has random milliseconds, and never none: %d', (random, end) => {
    expect(plan({ random }).expiresAt).toBe(`2026-01-01T01:00:00${end}`);
  });

  test.each([
    ['the second of the server', NOW + 7_250, '2026-01-01T01:00:07.500Z'],
    ['that of the runner if the server sends no time', undefined, '2026-01-01T01:00:00.500Z'],
  ])('is counted from %s', (_, server, expiresAt) => {
    expect(plan({ server })).toEqual({ expiresAt, clocks: undefined });
  });

  test('is none if none is requested, whatever the clocks show', () => {
    const none = { expiresAt: null, clocks: undefined };
    expect(plan({ expiresInMs: null, server: NOW + 3650 * DAY })).toEqual(none);
  });

  // In days from the runner's time: the server's, and when the newest of what exists was created.
  test.each([
    ['a day behind that of the server', { server: 1, newest: -9 }, 1, '2026-01-02T01', false],
    ['almost a day ahead of it', { server: -0.99, newest: -9 }, 1, '2025-12-31T01', false],
    ['two days behind it, and right', { server: 2, newest: -9 }, 1, '2026-01-01T01', true],
    ['two days behind it, and wrong', { server: 2, newest: 2 }, 1, '2026-01-03T01', true],
    ['two days ahead of it, and wrong', { server: -2, newest: -2 }, 1, '2025-12-30T01', true],
    ['two days ahead of it, and right', { server: -2, newest: 0 }, 1, '2026-01-01T01', true],
    ['two days ahead of it, with 72 h', { server: -2, newest: 0 }, 72, '2026-01-02T00', true],
    ['ten years behind it, and right', { server: 3650, newest: 0 }, 1, '2026-01-01T01', true],
    ['ten years ahead of it, and right', { server: -3650, newest: 0 }, 1, '2026-01-01T01', true],
  ])("with the runner's clock %s", (_, days, hours, hour, differ) => {
    const server = NOW + days.server * DAY;
    const recorded = [NOW - 99 * DAY, NOW + days.newest * DAY];
    const { expiresAt, clocks } = plan({ server, recorded, expiresInMs: hours * HOUR });
    expect(expiresAt?.slice(0, 13)).toBe(hour);
    expect(clocks).toEqual(differ ? { server, runner: NOW } : undefined);
  });
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
    const change = to === null ? undefined : { kind: 'field', field: 'lifetime', from: '1 h', to };
    const desired = { expires_at: '2026-01-01T01:00:00Z' };
    expect(unexpectedLifetime(key, desired, HOUR)).toEqual(change);
    expect(unexpectedLifetime(key, desired, null)).toBeUndefined();
  },
);

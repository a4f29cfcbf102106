import { describe, expect, test } from '@jest/globals';
import { parseUsd, type Usd } from '../../../src/lib/usd.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import {
  calendarStarts,
  type Since,
  spentAtLeast,
  startOf,
} from '../../../src/operations/usage/period.ts';

const at = (text: string) => Date.parse(text);
const usd = (text: string) => parseUsd(text) as Usd;
const KEY: Key = { hash: 'a', name: 'CI', label: 'sk-or', workspace_id: 'w' };

describe('the calendar in UTC', () => {
  // `to` is the end of a period, which does not belong to it.
  test.each([
    ['a Wednesday', '2026-01-14T12:00:00Z', '2026-01-01', '2026-01-12', '2026-01-14'],
    ['a Sunday', '2026-01-18T23:59:59Z', '2026-01-01', '2026-01-12', '2026-01-18'],
    ['the end of a Sunday', '2026-01-19T00:00:00Z', '2026-01-01', '2026-01-12', '2026-01-18'],
    ['a Monday', '2026-01-19T00:00:01Z', '2026-01-01', '2026-01-19', '2026-01-19'],
    ['the end of a year', '2026-01-01T00:00:00Z', '2025-12-01', '2025-12-29', '2025-12-31'],
    ['a week across a year', '2026-01-01T00:00:01Z', '2026-01-01', '2025-12-29', '2026-01-01'],
    ['a leap day', '2028-02-29T10:00:00Z', '2028-02-01', '2028-02-28', '2028-02-29'],
  ])('%s', (_, now, month, week, day) => {
    expect(calendarStarts(at(now))).toEqual({ month: at(month), week: at(week), day: at(day) });
  });
});

describe('the beginning of a period', () => {
  const to = at('2026-01-14T12:00:00Z');
  const created = at('2026-01-10T10:00:00.750Z');
  const second = at('2026-01-10T10:00:00Z');
  test.each<[Since, number | undefined, number | undefined]>([
    ['created', created, second],
    ['created', undefined, undefined],
    ['day', created, at('2026-01-14')],
    ['week', created, at('2026-01-12')],
    // Before the creation, nothing was spent.
    ['month', created, second],
    ['month', undefined, at('2026-01-01')],
    [3_600_000, created, at('2026-01-14T11:00:00Z')],
    [90 * 86_400_000, created, second],
    // The clock that dates the creation can be ahead of that of the response.
    ['created', to + 2_500, to - 1_000],
    ['day', to, to - 1_000],
  ])('since %s, created at %s', (since, createdAt, start) => {
    expect(startOf(since, { created: createdAt, to })).toBe(start);
  });
});

describe('what a key has spent at least', () => {
  const to = at('2026-01-14T12:00:00Z');
  const created_at = '2025-12-20T00:00:00Z';
  const counters = { usage: 1, usage_monthly: 0.6, usage_weekly: 0.3, usage_daily: 0.1 };
  test.each([
    ['its creation', '2025-12-20T00:00:00Z', '1'],
    ['after its creation', '2025-12-20T00:00:01Z', '0.6'],
    ['the beginning of the month', '2026-01-01', '0.6'],
    ['after the beginning of the month', '2026-01-02', '0.3'],
    ['after the beginning of the week', '2026-01-12T00:00:01Z', '0.1'],
  ])('since %s', (_, from, amount) => {
    const key = { ...KEY, ...counters, created_at };
    expect(spentAtLeast(key, 'usage', { from: at(from), to })).toBe(usd(amount));
  });

  test('is the counter of the week if that began before the month', () => {
    const key = { ...KEY, ...counters, created_at };
    const period = { from: at('2025-12-29'), to: at('2026-01-02T12:00:00Z') };
    expect(spentAtLeast(key, 'usage', period)).toBe(usd('0.3'));
  });

  test('is that of a shorter period if one is missing', () => {
    const key = { ...KEY, usage_weekly: 0.3, created_at };
    expect(spentAtLeast(key, 'usage', { from: at('2026-01-01'), to })).toBe(usd('0.3'));
  });

  test('is the counter that began first, although refunds can make a later one larger', () => {
    const key = { ...KEY, ...counters, usage_monthly: 0.2, created_at };
    expect(spentAtLeast(key, 'usage', { from: at('2026-01-01'), to })).toBe(usd('0.2'));
  });

  test('is unknown if no counter began within the period', () => {
    const from = at('2026-01-14T00:00:01Z');
    expect(
      spentAtLeast({ ...KEY, ...counters, created_at }, 'usage', { from, to }),
    ).toBeUndefined();
  });

  test('does not include the life of a key whose creation is unknown', () => {
    const from = at('2025-12-01');
    const key = { ...KEY, ...counters };
    expect(spentAtLeast(key, 'usage', { from, to })).toBe(usd('0.6'));
    expect(spentAtLeast(key, 'usage', { from: undefined, to })).toBe(usd('1'));
  });

  test('is unknown if the key has no counters', () => {
    expect(spentAtLeast(KEY, 'usage', { from: undefined, to })).toBeUndefined();
    const key = { ...KEY, ...counters };
    expect(spentAtLeast(key, 'byok_usage', { from: undefined, to })).toBeUndefined();
  });
});

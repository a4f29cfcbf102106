import { describe, expect, test } from '@jest/globals';
import {
  calendarStarts,
  type Since,
  spentAtLeast,
  startOf,
} from '../../../src/actions/usage/period.ts';
import { exactUsd } from '../../../src/lib/usd.ts';
import { type KeyFields, toKey } from '../../support/seen-keys.ts';

const at = (text: string) => Date.parse(text);

// `to` is the end of a period, which does not belong to it.
test.each([
  ['a Wednesday', '2026-01-14T12:00:00Z', '2026-01-01', '2026-01-12', '2026-01-14'],
  ['a Sunday', '2026-01-18T23:59:59Z', '2026-01-01', '2026-01-12', '2026-01-18'],
  ['the end of a Sunday', '2026-01-19T00:00:00Z', '2026-01-01', '2026-01-12', '2026-01-18'],
  ['a Monday', '2026-01-19T00:00:01Z', '2026-01-01', '2026-01-19', '2026-01-19'],
  ['the end of a year', '2026-01-01T00:00:00Z', '2025-12-01', '2025-12-29', '2025-12-31'],
  ['a week across a year', '2026-01-01T00:00:01Z', '2026-01-01', '2025-12-29', '2026-01-01'],
  ['a leap day', '2028-02-29T10:00:00Z', '2028-02-01', '2028-02-28', '2028-02-29'],
])('the calendar in UTC: %s', (_, now, month, week, day) => {
  expect(calendarStarts(at(now))).toEqual({ month: at(month), week: at(week), day: at(day) });
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
    expect(startOf({ since, to }, createdAt)).toBe(start);
  });
});

describe('what a key has spent at least', () => {
  const to = at('2026-01-14T12:00:00Z');
  const created_at = '2025-12-20T00:00:00Z';
  const counters = { usage: 1, usage_monthly: 0.6, usage_weekly: 0.3, usage_daily: 0.1 };
  const UNDATED = { ...counters, created_at: null };

  /** What `key` has spent since `from`, in a workspace that was created at `workspaceCreated`. */
  function count(
    key: KeyFields,
    {
      from,
      until = to,
      readAt = until,
      workspaceCreated,
    }: { from?: string | undefined; until?: number; readAt?: number; workspaceCreated?: string },
    counter: 'usage' | 'byok_usage' = 'usage',
  ) {
    const { amount, unread } = spentAtLeast(toKey(key), counter, {
      from: from === undefined ? undefined : at(from),
      to: until,
      readAt,
      workspaceCreated: workspaceCreated === undefined ? undefined : at(workspaceCreated),
    });
    return [amount === undefined ? undefined : exactUsd(amount), unread];
  }

  test.each([
    ['its creation', '2025-12-20T00:00:00Z', '1'],
    ['after its creation', '2025-12-20T00:00:01Z', '0.6'],
    ['the beginning of the month', '2026-01-01', '0.6'],
    ['after the beginning of the month', '2026-01-02', '0.3'],
    ['after the beginning of the week', '2026-01-12T00:00:01Z', '0.1'],
  ])('since %s', (_, from, amount) => {
    expect(count({ ...counters, created_at }, { from })).toEqual([amount, undefined]);
  });

  test.each([
    ['all', 'the key is younger', '2025-12-01', true],
    ['all', 'a period of the calendar begins with it', '2026-01-12', true],
    ['a part', 'the week begins in it', '2026-01-05', false],
    ['no part', 'no counter covers any of it', '2026-01-14T00:00:01Z', false],
  ])('is that of %s of the period if %s', (_, _reason, from, isExact) => {
    const period = { from: at(from), to, readAt: to, workspaceCreated: undefined };
    const counted = spentAtLeast(toKey({ ...counters, created_at }), 'usage', period);
    expect(counted.isExact).toBe(isExact);
  });

  test('is the counter that began first, although refunds can make a later one larger', () => {
    const key = { ...counters, usage_monthly: 0.2, created_at };
    expect(count(key, { from: '2026-01-01' })).toEqual(['0.2', undefined]);
  });

  test.each<[string, KeyFields, from: string | undefined, amount: string | undefined]>([
    ['if a counter is missing', { usage_weekly: 0.3, usage: 1 }, '2026-01-01', '0.3'],
    ['if a counter is no number', { ...counters, usage_monthly: 'many' }, '2026-01-01', '0.3'],
    ['if its own counter is null', { ...counters, usage: null }, created_at, '0.6'],
    ['if all counters are missing', {}, undefined, undefined],
    ['if it has no creation', UNDATED, '2025-12-25', '0.6'],
    ['if it has no creation, in a short period', UNDATED, '2026-01-14T00:00:01Z', undefined],
    ['if it has no creation and no total', { ...UNDATED, usage: undefined }, '2026-01-01', '0.6'],
  ])('could not all be read %s', (_, key, from, amount) => {
    expect(count({ created_at, ...key }, { from })).toEqual([amount, 'invalid']);
  });

  // A month ends within a week.
  const until = at('2026-02-01T00:00:00Z');
  const SPENT = { ...counters, usage_daily: 0, created_at };
  test.each<
    [string, from: string, readAt: number, counted: [string | undefined, string | undefined]]
  >([
    ['before midnight', '2026-01-31', until - 5_000, ['0', undefined]],
    ['at most five seconds before midnight', '2026-01-31', until - 4_999, [undefined, 'midnight']],
    ['after midnight', '2026-01-31', until + 1_000, [undefined, 'midnight']],
    ['in the next month, but the same week', '2026-01-26', until + 1_000, ['0.3', undefined]],
    ['in the next month', '2026-01-01', until + 1_000, ['0.3', 'midnight']],
    ['after midnight, but that of its life', '2025-12-20', until + 1_000, ['1', undefined]],
  ])('is not what a counter shows that began again: read %s', (_, from, readAt, counted) => {
    expect(count(SPENT, { from, until, readAt })).toEqual(counted);
  });

  // `Date` is of a server whose clock may be ahead of that of the counters.
  test.each<
    [string, from: string, after: number, counted: [string | undefined, string | undefined]]
  >([
    ['five seconds after midnight', '2026-02-01', 5_000, [undefined, 'midnight']],
    ['later', '2026-02-01', 5_001, ['0.6', undefined]],
    ['after midnight, but since Monday', '2026-01-26', 1_000, ['0.3', undefined]],
  ])(
    'is not what a counter shows that may not have begun again: read %s',
    (_, from, after, counted) => {
      expect(count(SPENT, { from, until: until + after })).toEqual(counted);
    },
  );

  test('is complete at midnight of a key that has spent nothing in its life', () => {
    const key = { ...SPENT, usage: 0 };
    expect(count(key, { from: '2026-01-31', until })).toEqual([undefined, undefined]);
  });

  test('is not to be read again because of midnight if its creation is unknown, too', () => {
    const unread = count({ ...SPENT, created_at: null }, { from: '2026-01-31', until });
    expect(unread).toEqual([undefined, 'invalid']);
  });

  test('is that of its life if neither its creation nor that of the workspace is known', () => {
    expect(count(counters, {})).toEqual(['1', undefined]);
  });

  test('is that of its life if its creation is unknown, and the workspace was created in the period', () => {
    const workspaceCreated = '2026-01-10T10:00:00.750Z';
    const countSince = (from: string) => count(counters, { from, workspaceCreated });
    expect(countSince('2026-01-10T10:00:00Z')).toEqual(['1', undefined]);
    expect(countSince('2026-01-10T10:00:01Z')).toEqual(['0.3', 'invalid']);
  });

  test('does not include the life of a key that is older than its workspace', () => {
    const workspaceCreated = '2025-12-25T00:00:00Z';
    const period = { from: workspaceCreated, workspaceCreated };
    expect(count({ ...counters, created_at }, period)).toEqual(['0.6', undefined]);
  });

  test.each([
    ['nothing', { usage: 0 }, undefined],
    ['no more than what is counted', { usage: 0.30000000000001, usage_weekly: 0.3 }, '0.3'],
  ])('is complete if it has spent %s in its life', (_, key, amount) => {
    expect(count({ ...key, created_at: null }, { from: '2026-01-01' })).toEqual([
      amount,
      undefined,
    ]);
  });

  test('with your own provider keys has counters of its own', () => {
    const key = { ...counters, created_at };
    expect(count(key, {}, 'byok_usage')).toEqual([undefined, 'invalid']);
    expect(count({ ...key, byok_usage: 2 }, {}, 'byok_usage')).toEqual(['2', undefined]);
  });
});

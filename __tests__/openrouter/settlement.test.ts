import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { virtualClock } from '../../sandbox/virtual-clock.ts';
import { toUsd } from '../../src/lib/usd.ts';
import type { Key } from '../../src/openrouter/resources/keys.ts';
import {
  COUNT_MS,
  KeyWatch,
  SETTLE_MS,
  type SeenKey,
  settlesIn,
  spentBy,
  toSeen,
  withUnknownEnd,
} from '../../src/openrouter/settlement.ts';
import { describeSpent } from '../../src/shared/describe-spent.ts';
import { type KeyFields, seen, toKey } from '../support/seen-keys.ts';

const NOW = Date.parse('2026-11-28T12:00:00Z');
const usd = (text: string) => toUsd(Number(text));
/** A time of OpenRouter so many milliseconds ago. */
const ago = (ms: number) => new Date(NOW - ms).toISOString();

const keyOf = (fields: KeyFields = {}): Key =>
  toKey({ usage: 0.25, disabled: false, expires_at: null, ...fields });
const disabled = (fields: KeyFields = {}) => keyOf({ disabled: true, ...fields });

test('a key settles after three minutes, and is counted after an hour', () => {
  expect([SETTLE_MS, COUNT_MS]).toEqual([3 * 60_000, 60 * 60_000]);
});

describe('in how many milliseconds a key settles', () => {
  test.each<[string, Key, number | undefined]>([
    ['that works', keyOf(), undefined],
    ['that works and was changed', keyOf({ updated_at: ago(SETTLE_MS) }), undefined],
    ['that expires in a moment', keyOf({ expires_at: ago(-1) }), undefined],
    ['that expires now', keyOf({ expires_at: ago(0) }), SETTLE_MS],
    ['that expired', keyOf({ expires_at: ago(1_000) }), SETTLE_MS - 1_000],
    ['that expired three minutes ago', keyOf({ expires_at: ago(SETTLE_MS) }), 0],
    ['that was disabled just now', disabled({ updated_at: ago(0) }), SETTLE_MS],
    ['that was disabled', disabled({ updated_at: ago(2_000) }), SETTLE_MS - 2_000],
    ['that was disabled a moment less', disabled({ updated_at: ago(SETTLE_MS - 1) }), 1],
    ['that was disabled three minutes ago', disabled({ updated_at: ago(SETTLE_MS) }), 0],
    ['that was disabled long ago', disabled({ updated_at: ago(1e9) }), 0],
    ['that was disabled by a faster clock', disabled({ updated_at: ago(-5_000) }), SETTLE_MS],
    ['that was disabled no one knows when', disabled(), SETTLE_MS],
    ['whose time is none', disabled({ updated_at: 'yesterday' }), SETTLE_MS],
    ['that will expire, and is disabled', disabled({ expires_at: ago(-1e6) }), SETTLE_MS],
    [
      'that was disabled after it had expired',
      disabled({ updated_at: ago(1_000), expires_at: ago(4_000) }),
      SETTLE_MS - 4_000,
    ],
    [
      'that was disabled before it expired',
      disabled({ updated_at: ago(4_000), expires_at: ago(1_000) }),
      SETTLE_MS - 4_000,
    ],
    [
      'that expired and was not disabled',
      keyOf({ updated_at: ago(1e9), expires_at: ago(0) }),
      SETTLE_MS,
    ],
  ])('%s', (_, key, expected) => {
    expect(settlesIn(toSeen(key, NOW))).toBe(expected);
  });

  test.each<[string, Key, number | undefined]>([
    ['a key that works', keyOf(), undefined],
    ['a key that may have expired', keyOf({ expires_at: ago(1e9) }), undefined],
    ['a key that is disabled', disabled({ updated_at: ago(1e9) }), SETTLE_MS],
  ])('is unknown of %s, without the time of OpenRouter', (_, key, expected) => {
    expect(settlesIn(toSeen(key, undefined))).toBe(expected);
  });

  const ends = fc.record({
    isDisabled: fc.boolean(),
    updatedAgo: fc.option(fc.integer({ min: -10_000, max: 400_000 }), { nil: undefined }),
    expiredAgo: fc.option(fc.integer({ min: -10_000, max: 400_000 }), { nil: undefined }),
    hasDate: fc.boolean(),
    seenMs: fc.nat(400_000),
  });

  test('is not before three minutes of not spending, by the list or by what the run has seen', () => {
    fc.assert(
      fc.property(ends, ({ isDisabled, updatedAgo, expiredAgo, hasDate, seenMs }) => {
        const key = keyOf({
          disabled: isDisabled,
          updated_at: updatedAgo === undefined ? undefined : ago(updatedAgo),
          expires_at: expiredAgo === undefined ? null : ago(expiredAgo),
        });
        const settles = settlesIn(toSeen(key, hasDate ? NOW : undefined, seenMs));
        const isExpired = hasDate && expiredAgo !== undefined && expiredAgo >= 0;
        expect(settles === undefined).toBe(!isDisabled && !isExpired);
        if (settles === undefined) return;
        // Since when it cannot spend, as far as anything shows that.
        const proofs = [
          seenMs,
          isDisabled && hasDate ? (updatedAgo ?? 0) : 0,
          isExpired ? (expiredAgo ?? 0) : 0,
        ];
        expect(settles).toBe(Math.max(0, SETTLE_MS - Math.max(...proofs)));
      }),
    );
  });
});

describe('a run that watches keys', () => {
  const open = () => {
    const clock = virtualClock();
    const watch = new KeyWatch(clock);
    const see = (keys: Key[], serverTime?: number) =>
      watch.see({ keys, serverTime }).map(settlesIn);
    const pass = (ms: number) => clock.run(new Promise<void>((done) => void clock.after(ms, done)));
    return { watch, see, pass };
  };

  test('knows that a key has settled once it has seen it ended for three minutes', async () => {
    const { see, pass } = open();
    expect(see([disabled()])).toEqual([SETTLE_MS]);
    await pass(60_000);
    expect(see([disabled()])).toEqual([SETTLE_MS - 60_000]);
    await pass(SETTLE_MS - 60_000);
    expect(see([disabled()])).toEqual([0]);
  });

  test('needs no updated_at, and no right one', async () => {
    const { see, pass } = open();
    const key = disabled({ updated_at: ago(-1e9) });
    see([key], NOW);
    await pass(SETTLE_MS);
    expect(see([key], NOW)).toEqual([0]);
  });

  test('begins anew with a key that works again in the meantime', async () => {
    const { see, pass } = open();
    see([disabled()]);
    await pass(SETTLE_MS - 1);
    expect(see([keyOf()])).toEqual([undefined]);
    await pass(1);
    expect(see([disabled()])).toEqual([SETTLE_MS]);
  });

  test('tells keys apart', async () => {
    const { see, pass } = open();
    see([disabled()]);
    await pass(1_000);
    expect(see([disabled({ hash: 'b2' }), disabled()])).toEqual([SETTLE_MS, SETTLE_MS - 1_000]);
  });

  test('counts from when it has disabled a key itself', async () => {
    const { watch, see, pass } = open();
    const other = keyOf({ hash: 'b2' });
    see([keyOf(), other], NOW);
    watch.seeDisabled(disabled());
    expect(watch.last).toEqual([
      { key: disabled(), state: 'disabled', endedFor: 0 },
      { key: other, state: 'works', endedFor: 0 },
    ]);
    await pass(7_000);
    expect(see([disabled(), other])).toEqual([SETTLE_MS - 7_000, undefined]);
  });

  test('does not believe its own PATCH if a later list shows that the key works', async () => {
    const { watch, see, pass } = open();
    see([keyOf()]);
    watch.seeDisabled(disabled());
    await pass(SETTLE_MS);
    expect(see([keyOf()])).toEqual([undefined]);
  });
});

describe('what keys have spent', () => {
  const counted = (usage: unknown, endedFor = COUNT_MS) => seen(keyOf({ usage }), endedFor);
  /** A key that is not counted for another millisecond. */
  const ended = (usage: number) => counted(usage, COUNT_MS - 1);

  test.each<[string, readonly SeenKey[], string, boolean, string]>([
    ['no keys', [], '0', true, '$0.00 spent'],
    ['counted keys', [counted(0.5), counted(0.25)], '0.75', true, '$0.75 spent'],
    [
      'a key that ended less than an hour ago',
      [counted(0.5), ended(0.25)],
      '0.75',
      false,
      'at least $0.75 spent',
    ],
    [
      'a key that works',
      [counted(0.5), seen(keyOf(), undefined)],
      '0.75',
      false,
      'at least $0.75 spent',
    ],
    [
      'a key without a counter',
      [counted(0.5), counted(null)],
      '0.5',
      false,
      'at least $0.50 spent',
    ],
    ['a key that has just ended at 0', [ended(0)], '0', false, 'spending not yet counted'],
    ['a lower bound, rounded down', [ended(0.8499)], '0.8499', false, 'at least $0.84 spent'],
  ])('%s', (_, keys, amount, isExact, text) => {
    const spent = { amount: usd(amount), isExact };
    expect(spentBy(keys)).toEqual(spent);
    expect(describeSpent(spent)).toBe(text);
  });
});

test.each<[string, Key, number | undefined, boolean]>([
  ['disabled, without a time', disabled(), NOW, true],
  ['disabled, without a Date', disabled({ updated_at: ago(9) }), undefined, true],
  ['disabled, without a time, and will expire', disabled({ expires_at: ago(-9) }), NOW, false],
  ['disabled, with a time', disabled({ updated_at: ago(9) }), NOW, false],
  ['expired', keyOf({ expires_at: ago(9) }), NOW, false],
  ['working', keyOf(), NOW, false],
])('whether no list tells when a key has ended that is %s', (_, key, serverTime, isUnknown) => {
  expect(withUnknownEnd({ keys: [key], serverTime })).toEqual(isUnknown ? [key] : []);
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Cap,
  type CapUse,
  capUseOf,
  decide,
  fits,
  roomIn,
} from '../../../src/actions/preview/cap.ts';
import { maxUsd, sumUsd, toUsd } from '../../../src/lib/usd.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import { isWorking, SETTLE_MS, settlesIn } from '../../../src/openrouter/settlement.ts';
import { type KeyFields, seen, toKey } from '../../support/seen-keys.ts';

const usd = (text: string) => toUsd(Number(text));

const keyOf = (fields: KeyFields = {}): Key =>
  toKey({
    usage: 0,
    byok_usage: 0,
    limit: 1,
    limit_reset: null,
    include_byok_in_limit: false,
    ...fields,
  });

const GAVE_WAY = { name: 'CI #0ab1c2 unused', disabled: true };

/** For how long a key has ended that settles in so many milliseconds. */
const endedFor = (ms: number | undefined) => (ms === undefined ? undefined : SETTLE_MS - ms);

const CAP: Cap = { amount: usd('5'), limit: usd('1'), withByok: false };
const WITH_BYOK = { ...CAP, withByok: true };
const BYOK = { include_byok_in_limit: true };

describe('what a key counts', () => {
  test.each<[string, number | undefined, KeyFields, Cap, string]>([
    ['that works: its limit', undefined, { usage: 0.3 }, CAP, '1'],
    ['that works, beyond its limit: its counter', undefined, { usage: 1.2 }, CAP, '1.2'],
    ['that ended a moment ago: its limit', 1, { usage: 0.3 }, CAP, '1'],
    ['that ended beyond its limit: its counter', 1, { usage: 1.2 }, CAP, '1.2'],
    ['that has settled: its counter', 0, { usage: 0.3 }, CAP, '0.3'],
    ['that gave way: nothing', 180_000, GAVE_WAY, CAP, '0'],
    ['that someone has stopped, a moment ago: all of the cap', 1, { limit: 0 }, CAP, '5'],
    [
      'that someone has stopped, once it has settled: its counter',
      0,
      { limit: 0, usage: 0.3 },
      CAP,
      '0.3',
    ],
    [
      'that only is called unused: its limit',
      undefined,
      { ...GAVE_WAY, disabled: false },
      CAP,
      '1',
    ],
    ['without a limit that ended a moment ago: all of the cap', 1, { limit: null }, CAP, '5'],
    ['without a limit, beyond the cap: its counter', 1, { limit: null, usage: 7 }, CAP, '7'],
    ['whose limit resets, a moment ago: all of the cap', 1, { limit_reset: 'daily' }, CAP, '5'],
    ['whose limit is unreadable, a moment ago: all of the cap', 1, { limit: 'much' }, CAP, '5'],
    ['without a limit that has settled: its counter', 0, { limit: null, usage: 0.3 }, CAP, '0.3'],
    ['with usage of provider keys: not that', 0, { usage: 0.3, byok_usage: 0.2 }, CAP, '0.3'],
    [
      'with such usage, if it counts: that, too',
      0,
      { usage: 0.3, byok_usage: 0.2, ...BYOK },
      WITH_BYOK,
      '0.5',
    ],
    [
      'with such usage, if it counts: its limit',
      undefined,
      { byok_usage: 0.2, ...BYOK },
      WITH_BYOK,
      '1',
    ],
    ['whose limit is without such usage, a moment ago: all of the cap', 1, {}, WITH_BYOK, '5'],
  ])('%s', (_, ms, fields, cap, counted) => {
    const use = capUseOf(seen(keyOf(fields), endedFor(ms)), cap);
    expect(use).toMatchObject({ endedFor: endedFor(ms) ?? 0, counted: usd(counted) });
    expect(use.problem).toBeUndefined();
  });

  test.each<[string, KeyFields, Cap]>([
    ['unlimited', { limit: null }, CAP],
    ['unread', { limit: undefined }, CAP],
    ['resets', { limit_reset: 'monthly' }, CAP],
    ['unread', { limit: 'much' }, CAP],
    ['without-byok', {}, WITH_BYOK],
  ])('is unknown while it works, and only then: %s %j', (problem, fields, cap) => {
    const problemAt = (ms: number | undefined) =>
      capUseOf(seen(keyOf(fields), endedFor(ms)), cap).problem;
    expect([undefined, 1, 0].map(problemAt)).toEqual([problem, undefined, undefined]);
  });

  test.each<[KeyFields, Cap]>([
    [{ usage: null }, CAP],
    [{ usage: undefined }, CAP],
    [{ usage: 'much' }, CAP],
    [{ usage: -1 }, CAP],
    [{ byok_usage: undefined, ...BYOK }, WITH_BYOK],
    [{ byok_usage: -1, ...BYOK }, WITH_BYOK],
  ])('is unknown with the counters %j, whatever it can spend', (fields, cap) => {
    for (const ms of [undefined, 1, 0]) {
      const use = capUseOf(seen(keyOf(fields), endedFor(ms)), cap);
      expect(use).toMatchObject({ problem: 'unread' });
    }
  });
});

/** A key that counts `counted`, of which `spent` is known. */
const useOf = (
  hash: string,
  counted: string,
  { spent = '0', settlesIn: ms }: { spent?: string; settlesIn?: number } = {},
): CapUse => ({
  ...seen(keyOf({ hash }), endedFor(ms)),
  spent: usd(spent),
  counted: usd(counted),
});

describe('the room for a new key', () => {
  const WORKS = useOf('a', '3');
  test.each<[string, readonly CapUse[], boolean, number | undefined]>([
    ['is there for the first one', [], true, undefined],
    ['is there up to the cap', [useOf('a', '4')], true, undefined],
    ['is not beyond it', [useOf('a', '4.000000001')], false, undefined],
    ['is there once a key has settled', [WORKS, useOf('b', '1.5', { settlesIn: 7 })], false, 7],
    [
      'may be there once the next key has settled',
      [WORKS, useOf('b', '1', { settlesIn: 9 }), useOf('c', '1', { settlesIn: 7 })],
      false,
      7,
    ],
    [
      'is not there if what is known to be spent fills the cap',
      [WORKS, useOf('b', '2', { spent: '1.5', settlesIn: 7 })],
      false,
      undefined,
    ],
    ['is not there because of a key that works', [useOf('a', '4.5')], false, undefined],
    [
      'is not there if all is spent',
      [useOf('a', '4.5', { spent: '4.5', settlesIn: 0 })],
      false,
      undefined,
    ],
  ])('%s', (_, uses, isThere, ms) => {
    expect(fits(uses, CAP)).toBe(isThere);
    if (!isThere) expect(roomIn(uses, CAP)).toBe(ms);
  });
});

const amounts = fc.nat(30).map((n) => toUsd(n / 10));
const lists = fc
  .array(
    fc.record({
      spent: amounts,
      limit: amounts,
      settlesIn: fc.constantFrom(undefined, undefined, 0, 1, 90_000),
      // Times with seconds only are often equal.
      created_at: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', undefined),
    }),
    { maxLength: 6 },
  )
  .map((list) =>
    list.map(({ spent, limit, settlesIn: ms, created_at }, at): CapUse => {
      const whole = maxUsd(limit, spent);
      const key = keyOf({ hash: `k${at}`, created_at });
      return { ...seen(key, endedFor(ms)), spent, counted: ms === 0 ? spent : whole };
    }),
  );
const caps = fc.record({
  amount: fc.integer({ min: 1, max: 60 }).map((n) => toUsd(n / 10)),
  limit: amounts,
  withByok: fc.constant(false),
});
const countedBy = (uses: readonly CapUse[]) => sumUsd(uses.map(({ counted }) => counted));

test('there is room in some time only if there is none now, a key settles then, and all together can fit', () => {
  fc.assert(
    fc.property(lists, caps, (uses, cap) => {
      fc.pre(!fits(uses, cap));
      const ms = roomIn(uses, cap);
      const fitsAtBest = fits(
        uses.map((use) => (isWorking(use) ? use : { ...use, counted: use.spent })),
        cap,
      );
      expect(ms !== undefined).toBe(fitsAtBest);
      if (ms === undefined) return;
      const waits = uses.flatMap((use) => settlesIn(use) || []);
      expect(ms).toBe(Math.min(...waits));
    }),
  );
});

test('a key is given out only if what all keys count is within the cap', () => {
  fc.assert(
    fc.property(lists, caps, fc.nat(), fc.boolean(), (uses, cap, at, isPatient) => {
      fc.pre(uses.length > 0);
      const own = uses[at % uses.length] as CapUse;
      const next = decide(uses, { hash: own.key.hash, cap, isPatient });
      const others = countedBy(uses.filter((one) => one !== own));
      const limit = maxUsd(own.counted, cap.limit);
      expect(next === 'give-out').toBe(others + limit <= cap.amount);
      if (next === 'give-out') expect(countedBy(uses)).toBeLessThanOrEqual(cap.amount);
      if (!isPatient) expect(next).not.toBe('wait');
    }),
  );
});

test('a list without the own key decides nothing', () => {
  expect(decide([], { hash: 'a1', cap: CAP, isPatient: true })).toBe('absent');
  expect(decide([useOf('b', '0')], { hash: 'a1', cap: CAP, isPatient: false })).toBe('absent');
});

test('of new keys, those that give way leave the others within the cap, and one of them is given out', () => {
  fc.assert(
    fc.property(lists, caps, fc.infiniteStream(fc.nat()), (list, cap, order) => {
      fc.pre(list.length > 0 && cap.limit <= cap.amount);
      // What a key that works and has spent nothing counts.
      let uses = list.map((one) => ({
        ...one,
        settlesIn: undefined,
        spent: 0n,
        counted: cap.limit,
      }));
      const given = new Set<string>();
      const isDone = ({ key, counted }: CapUse) => given.has(key.hash) || counted === 0n;
      for (
        let left = uses;
        left.length > 0 && cap.limit > 0n;
        left = uses.filter((one) => !isDone(one))
      ) {
        const verdicts = left.map(({ key }) =>
          decide(uses, { hash: key.hash, cap, isPatient: true }),
        );
        // Someone always has something else to do than to wait.
        expect(verdicts.every((next) => next === 'wait')).toBe(false);
        const movable = left.filter((_, at) => verdicts[at] !== 'wait');
        const one = movable[(order.next().value as number) % movable.length] as CapUse;
        const { hash } = one.key;
        if (decide(uses, { hash, cap, isPatient: true }) === 'give-out') given.add(hash);
        else uses = uses.map((use) => (use.key.hash === hash ? { ...use, counted: 0n } : use));
      }
      expect(cap.limit === 0n || given.size > 0).toBe(true);
      expect(BigInt(given.size) * cap.limit).toBeLessThanOrEqual(cap.amount);
    }),
  );
});

test('the older of two keys waits for the younger to give way, and does not wait forever', () => {
  const cap = { ...CAP, amount: usd('1') };
  const keys = [
    { ...useOf('b', '1'), key: keyOf({ hash: 'b', created_at: '2026-01-01T00:00:00Z' }) },
    { ...useOf('a', '1'), key: keyOf({ hash: 'a', created_at: '2026-01-01T00:00:01Z' }) },
  ];
  const decided = (isPatient: boolean) =>
    keys.map(({ key: { hash } }) => decide(keys, { hash, cap, isPatient }));
  expect(decided(true)).toEqual(['wait', 'give-way']);
  expect(decided(false)).toEqual(['give-way', 'give-way']);
});

import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type Cap,
  type CapUse,
  capUseOf,
  decide,
  finalLimit,
  type KeyCap,
  largestLimit,
  totalsOf,
} from '../../../src/actions/preview/cap.ts';
import { parseUsd, roundDown, type Usd } from '../../../src/lib/usd.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';

const usd = (text: string) => parseUsd(text) as Usd;
/** The ninth decimal of an amount. */
const NANO = 10n ** 21n;
const NOW = Date.UTC(2026, 0, 2);

const keyOf = (fields: Partial<Key>): Key => ({
  hash: 'a1',
  name: 'Key',
  label: 'sk-or-v1-abc...123',
  workspace_id: 'w',
  usage: 0,
  byok_usage: 0,
  limit: 1,
  limit_reset: null,
  include_byok_in_limit: false,
  disabled: false,
  expires_at: null,
  ...fields,
});

const CAP: Cap = { amount: usd('5'), withByok: false, replaced: [] };

describe('the exposure of a key', () => {
  test.each<[string, Partial<Key>, Partial<Cap>, string, string]>([
    ['that works is its limit', { usage: 0.3 }, {}, '0.3', '0.7'],
    ['beyond its limit is its counter', { usage: 1.2 }, {}, '1.2', '0'],
    ['that is disabled is its counter', { usage: 0.3, disabled: true }, {}, '0.3', '0'],
    ['that has expired is its counter', { expires_at: '2026-01-01T23:00:00Z' }, {}, '0', '0'],
    ['that expires later is its limit', { expires_at: '2026-01-02T00:00:01Z' }, {}, '0', '1'],
    ['has no usage with provider keys', { usage: 0.3, byok_usage: 0.2 }, {}, '0.3', '0.7'],
    [
      'has such usage if that counts',
      { usage: 0.3, byok_usage: 0.2, include_byok_in_limit: true },
      { withByok: true },
      '0.5',
      '0.5',
    ],
    ['without a limit, if it is replaced', { limit: null }, { replaced: ['a1'] }, '0', '0'],
    ['that resets, if it is replaced', { limit_reset: 'daily' }, { replaced: ['a1'] }, '0', '0'],
    ['without a limit, if it is disabled', { limit: null, disabled: true }, {}, '0', '0'],
  ])('%s', (_, fields, cap, spent, held) => {
    const key = keyOf(fields);
    const expected = { key, spent: usd(spent), held: usd(held) };
    expect(capUseOf(key, { ...CAP, ...cap }, NOW)).toEqual(expected);
  });

  test.each<[string, Partial<Key>, Partial<Cap>]>([
    ['unlimited', { limit: null }, {}],
    ['unlimited', { limit: undefined }, {}],
    ['resets', { limit_reset: 'monthly' }, {}],
    ['unread', { limit: 'much' }, {}],
    ['unread', { limit: 'much' }, { replaced: ['a1'] }],
    ['unread', { usage: null }, {}],
    ['unread', { usage: -1, disabled: true }, {}],
    ['unread', { usage: undefined, disabled: true }, {}],
    ['unread', { byok_usage: undefined, include_byok_in_limit: true }, { withByok: true }],
    ['without-byok', {}, { withByok: true }],
  ])('is unknown: %s', (problem, fields, cap) => {
    expect(capUseOf(keyOf(fields), { ...CAP, ...cap }, NOW)).toMatchObject({ problem });
  });
});

const amounts = fc.integer({ min: 0, max: 4_000_000 }).map((n) => BigInt(n) * 10n ** 20n);
const exposures = fc
  .array(
    fc.record({
      spent: fc.oneof(fc.constant(0n), amounts),
      held: amounts,
      // Times with seconds only are often equal.
      created_at: fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-01T00:00:01Z', undefined),
      isReplaced: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((list) =>
    list.map(({ spent, held, created_at, isReplaced }, at) => ({
      key: keyOf({ hash: `${isReplaced ? 'r' : 'k'}${at}`, created_at }),
      spent,
      held,
    })),
  );
const caps = fc.record({ amount: amounts, limit: amounts.map(roundDown), deploys: fc.boolean() });

function capFor(
  { amount, limit, deploys }: { amount: Usd; limit: Usd; deploys: boolean },
  others: readonly CapUse[],
): KeyCap {
  const older = others.map(({ key }) => key.hash).filter((hash) => hash.startsWith('r'));
  return { amount, limit, withByok: false, replaced: deploys ? older : [] };
}

const usedBy = (list: readonly CapUse[]) => {
  const { spent, held } = totalsOf(list);
  return spent + held;
};

/** What counts for a cap if replaced keys are disabled now. */
const afterReplacement = (list: readonly CapUse[], { replaced }: Cap) =>
  usedBy(list.map((one) => (replaced.includes(one.key.hash) ? { ...one, held: 0n } : one)));

test('a new key keeps all keys within the cap, and a deployment exceeds it by its own limit at most', () => {
  fc.assert(
    fc.property(exposures, caps, (others, wanted) => {
      const cap = capFor(wanted, others);
      const left = largestLimit(others, cap);
      expect(left <= cap.limit && left >= 0n).toBe(true);
      expect(roundDown(left)).toBe(left);
      if (left === 0n) return;
      expect(afterReplacement(others, cap) + left <= cap.amount).toBe(true);
      expect(usedBy(others) + left <= cap.amount + cap.limit).toBe(true);
    }),
  );
});

test('a key is given out only if one list shows all keys within the cap', () => {
  fc.assert(
    fc.property(exposures, caps, fc.nat(), fc.boolean(), (list, wanted, at, isPatient) => {
      fc.pre(list.length > 0);
      const own = list[at % list.length] as CapUse;
      const cap = capFor(wanted, list);
      const { hash } = own.key;
      const owned = { ...cap, replaced: cap.replaced.filter((other) => other !== hash) };
      const next = decide(list, { hash, cap: owned, isPatient });
      const isWithin = afterReplacement(list, owned) <= cap.amount;
      if (next.kind === 'give-out' && usedBy([own]) > 0n) {
        expect(isWithin).toBe(true);
        expect(usedBy(list) <= cap.amount + cap.limit).toBe(true);
      }
      if (next.kind === 'lower') expect(next.limit < usedBy([own])).toBe(true);
      if (!isPatient) expect(next.kind).not.toBe('wait');
    }),
  );
});

test('of new keys, those that give way leave the others within the cap, and one of them gets something', () => {
  fc.assert(
    fc.property(exposures, caps, (list, { amount, limit }) => {
      fc.pre(list.length > 0 && amount > NANO);
      const cap: KeyCap = { amount, limit, withByok: false, replaced: [] };
      let keys: CapUse[] = list.map((one) => ({ ...one, spent: 0n, held: roundDown(one.held) }));
      fc.pre(usedBy(keys) > 0n);
      for (let round = 0; round <= list.length; round += 1) {
        keys = keys.map((own) => {
          const next = decide(keys, { hash: own.key.hash, cap, isPatient: true });
          return next.kind === 'lower' ? { ...own, held: next.limit } : own;
        });
      }
      expect(usedBy(keys) <= amount).toBe(true);
      expect(usedBy(keys)).toBeGreaterThan(0n);
      const verdicts = keys.map(({ key }) =>
        decide(keys, { hash: key.hash, cap, isPatient: true }),
      );
      expect(verdicts.every(({ kind }) => kind === 'give-out')).toBe(true);
    }),
  );
});

test('a list without the own key decides nothing', () => {
  const cap = { ...CAP, limit: usd('1') };
  expect(decide([], { hash: 'a1', cap, isPatient: true })).toEqual({ kind: 'absent' });
});

test('the limit of a key at the end of its job is never raised, and never below its counter', () => {
  const facts = fc.record({ amount: amounts, spent: amounts, held: amounts, percent: fc.nat(100) });
  fc.assert(
    fc.property(exposures, facts, (others, { amount, spent, held, percent }) => {
      const own = { key: keyOf({}), spent, held };
      const limit = usedBy([own]);
      // A list can show the limit from before it was lowered.
      const known = spent + (held * BigInt(percent)) / 100n;
      const final = finalLimit(own, others, { cap: { ...CAP, amount }, known });
      if (!final) {
        expect(held === 0n || usedBy(others) + limit <= amount).toBe(true);
        return;
      }
      expect(final.limit >= spent && final.limit < known + NANO).toBe(true);
      if (!final.isUsedUp) expect(usedBy(others) + final.limit < amount + NANO).toBe(true);
      else expect(final.limit - spent < NANO).toBe(true);
    }),
  );
});

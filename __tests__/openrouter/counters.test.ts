import { describe, expect, test } from '@jest/globals';
import { seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { toUsd } from '../../src/lib/usd.ts';
import { CounterMemory, withLargerCounters } from '../../src/openrouter/counters.ts';
import { listKeys } from '../../src/openrouter/resources/keys.ts';
import { JITTER, openPlainSimulation } from '../support/plain-simulation.ts';
import { type KeyFields, toKey } from '../support/seen-keys.ts';
import { connect } from '../support/simulation.ts';

const LIMITED = { limit: 1, limit_reset: null };

describe('a step that reads a key again', () => {
  /** The key as it is after the last of `readings`. */
  const seeAll = (...readings: KeyFields[]) => {
    const counters = new CounterMemory();
    return readings.map((fields) => counters.see(toKey(fields))).at(-1);
  };

  test.each<[string, KeyFields, KeyFields, KeyFields]>([
    ['remembers a larger counter', { usage: 0.5 }, { usage: 0.2 }, { usage: 0.5 }],
    ['believes a larger counter', { usage: 0.2 }, { usage: 0.5 }, { usage: 0.5 }],
    ['remembers a counter that is missing now', { usage: 0.5 }, { usage: null }, { usage: 0.5 }],
    ['believes a counter that was missing', { usage: null }, { usage: 0.5 }, { usage: 0.5 }],
    [
      'does not mix up counters',
      { usage: 0.2, byok_usage: 0.3 },
      { usage: 0.5, byok_usage: 0.1 },
      { usage: 0.5, byok_usage: 0.3 },
    ],
    ['believes that a day began anew', { usage_daily: 1 }, { usage_daily: 0 }, { usage_daily: 0 }],
    [
      'remembers how little was left of a limit',
      { ...LIMITED, limit_remaining: 0.5 },
      { ...LIMITED, limit_remaining: 0.8 },
      { ...LIMITED, limit_remaining: 0.5 },
    ],
    [
      'believes that less is left of a limit',
      { ...LIMITED, limit_remaining: 0.8 },
      { ...LIMITED, limit_remaining: 0.5 },
      { ...LIMITED, limit_remaining: 0.5 },
    ],
    [
      'remembers a remainder that is missing now',
      { ...LIMITED, limit_remaining: 0.5 },
      LIMITED,
      { ...LIMITED, limit_remaining: 0.5 },
    ],
    [
      'believes that a limit was raised',
      { limit: 1, limit_remaining: 0.5 },
      { limit: 2, limit_remaining: 1.8 },
      { limit: 2, limit_remaining: 1.8 },
    ],
    [
      'believes that a limit was reset',
      { ...LIMITED, limit_reset: 'daily', limit_remaining: 0.5 },
      { ...LIMITED, limit_reset: 'daily', limit_remaining: 1 },
      { ...LIMITED, limit_reset: 'daily', limit_remaining: 1 },
    ],
    [
      'believes all else',
      { disabled: false, name: 'Old' },
      { disabled: true, name: 'New' },
      { disabled: true, name: 'New' },
    ],
  ])('%s', (_, first, second, expected) => {
    expect(seeAll(first, second)).toEqual(toKey(expected));
  });

  test('remembers the most of all readings', () => {
    const readings = [0.1, 0.5, 0.3, 0.2].map((usage) => ({ usage }));
    expect(seeAll(...readings)).toEqual(toKey({ usage: 0.5 }));
  });

  test('tells keys apart', () => {
    expect(seeAll({ hash: 'b2', usage: 0.5 }, { usage: 0.2 })).toEqual(toKey({ usage: 0.2 }));
  });
});

test('all counters of two readings in one list can be compared', () => {
  const [one, other] = [
    { usage: 0.5, usage_daily: 0, usage_weekly: 0.3, usage_monthly: 0 },
    { usage: 0.2, usage_daily: 0.1, usage_weekly: 0.2, usage_monthly: 0.4 },
  ];
  const larger = { usage: 0.5, usage_daily: 0.1, usage_weekly: 0.3, usage_monthly: 0.4 };
  expect(withLargerCounters(toKey(one), toKey(other))).toEqual(toKey(larger));
  const ofOwnKeys = (fields: object) =>
    toKey(Object.fromEntries(Object.entries(fields).map(([name, usd]) => [`byok_${name}`, usd])));
  expect(withLargerCounters(ofOwnKeys(one), ofOwnKeys(other))).toEqual(ofOwnKeys(larger));
});

test.each([
  ['first', 0, 60_000],
  ['second', 60_000, 0],
])('a key that two pages have counts with the most, that of the %s', async (_, ...lags) => {
  const simulation = openPlainSimulation();
  const { account, clock } = simulation;
  const workspace = seedWorkspace(simulation, { slug: 'preview-42', keys: 150 });
  for (const key of account.keys) seedUsage(simulation, key, { credits: 0.5 });
  const late = (count: number) => Array.from({ length: count }, () => 60_000);
  account.replicaLags.push(...late(99), ...lags, ...late(50));
  const context = connect(simulation, { timeout: 60_000, jitter: JITTER });
  const { keys } = await clock.run(listKeys(context, workspace));
  expect(keys).toHaveLength(150);
  const half = toUsd(0.5);
  expect(keys.map(({ usage }) => usage === half).indexOf(true)).toBe(99);
  expect(keys[99]).toMatchObject({ usage: half, usage_daily: half, usage_monthly: half });
});

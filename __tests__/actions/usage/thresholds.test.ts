import { describe, expect, test } from '@jest/globals';
import type { UsageResult } from '../../../src/actions/usage/result.ts';
import { usageFailure, warnOnCost } from '../../../src/actions/usage/thresholds.ts';
import { describeGap } from '../../../src/actions/usage/usage-gap.ts';
import { toUsd, type Usd } from '../../../src/lib/usd.ts';
import { describeError } from '../../../src/report/describe-error.ts';
import type { Context } from '../../../src/shared/context.ts';
import { type KeyFields, toKey } from '../../support/seen-keys.ts';

const WORKSPACE = { id: 'a', slug: 'preview-42', name: 'Preview' };

const resultOf = (cost: bigint, gaps: UsageResult['gaps'] = []): UsageResult => ({
  spender: { kind: 'workspace', workspace: WORKSPACE },
  since: 'created',
  from: 0,
  to: 1,
  serverTime: 1,
  cost,
  byok: 0n,
  requests: 0n,
  tokens: 0n,
  models: [],
  keys: [],
  limit: undefined,
  gaps,
});

type Thresholds = Parameters<typeof usageFailure>[1];

const NO_THRESHOLDS: Thresholds = {
  warnAbove: undefined,
  failAbove: undefined,
  failBelowRemaining: undefined,
  failIfIncomplete: false,
};

/** The smallest difference that counts. */
const NANO = toUsd(1e-9);

const TRUNCATED: UsageResult['gaps'] = [{ kind: 'truncated' }];
/** Gaps that do not concern the cost. */
const OTHER: UsageResult['gaps'] = [
  { kind: 'byok-unread', keys: 1, cause: 'invalid' },
  { kind: 'limit-unread' },
];
const incomplete = (...undecided: string[]) => ({ code: 'usage-incomplete', undecided });
const ABOVE = { code: 'spending-above-warning', threshold: 5n * NANO };
const MAY_WARN = incomplete('warn-above-usd');
const MAY_FAIL = incomplete('fail-above-usd');
const MAY_DO_BOTH = incomplete('warn-above-usd', 'fail-above-usd');

function warningsOf(result: UsageResult, thresholds: Thresholds): object[] {
  const warnings: object[] = [];
  const warn: Context['warn'] = (kind, facts) =>
    warnings.push({ code: kind.code, ...facts, ...kind.describe(facts) });
  warnOnCost(result, thresholds, { warn });
  return warnings;
}

describe('a step warns', () => {
  const [FIVE, SIX, NINE] = [5n * NANO, 6n * NANO, 9n * NANO];
  const NONE = undefined;
  test.each([
    ['of nothing without thresholds', NINE, TRUNCATED, NONE, NONE, []],
    ['of nothing at its threshold', FIVE, [], FIVE, NONE, []],
    ['of nothing if the cost is known', FIVE, OTHER, FIVE, NINE, []],
    ['of nothing below its limit', FIVE, [], NONE, NINE, []],
    ['above its threshold', SIX, [], FIVE, NONE, [ABOVE]],
    ['of both', SIX, TRUNCATED, FIVE, SIX, [ABOVE, MAY_FAIL]],
    ['of a threshold that may be exceeded', FIVE, TRUNCATED, FIVE, NONE, [MAY_WARN]],
    ['of a limit that may be exceeded', FIVE, TRUNCATED, NONE, FIVE, [MAY_FAIL]],
    ['of two that may be exceeded', FIVE, TRUNCATED, FIVE, NINE, [MAY_DO_BOTH]],
    ['only above its threshold, which is certain', SIX, TRUNCATED, FIVE, NONE, [ABOVE]],
  ])('%s', (_, cost, gaps, warnAbove, failAbove, expected) => {
    const thresholds = { ...NO_THRESHOLDS, warnAbove, failAbove };
    const result = resultOf(cost, gaps);
    const warnings = warningsOf(result, thresholds);
    expect(warnings).toEqual(
      expected.map((warning) => expect.objectContaining({ ...warning, result })),
    );
  });
});

test.each(['failAbove', 'warnAbove'] as const)(
  'a cost above %s is complete if only other figures are unknown',
  (threshold) => {
    const thresholds = { ...NO_THRESHOLDS, [threshold]: 0n };
    const warnings = warningsOf(resultOf(NANO, OTHER), thresholds);
    const failure = usageFailure(resultOf(NANO, OTHER), thresholds);
    const failures = failure ? [describeError(failure, 'none')] : [];
    const title = expect.stringMatching(/^<\$0\.0001 spent|^\$0\.000000001 spent/);
    expect([...warnings, ...failures]).toEqual([expect.objectContaining({ title })]);
  },
);

test('an incomplete cost is explained by the gaps that concern it', () => {
  const gaps: UsageResult['gaps'] = [
    ...OTHER,
    { kind: 'keys-unread', keys: 2, cause: 'invalid' },
    { kind: 'models-unread', models: 3 },
  ];
  const warnings = warningsOf(resultOf(0n, gaps), { ...NO_THRESHOLDS, failAbove: NANO });
  const lines = gaps.slice(2).map((gap) => describeGap(gap));
  expect(warnings).toEqual([expect.objectContaining({ lines })]);
});

describe('with failIfIncomplete, a step', () => {
  const NINE = 9n * NANO;
  const INCOMPLETE = 'figures-incomplete';
  test.each<[string, UsageResult['gaps'], Usd | undefined, string | undefined]>([
    ['succeeds if all figures are complete', [], undefined, undefined],
    ['fails if the cost is incomplete', TRUNCATED, undefined, INCOMPLETE],
    ['fails if the cost is incomplete and at its limit', TRUNCATED, NINE, INCOMPLETE],
    ['fails if only another figure is incomplete', OTHER.slice(0, 1), undefined, INCOMPLETE],
    ['fails if only the limit is unknown', OTHER.slice(1), undefined, INCOMPLETE],
    ['fails for an incomplete cost above its limit', TRUNCATED, 0n, 'spending-above-limit'],
  ])('%s', (_, gaps, failAbove, code) => {
    const thresholds = { ...NO_THRESHOLDS, failAbove, failIfIncomplete: true };
    expect(usageFailure(resultOf(NINE, gaps), thresholds)?.code).toBe(code);
  });

  test('names all gaps, also those that do not concern the cost', () => {
    const gaps = [...OTHER, ...TRUNCATED];
    const failure = usageFailure(resultOf(NINE, gaps), {
      ...NO_THRESHOLDS,
      failIfIncomplete: true,
    });
    expect(describeError(failure, 'none')).toMatchObject({
      title: expect.stringMatching(/^At least /),
      rows: gaps.map((gap) => describeGap(gap)),
    });
  });
});

describe('of the limit of a key, with a failBelowRemaining of 9 nano-USD,', () => {
  const NOW = Date.parse('2026-01-14T12:00:01Z');
  const NINE = 9n * NANO;
  const [TOO_LOW, UNKNOWN, UNUSABLE] = ['remaining-too-low', 'remaining-unknown', 'key-unusable'];
  const UNLIMITED = { limit: null, limit_remaining: null };
  const ENOUGH = { limit: 5, limit_remaining: 4 };
  const LESS = { limit: 5, limit_remaining: 8e-9 };
  const EXPIRY = '2026-01-14T12:00:01.000Z';

  const resultFor = (fields: KeyFields, gaps: UsageResult['gaps'] = []): UsageResult => ({
    ...resultOf(0n, gaps),
    serverTime: NOW,
    spender: { kind: 'key', key: toKey({ name: 'CI', ...fields }), workspace: WORKSPACE },
  });
  const failureOf = (
    fields: KeyFields,
    gaps?: UsageResult['gaps'],
    more: Partial<Thresholds> = {},
  ) =>
    usageFailure(resultFor(fields, gaps), { ...NO_THRESHOLDS, failBelowRemaining: NINE, ...more });

  test.each<[string, KeyFields, string | undefined]>([
    ['more remains', ENOUGH, undefined],
    ['exactly that remains', { limit: 5, limit_remaining: 9e-9 }, undefined],
    ['less remains by noise only', { limit: 5, limit_remaining: 8.99999e-9 }, undefined],
    ['less remains', LESS, TOO_LOW],
    ['less than nothing remains', { limit: 5, limit_remaining: -1 }, TOO_LOW],
    ['the limit is lower, and unused', { limit: 8e-9, limit_remaining: 8e-9 }, TOO_LOW],
    ['the limit is 0', { limit: 0, limit_remaining: 0 }, TOO_LOW],
    ['there is none', UNLIMITED, undefined],
    ['limit is missing', { limit_remaining: 4 }, UNKNOWN],
    ['limit_remaining is invalid', { ...ENOUGH, limit_remaining: 'some' }, UNKNOWN],
    ['enough remains, but the key is disabled', { ...ENOUGH, disabled: true }, UNUSABLE],
    ['there is none, but the key is disabled', { ...UNLIMITED, disabled: true }, UNUSABLE],
    ['enough remains, but the key expires now', { ...ENOUGH, expires_at: EXPIRY }, UNUSABLE],
    ['the key expires later', { ...ENOUGH, expires_at: '2026-01-14T12:00:02Z' }, undefined],
    ['the key never expires', { ...ENOUGH, expires_at: null, disabled: false }, undefined],
  ])('if %s: %j fails with %s', (_, fields, code) => {
    expect(failureOf(fields)?.code).toBe(code);
  });

  test('no key is known to have expired without the time of OpenRouter', () => {
    const result = { ...resultFor({ ...ENOUGH, expires_at: EXPIRY }), to: NOW };
    const thresholds = { ...NO_THRESHOLDS, failBelowRemaining: NINE };
    expect(usageFailure({ ...result, serverTime: undefined }, thresholds)).toBeUndefined();
  });

  test('nothing is decided without the threshold, or without a key', () => {
    const none = { failBelowRemaining: undefined };
    expect(failureOf({ ...LESS, disabled: true }, [], none)).toBeUndefined();
    const thresholds = { ...NO_THRESHOLDS, failBelowRemaining: NINE };
    expect(usageFailure(resultOf(0n), thresholds)).toBeUndefined();
  });

  test('its failure comes after a cost above its limit, and before incomplete figures', () => {
    const both = { failAbove: 0n, failIfIncomplete: true };
    const gaps: UsageResult['gaps'] = [{ kind: 'limit-unread' }];
    const costly = { ...resultFor({}, gaps), cost: NANO };
    const thresholds = { ...NO_THRESHOLDS, failBelowRemaining: NINE, ...both };
    expect(usageFailure(costly, thresholds)?.code).toBe('spending-above-limit');
    expect(failureOf({}, gaps, both)?.code).toBe(UNKNOWN);
    expect(failureOf(ENOUGH, gaps, both)?.code).toBe('figures-incomplete');
  });
});

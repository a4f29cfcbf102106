import { describe, expect, test } from '@jest/globals';
import { parseUsd, type Usd } from '../../../src/lib/usd.ts';
import type { WarningDetails } from '../../../src/operations/shared/failure.ts';
import { spendingFailure, warnOnCost } from '../../../src/operations/usage/thresholds.ts';
import type { UsageResult } from '../../../src/operations/usage/usage.ts';

const resultOf = (cost: bigint, gaps: UsageResult['gaps'] = []): UsageResult => ({
  workspace: { id: 'a', slug: 'preview-42', name: 'Preview' },
  key: undefined,
  from: 0,
  to: 1,
  cost,
  byok: 0n,
  requests: 0n,
  tokens: 0n,
  models: [],
  limit: undefined,
  gaps,
});

/** The smallest difference that counts. */
const NANO = parseUsd('1e-9') as Usd;
/** What binary floating point may add to a sum. */
const NOISE = parseUsd('1e-14') as Usd;

describe('a step fails', () => {
  test.each([
    [9n * NANO, undefined, undefined],
    [9n * NANO, 9n * NANO, undefined],
    [9n * NANO + NOISE, 9n * NANO, undefined],
    [9n * NANO, 8n * NANO, 'spending-above-limit'],
  ])('at a cost of %s with a limit of %s: %s', (cost, failAbove, code) => {
    const failure = spendingFailure(resultOf(cost), { warnAbove: undefined, failAbove });
    expect(failure?.code).toBe(code);
    if (failure) expect(failure.details).toMatchObject({ cost, limit: failAbove });
  });
});

const TRUNCATED: UsageResult['gaps'] = [{ kind: 'truncated' }];
/** Gaps that do not concern the cost. */
const OTHER: UsageResult['gaps'] = [{ kind: 'byok-unread', keys: 1 }, { kind: 'limit-unread' }];
const ABOVE = { code: 'spending-above-warning', threshold: 5n * NANO };
const incomplete = (...undecided: string[]) => ({ code: 'usage-incomplete', undecided });

describe('a step warns', () => {
  test.each([
    ['of nothing without thresholds', 9n * NANO, TRUNCATED, undefined, undefined, []],
    ['of nothing at its threshold', 5n * NANO, [], 5n * NANO, undefined, []],
    ['of nothing above it by noise', 5n * NANO + NOISE, [], 5n * NANO, undefined, []],
    ['of nothing if the cost is known', 5n * NANO, OTHER, 5n * NANO, 9n * NANO, []],
    ['of nothing below its limit', 5n * NANO, [], undefined, 9n * NANO, []],
    ['above its threshold', 6n * NANO, [], 5n * NANO, undefined, [ABOVE]],
    ['of both', 6n * NANO, TRUNCATED, 5n * NANO, 6n * NANO, [ABOVE, incomplete('fail-above-usd')]],
    [
      'of a threshold that may be exceeded',
      5n * NANO,
      TRUNCATED,
      5n * NANO,
      undefined,
      [incomplete('warn-above-usd')],
    ],
    [
      'of a limit that may be exceeded',
      5n * NANO,
      TRUNCATED,
      undefined,
      5n * NANO,
      [incomplete('fail-above-usd')],
    ],
    [
      'of two that may be exceeded',
      5n * NANO,
      TRUNCATED,
      5n * NANO,
      9n * NANO,
      [incomplete('warn-above-usd', 'fail-above-usd')],
    ],
    [
      'of a limit that it is above by noise, and may be exceeded',
      5n * NANO + NOISE,
      TRUNCATED,
      undefined,
      5n * NANO,
      [incomplete('fail-above-usd')],
    ],
    [
      'only above its threshold, which is certain',
      6n * NANO,
      TRUNCATED,
      5n * NANO,
      undefined,
      [ABOVE],
    ],
  ])('%s', (_, cost, gaps, warnAbove, failAbove, expected) => {
    const warnings: object[] = [];
    const warn = <Code extends keyof WarningDetails>(code: Code, details: WarningDetails[Code]) => {
      warnings.push({ code, ...details });
    };
    warnOnCost(resultOf(cost, gaps), { warnAbove, failAbove }, { warn });
    expect(warnings).toEqual(
      expected.map((warning) => expect.objectContaining({ ...warning, cost })),
    );
  });
});

test.each(['failAbove', 'warnAbove'] as const)(
  'a cost above %s is complete if only other figures are unknown',
  (threshold) => {
    const thresholds = { warnAbove: undefined, failAbove: undefined, [threshold]: 0n };
    const reported: object[] = [];
    warnOnCost(resultOf(NANO, OTHER), thresholds, {
      warn: (_, details) => reported.push(details),
    });
    const failure = spendingFailure(resultOf(NANO, OTHER), thresholds);
    if (failure) reported.push(failure.details);
    expect(reported).toEqual([expect.objectContaining({ gaps: [] })]);
  },
);

test('an incomplete cost is explained by the gaps that concern it', () => {
  const gaps: UsageResult['gaps'] = [
    ...OTHER,
    { kind: 'keys-unread', keys: 2 },
    { kind: 'models-unread', models: 3 },
  ];
  const warnings: object[] = [];
  warnOnCost(
    resultOf(0n, gaps),
    { warnAbove: undefined, failAbove: NANO },
    { warn: (_, details) => warnings.push(details) },
  );
  expect(warnings).toEqual([expect.objectContaining({ gaps: gaps.slice(2) })]);
});

import { describe, expect, test } from '@jest/globals';
import type { WarningDetails } from '../../../src/operations/shared/failure.ts';
import { failureOf, warnOnCost } from '../../../src/operations/usage/thresholds.ts';
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

describe('a step fails', () => {
  test.each([
    [9n, undefined, undefined],
    [9n, 9n, undefined],
    [9n, 8n, 'spending-above-limit'],
  ])('at a cost of %s with a limit of %s: %s', (cost, failAbove, code) => {
    const failure = failureOf(resultOf(cost), { warnAbove: undefined, failAbove });
    expect(failure?.code).toBe(code);
    if (failure) expect(failure.details).toMatchObject({ cost, limit: failAbove });
  });
});

const TRUNCATED: UsageResult['gaps'] = [{ kind: 'truncated' }];
const ABOVE = { code: 'spending-above-warning', threshold: 5n };
const incomplete = (...undecided: string[]) => ({ code: 'usage-incomplete', undecided });

describe('a step warns', () => {
  test.each([
    ['of nothing without thresholds', 9n, TRUNCATED, undefined, undefined, []],
    ['of nothing at its threshold', 5n, [], 5n, undefined, []],
    ['of nothing below its limit', 5n, [], undefined, 9n, []],
    ['above its threshold', 6n, [], 5n, undefined, [ABOVE]],
    ['of both', 6n, TRUNCATED, 5n, 6n, [ABOVE, incomplete('fail-above-usd')]],
    [
      'of a threshold that may be exceeded',
      5n,
      TRUNCATED,
      5n,
      undefined,
      [incomplete('warn-above-usd')],
    ],
    [
      'of a limit that may be exceeded',
      5n,
      TRUNCATED,
      undefined,
      5n,
      [incomplete('fail-above-usd')],
    ],
    [
      'of two that may be exceeded',
      5n,
      TRUNCATED,
      5n,
      9n,
      [incomplete('warn-above-usd', 'fail-above-usd')],
    ],
    ['only above its threshold, which is certain', 6n, TRUNCATED, 5n, undefined, [ABOVE]],
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

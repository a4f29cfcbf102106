import { describe, expect, test } from '@jest/globals';
import type { ApiError } from '../../../src/http/request.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { queryUsage } from '../../../src/openrouter/resources/analytics.ts';
import { limitOf } from '../../../src/openrouter/resources/keys.ts';
import { formatTime } from '../../../src/openrouter/time.ts';
import { json, openRecordingClient } from '../../support/recording-client.ts';
import { toKey } from '../../support/seen-keys.ts';

const QUERY = {
  filter: { field: 'workspace', operator: 'eq', value: 'w' },
  from: 1_500,
  to: 90_061_000,
  subject: 'the workspace preview-42',
} as const;

/** Queries the usage; OpenRouter responds with `rows`, and `fields` next to them. */
async function query(rows: object[], fields: object = {}) {
  const metadata = { truncated: false };
  const reply = json({ data: { data: rows, metadata, ...fields } });
  // Repeated, because a defect can be passing.
  const { client, run, sent } = openRecordingClient(Array.from({ length: 20 }, () => reply));
  const result = await run(queryUsage(client, QUERY));
  return { result, sent };
}

describe('a query of the usage', () => {
  const row = {
    model: 'a/b',
    request_count: '3',
    tokens_total: '9007199254740993',
    tokens_prompt: '1',
    tokens_completion: '2',
    reasoning_tokens: '0',
    credits_usage: 0.1,
    byok_usage: 0.2,
  };

  test('filters by one resource, and groups by model', async () => {
    const { sent } = await query([]);
    expect(JSON.parse(sent[0]?.body ?? '')).toEqual({
      metrics: Object.keys(row).slice(1),
      dimensions: ['model'],
      filters: [QUERY.filter],
      time_range: { start: '1970-01-01T00:00:01Z', end: '1970-01-02T01:01:01Z' },
      order_by: { field: 'credits_usage', direction: 'desc' },
      limit: 1_000,
    });
  });

  test('returns exact counts and amounts', async () => {
    const { result } = await query([row]);
    expect(result).toEqual({
      models: [
        {
          model: 'a/b',
          request_count: 3n,
          tokens_total: 9_007_199_254_740_993n,
          tokens_prompt: 1n,
          tokens_completion: 2n,
          reasoning_tokens: 0n,
          credits_usage: toUsd(0.1),
          byok_usage: toUsd(0.2),
        },
      ],
      truncated: false,
      cachedAt: undefined,
      warnings: [],
    });
  });

  test('takes null for the sum of nothing, and reports all that limits the figures', async () => {
    const fields = { metadata: { truncated: true }, cachedAt: 5, warnings: ['Incomplete'] };
    const { result } = await query([{ ...row, request_count: null, byok_usage: null }], fields);
    expect(result).toMatchObject({
      models: [{ request_count: 0n, byok_usage: 0n }],
      truncated: true,
      cachedAt: 5,
      warnings: ['Incomplete'],
    });
  });

  test('takes null for no cache and no warnings', async () => {
    const { result } = await query([], { cachedAt: null, warnings: null });
    expect(result).toEqual({ models: [], truncated: false, cachedAt: undefined, warnings: [] });
  });

  test.each([{ request_count: 'many' }, { request_count: '1.5' }, { credits_usage: 'free' }])(
    'fails for %j',
    async (wrong) => {
      const { result } = await query([{ ...row, ...wrong }]);
      expect((result as ApiError).details.reason).toContain(Object.keys(wrong)[0]);
    },
  );
});

test('a number that is no time becomes words', () => {
  expect(formatTime(1.7e18)).toBe('an unknown time');
});

test.each([
  [{}, undefined],
  [{ limit: null }, undefined],
  [
    { limit: 5, limit_reset: null },
    { amount: '5', reset: undefined, remaining: undefined },
  ],
  [
    { limit: 5, limit_reset: 'daily', limit_remaining: -0.5 },
    { amount: '5', reset: 'daily', remaining: '-0.5' },
  ],
])('the limit of a key with %j is %j', (fields, limit) => {
  const usd = (text: string | undefined) => (text === undefined ? undefined : toUsd(Number(text)));
  expect(limitOf(toKey(fields))).toEqual(
    limit && { ...limit, amount: usd(limit.amount), remaining: usd(limit.remaining) },
  );
});

import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Key } from './keys.ts';

/** Billed requests to one model with one API key at one time. */
export interface Spend {
  key_hash: string;
  key_name: string;
  workspace_id: string;
  /** With its date: `openai/gpt-5-mini-2025-08-07`. */
  model: string;
  /** In milliseconds since 1970. */
  at: number;
  /** In 10^-9 USD, so that sums are exact. */
  credits: number;
  /** The same, of your own provider keys. */
  byok: number;
  requests: number;
  tokens_prompt: number;
  tokens_completion: number;
  reasoning_tokens: number;
}

/** How late the counters of API keys are, in milliseconds: those of each key by another time in this range. */
export interface CounterDelay {
  from: number;
  to: number;
}

/** What others have seen at OpenRouter. */
export const COUNTER_DELAY: Readonly<CounterDelay> = counterDelayFrom(40_000);

/** How far analytics is behind, in milliseconds. No one has published it. */
export const ANALYTICS_LAG = 60_000;

/** How long a revoked key can go on working, in milliseconds. Others have seen up to half a minute. */
export const REVOCATION_DELAY = 25_000;

/** The options of an account that shows at once what was spent, and refuses a revoked key at once. */
export const AT_ONCE = {
  counterDelay: counterDelayFrom(0),
  analyticsLag: 0,
  revocationDelay: 0,
};

/** Delays of `ms` milliseconds, and of up to a quarter more. */
export function counterDelayFrom(ms: number): CounterDelay {
  return { from: ms, to: 1.25 * ms };
}

/** How late the counters of a key are, in milliseconds. */
export function delayOf({ hash }: Pick<Key, 'hash'>, { from, to }: CounterDelay): number {
  const share = createHash('sha256').update(hash).digest().readUIntBE(0, 6) / 2 ** 48;
  return from + share * (to - from);
}

/** How analytics of an account behaves. A test may change it. */
export interface AnalyticsState {
  /** If set, results are from a cache that was filled at this time, in milliseconds since 1970. */
  cachedAt: number | undefined;
  /** How far analytics is behind, in milliseconds, without saying so. */
  lag: number;
  /** Whether it resolves the hash of a deleted key that has spent. Those who call OpenRouter disagree. */
  resolvesDeletedKeys: boolean;
  /** The most rows of a result, whatever the request says. */
  maxRows: number;
  /** When the queries of the last minute arrived, in milliseconds since 1970. */
  queries: number[];
}

export const NANO = 1e9;

/** A sum of 10^-9 USD as the API returns it. */
export function toUsd(nano: number): number {
  return nano / NANO;
}

export function sumOf(spends: readonly Spend[], amount: (spend: Spend) => number): number {
  return spends.reduce((sum, spend) => sum + amount(spend), 0);
}

const DAY = 86_400_000;

/** When the period began that contains `now`, in UTC; weeks begin on Monday. */
export function periodStart(period: 'daily' | 'weekly' | 'monthly', now: Date): number {
  const day = Math.floor(now.getTime() / DAY) * DAY;
  if (period === 'daily') return day;
  if (period === 'monthly') return day - (now.getUTCDate() - 1) * DAY;
  return day - ((now.getUTCDay() + 6) % 7) * DAY;
}

/** The fields of `key` about what it has spent, which is `own`. */
export function usageFields(key: Key, own: readonly Spend[], now: Date) {
  const since = (period: 'daily' | 'weekly' | 'monthly') =>
    own.filter(({ at }) => at >= periodStart(period, now));
  const fields = (name: 'usage' | 'byok_usage', amount: (spend: Spend) => number) => ({
    [name]: toUsd(sumOf(own, amount)),
    [`${name}_daily`]: toUsd(sumOf(since('daily'), amount)),
    [`${name}_weekly`]: toUsd(sumOf(since('weekly'), amount)),
    [`${name}_monthly`]: toUsd(sumOf(since('monthly'), amount)),
  });
  return {
    ...fields('usage', ({ credits }) => credits),
    ...fields('byok_usage', ({ byok }) => byok),
    limit_remaining: remainingOf(key, own, now),
  };
}

/** What is left of the limit of `key`, which has spent `own`; null if it has no limit. */
export function remainingOf(key: Key, own: readonly Spend[], now: Date): number | null {
  const { limit, limit_reset: reset, include_byok_in_limit: withByok } = key;
  if (typeof limit !== 'number') return null;
  const counted =
    reset === 'daily' || reset === 'weekly' || reset === 'monthly'
      ? own.filter(({ at }) => at >= periodStart(reset, now))
      : own;
  const spent = sumOf(counted, ({ credits, byok }) => credits + (withByok ? byok : 0));
  return toUsd(Math.round(limit * NANO) - spent);
}

/** The metrics that a query can request. Counts are strings, money and rates are numbers. */
export const METRICS: Readonly<Record<string, (spends: readonly Spend[]) => string | number>> = {
  total_usage: (spends) => toUsd(sumOf(spends, ({ credits, byok }) => credits + byok)),
  credits_usage: (spends) => toUsd(sumOf(spends, ({ credits }) => credits)),
  byok_usage: (spends) => toUsd(sumOf(spends, ({ byok }) => byok)),
  request_count: (spends) => String(sumOf(spends, ({ requests }) => requests)),
  tokens_total: (spends) =>
    String(sumOf(spends, (spend) => spend.tokens_prompt + spend.tokens_completion)),
  tokens_prompt: (spends) => String(sumOf(spends, (spend) => spend.tokens_prompt)),
  tokens_completion: (spends) => String(sumOf(spends, (spend) => spend.tokens_completion)),
  reasoning_tokens: (spends) => String(sumOf(spends, (spend) => spend.reasoning_tokens)),
  cached_tokens: () => '0',
  cache_hit_rate: () => 0,
};

/** What a query can group by and filter by, and the most days of its period. */
export const DIMENSIONS: Readonly<Record<string, { maxDays: number }>> = {
  model: { maxDays: 365 },
  api_key_id: { maxDays: 365 },
  workspace: { maxDays: 31 },
};

export const GRANULARITIES = ['minute', 'hour', 'day', 'week', 'month'] as const;

/** With seconds: the API refuses times without them. */
const time = z.iso.datetime().regex(/T\d\d:\d\d:\d\d/);

export const analyticsQuery = z.strictObject({
  metrics: z.array(z.enum(Object.keys(METRICS))).min(1),
  dimensions: z
    .array(z.enum(Object.keys(DIMENSIONS)))
    .max(2)
    .default([]),
  filters: z
    .array(
      z.strictObject({
        field: z.enum(Object.keys(DIMENSIONS)),
        operator: z.enum(['eq', 'neq']),
        value: z.string(),
      }),
    )
    .max(20)
    .default([]),
  time_range: z.strictObject({ start: time, end: time }).optional(),
  granularity: z.enum(GRANULARITIES).optional(),
  order_by: z.strictObject({ field: z.string(), direction: z.enum(['asc', 'desc']) }).optional(),
  limit: z.int().min(1).max(10_000).default(1_000),
});

export type AnalyticsQuery = z.infer<typeof analyticsQuery>;

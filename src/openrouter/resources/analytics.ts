import * as z from 'zod/mini';
import type { Client } from '../../http/client.ts';
import { type Usd, usd } from '../../lib/usd.ts';
import { envelope } from '../envelope.ts';
import { formatTime } from '../time.ts';

/** A result of OpenRouter's analytics. */
export interface UsageByModel {
  /** The most expensive first. */
  models: ModelUsage[];
  /** Whether there are more models than the result has. */
  truncated: boolean;
  /** When a result from the server's cache was made, in milliseconds since 1970. */
  cachedAt?: number | undefined;
  /** The server's warnings, such as about a hash that it does not know. */
  warnings: string[];
}

/** What a query is about: a workspace by its id, or an API key by its hash. */
export interface UsageFilter {
  field: 'workspace' | 'api_key_id';
  value: string;
}

export interface UsageQuery {
  filter: UsageFilter;
  /** The period in milliseconds since 1970, in whole seconds. */
  from: number;
  to: number;
  /** What the query is about, for messages: `the workspace preview-42` */
  subject: string;
}

// The schemas are built when they are used: most programs do not read usage.

/** Counts arrive as strings, such as `"1200"`. Null is the sum of nothing. */
const count = () =>
  z.pipe(
    z.transform((value) => String(value ?? 0)),
    z.pipe(
      z.string().check(z.regex(/^\d+$/)),
      z.transform((digits: string) => BigInt(digits)),
    ),
  );

const metrics = () => ({
  request_count: count(),
  tokens_total: count(),
  tokens_prompt: count(),
  tokens_completion: count(),
  reasoning_tokens: count(),
  /** What OpenRouter charged; null if unknown, because each request has a charge, also one of 0. */
  credits_usage: z.nullable(usd),
  /** What providers charged for requests with your own provider keys. */
  byok_usage: z.pipe(
    z.nullable(usd),
    z.transform((amount) => amount ?? 0n),
  ),
});

const row = () => z.object({ model: z.nullable(z.string()), ...metrics() });

/** What the requests to one model have used and cost. */
export type ModelUsage = z.infer<ReturnType<typeof row>>;

/** What the requests to a model have cost at least. */
export function costOf({ credits_usage }: ModelUsage): Usd {
  return credits_usage ?? 0n;
}

const result = () =>
  envelope(
    z.object({
      data: z.array(row()),
      metadata: z.object({ truncated: z.boolean() }),
      cachedAt: z.optional(z.nullable(z.number())),
      warnings: z.optional(z.nullable(z.array(z.string()))),
    }),
  );

/** The API accepts 10,000, but that many exceed the maximum size of a response. */
const MAX_ROWS = 1_000;

/**
 * `POST /analytics/query`: sums up by model what a workspace or an API key has used and cost. It only
 * reads, so it is retried like a GET.
 * @throws {ApiError}
 */
export async function queryUsage(
  client: Client,
  { filter, from, to, subject }: UsageQuery,
): Promise<UsageByModel> {
  const { data } = await client.request({
    operation: `read the usage of ${subject}`,
    method: 'POST',
    readOnly: true,
    path: '/analytics/query',
    body: {
      metrics: Object.keys(metrics()),
      dimensions: ['model'],
      filters: [{ ...filter, operator: 'eq' }],
      time_range: { start: formatTime(from), end: formatTime(to) },
      order_by: { field: 'credits_usage', direction: 'desc' },
      limit: MAX_ROWS,
    },
    schema: result(),
  });
  return {
    models: data.data,
    truncated: data.metadata.truncated,
    cachedAt: data.cachedAt ?? undefined,
    warnings: data.warnings ?? [],
  };
}

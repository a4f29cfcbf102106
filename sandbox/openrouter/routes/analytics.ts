import { ApiError, type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import { invalidRequest, parseBody } from '../request.ts';
import {
  type AnalyticsQuery,
  analyticsQuery,
  DIMENSIONS,
  type GRANULARITIES,
  METRICS,
  periodStart,
  type Spend,
} from '../resources/usage.ts';

export const analyticsRoutes: Routes<Account> = {
  'POST /analytics/query': query,
};

const MINUTE = 60_000;
const DAY = 86_400_000;
const MAX_QUERIES_PER_MINUTE = 64;

function query(account: Account, { body }: Call): ApiResponse {
  countQuery(account);
  const request = parseBody(analyticsQuery, body);
  assertOrder(request);
  const range = rangeOf(request, account.now().getTime());
  const { cachedAt, maxRows } = account.analytics;
  const warnings = unresolvedKeys(account, request);
  const spends = account.spends.filter(
    (spend) =>
      spend.at >= range.start &&
      spend.at < range.end &&
      isKnown(account, spend) &&
      request.filters.every((filter) => passes(account, spend, filter)),
  );
  const rows = sorted(rowsOf(account, spends, request), request);
  const shown = rows.slice(0, Math.min(request.limit, maxRows));
  return ok({
    data: {
      data: shown,
      metadata: {
        row_count: shown.length,
        truncated: shown.length < rows.length,
        query_time_ms: 1,
      },
      ...(cachedAt !== undefined && { cachedAt }),
      ...(warnings.length > 0 && { warnings }),
    },
  });
}

/** Whether analytics has received the requests of `spend` by now. */
function isKnown({ analytics, now }: Account, { at }: Spend): boolean {
  const { cachedAt = Number.POSITIVE_INFINITY, lag } = analytics;
  return at <= Math.min(cachedAt, now().getTime() - lag);
}

function countQuery({ analytics, now }: Account): void {
  const time = now().getTime();
  const recent = analytics.queries.filter((earlier) => earlier > time - MINUTE);
  analytics.queries.splice(0, analytics.queries.length, ...recent);
  if (recent.length >= MAX_QUERIES_PER_MINUTE) throw new ApiError(429, 'Rate limit exceeded');
  analytics.queries.push(time);
}

/** A result is ordered by what it has, by its number of requests, or by its date. */
function assertOrder({ order_by, metrics, dimensions }: AnalyticsQuery): void {
  const fields = [...metrics, ...dimensions, 'request_count', 'date'];
  if (order_by && !fields.includes(order_by.field)) {
    throw invalidRequest(`cannot order by ${order_by.field}`);
  }
}

/** The period of a query in milliseconds since 1970: by default, the last 7 days. */
function rangeOf({ time_range, dimensions, filters }: AnalyticsQuery, now: number) {
  const end = time_range ? Date.parse(time_range.end) : now + 1;
  const start = time_range ? Date.parse(time_range.start) : now - 7 * DAY;
  const fields = [...dimensions, ...filters.map(({ field }) => field)];
  const maxDays = Math.min(365, ...fields.map((field) => DIMENSIONS[field]?.maxDays ?? 365));
  if (start >= end) throw invalidRequest('the time range must begin before it ends');
  if (end - start > maxDays * DAY) {
    throw invalidRequest(`the time range must not exceed ${maxDays} days`);
  }
  return { start, end };
}

type Filter = AnalyticsQuery['filters'][number];

function passes(account: Account, spend: Spend, { field, operator, value }: Filter): boolean {
  return (value === idIn(account, spend, field)) === (operator === 'eq');
}

/** What a filter by `field` compares: an id, never a name. */
function idIn(account: Account, spend: Spend, field: string): string {
  if (field === 'workspace') return spend.workspace_id;
  if (field === 'model') return spend.model;
  return isResolved(account, spend.key_hash) ? spend.key_hash : '';
}

/** Whether analytics knows which key a hash is of. A deleted key that was never used has left nothing. */
function isResolved({ keys, spends, analytics }: Account, hash: string): boolean {
  if (keys.some((key) => key.hash === hash)) return true;
  return analytics.resolvesDeletedKeys && spends.some(({ key_hash }) => key_hash === hash);
}

function unresolvedKeys(account: Account, { filters }: AnalyticsQuery): string[] {
  return filters
    .filter(({ field, value }) => field === 'api_key_id' && !isResolved(account, value))
    .map(({ value }) => `Could not resolve api_key_id "${value}"`);
}

type Row = Record<string, string | number>;

function rowsOf(account: Account, spends: readonly Spend[], request: AnalyticsQuery): Row[] {
  const groups = new Map<string, { labels: Row; spends: Spend[] }>();
  for (const spend of spends) {
    const labels = labelsOf(account, spend, request);
    const id = JSON.stringify(labels);
    const group = groups.get(id) ?? { labels, spends: [] };
    group.spends.push(spend);
    groups.set(id, group);
  }
  return [...groups.values()].map(({ labels, spends: own }) => ({
    ...labels,
    ...Object.fromEntries(request.metrics.map((name) => [name, METRICS[name]?.(own) ?? 0])),
  }));
}

/** The names that a row shows in place of ids. */
function labelsOf(
  { workspaces }: Account,
  spend: Spend,
  { dimensions, granularity }: AnalyticsQuery,
): Row {
  const labels: Record<string, string> = {
    model: spend.model,
    api_key_id: spend.key_name,
    workspace: workspaces.find(({ id }) => id === spend.workspace_id)?.name ?? spend.workspace_id,
  };
  return {
    ...(granularity && { [`date__${granularity}`]: bucketOf(spend.at, granularity) }),
    ...Object.fromEntries(dimensions.map((name) => [name, labels[name] ?? ''])),
  };
}

function bucketOf(at: number, granularity: (typeof GRANULARITIES)[number]): string {
  const date = new Date(at);
  const starts = {
    minute: Math.floor(at / MINUTE) * MINUTE,
    hour: Math.floor(at / (60 * MINUTE)) * 60 * MINUTE,
    day: periodStart('daily', date),
    week: periodStart('weekly', date),
    month: periodStart('monthly', date),
  };
  return new Date(starts[granularity]).toISOString();
}

function sorted(rows: readonly Row[], { order_by }: AnalyticsQuery): Row[] {
  if (!order_by) return [...rows];
  const sign = order_by.direction === 'asc' ? 1 : -1;
  return rows.toSorted(
    (a, b) => sign * (Number(a[order_by.field] ?? 0) - Number(b[order_by.field] ?? 0)),
  );
}

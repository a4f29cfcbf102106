import { describe, expect, test } from '@jest/globals';
import { openAccount } from '../../../sandbox/openrouter/openrouter.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import {
  type KeyFixture,
  seedKey,
  seedUsage,
  seedWorkspace,
} from '../../../sandbox/openrouter/seed.ts';

const managementKey = 'sk-or-v1-of-a-test';
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** A Wednesday, which is neither the first day of its week nor of its month. */
const NOON = Date.parse('2026-01-14T12:00:00.000Z');

/** An account with a workspace that has one API key. */
function open(fixture: KeyFixture = {}) {
  const clock = { now: NOON };
  const account = openAccount({ managementKey, now: () => new Date(clock.now) });
  const access = { account, managementKey };
  const workspace = seedWorkspace(access, { slug: 'preview-42', name: 'Preview' });
  const key = seedKey(access, workspace, { name: 'CI', ...fixture });
  const call = (method: string, path: string, body: object = {}, bearer = managementKey) =>
    account.handle({
      method,
      path,
      authorization: `Bearer ${bearer}`,
      body: JSON.stringify(body),
    }) as { status: number; body: { data: Record<string, unknown> } };
  const query = (body: object) => call('POST', '/analytics/query', body);
  return { account, clock, workspace, key, call, query };
}

const filterBy = (field: string, value: string) => ({
  metrics: ['credits_usage', 'request_count'],
  filters: [{ field, operator: 'eq', value }],
});

describe('an API key of the sandbox', () => {
  test('counts what it has spent by day, week and month in UTC, and in total', () => {
    const { account, key, call } = open({ limit: 5 });
    for (const age of [HOUR, 13 * HOUR, 3 * DAY, 20 * DAY]) {
      seedUsage({ account }, key, { credits: 0.1, byok: 0.2, age });
    }
    expect(call('GET', `/keys/${key.hash}`).body.data).toMatchObject({
      usage: 0.4,
      usage_daily: 0.1,
      usage_weekly: 0.2,
      usage_monthly: 0.3,
      byok_usage: 0.8,
      byok_usage_monthly: 0.6,
      limit_remaining: 4.6,
    });
    const { body } = call('GET', `/keys?workspace_id=${key.workspace_id}`);
    expect((body.data as unknown as Key[])[0]).toMatchObject({ usage: 0.4, usage_daily: 0.1 });
  });

  test.each([
    ['a limit that resets', { limit_reset: 'daily' }, 0.9],
    ['a limit that includes BYOK', { include_byok_in_limit: true }, 0.4],
    ['a limit that an overshoot exceeds', { limit: 0.15 }, -0.05],
    ['no limit', { limit: null }, null],
  ])('has what remains of %s', (_, fields, remaining) => {
    const { account, key, call } = open({ limit: 1 });
    Object.assign(key, fields);
    seedUsage({ account }, key, { credits: 0.1, byok: 0.4 });
    seedUsage({ account }, key, { credits: 0.1, age: DAY });
    expect(call('GET', `/keys/${key.hash}`).body.data['limit_remaining']).toBe(remaining);
  });

  test('is reported to requests with its own secret, and to no others', () => {
    const { account, call, workspace } = open();
    const { body } = call('POST', '/keys', { name: 'Own', workspace_id: workspace.id, limit: 2 });
    const { key: secret } = body as unknown as { key: string };
    seedUsage({ account }, account.keys[0] as Key, { credits: 0.5 });
    const own = call('GET', '/key', {}, secret).body.data;
    expect(own).toMatchObject({ usage: 0.5, limit_remaining: 1.5, is_management_key: false });
    expect(own['effective_budget']).toMatchObject({
      scope: 'key_limit',
      spend_usd: 0.5,
      remaining_usd: 1.5,
    });
    expect(call('GET', '/key').body.data).toMatchObject({ is_management_key: true, usage: 0 });
    expect(call('GET', '/key', {}, 'sk-or-v1-of-no-one').status).toBe(401);
    expect(call('GET', '/keys', {}, secret).status).toBe(401);
  });

  test('is also limited by the budgets of its workspace, of which the lowest blocks first', () => {
    const { account, call, workspace, key: other } = open();
    const { body } = call('POST', '/keys', { name: 'Own', workspace_id: workspace.id, limit: 2 });
    const { key: secret } = body as unknown as { key: string };
    call('PUT', `/workspaces/${workspace.id}/budgets/weekly`, { limit_usd: 1 });
    seedUsage({ account }, other, { credits: 0.75, age: DAY });
    seedUsage({ account }, account.keys[0] as Key, { credits: 0.5 });
    const own = call('GET', '/key', {}, secret).body.data;
    const scopes = (own['budgets'] as { scope: string }[]).map(({ scope }) => scope);
    expect(scopes).toEqual(['workspace', 'key_limit']);
    expect(own['effective_budget']).toMatchObject({
      scope: 'workspace',
      spend_usd: 1.25,
      remaining_usd: -0.25,
      reset_interval: 'weekly',
      resets_at: '2026-01-19T00:00:00.000Z',
    });
  });

  test('that does not exist is HTTP 404', () => {
    expect(open().call('GET', '/keys/0').status).toBe(404);
  });
});

describe('analytics of the sandbox', () => {
  test('has counts as strings, money as numbers, and names for ids', () => {
    const { account, key, query } = open();
    const fixture = { credits: 0.1, byok: 0.05, requests: 3, prompt: 100, completion: 20 };
    seedUsage({ account }, key, { ...fixture, model: 'a/b', reasoning: 7 });
    const metrics = ['total_usage', 'credits_usage', 'request_count', 'tokens_total'];
    const { body } = query({
      metrics: [...metrics, 'reasoning_tokens'],
      dimensions: ['workspace', 'api_key_id'],
      granularity: 'day',
    });
    expect(body.data['data']).toEqual([
      {
        date__day: '2026-01-14T00:00:00.000Z',
        workspace: 'Preview',
        api_key_id: 'CI',
        total_usage: 0.15,
        credits_usage: 0.1,
        request_count: '3',
        tokens_total: '120',
        reasoning_tokens: '7',
      },
    ]);
    expect(body.data['metadata']).toMatchObject({ row_count: 1, truncated: false });
  });

  test('still knows of a deleted key in its workspace, but not by its hash, and warns of that', () => {
    const { account, key, workspace, call, query } = open();
    seedUsage({ account }, key, { credits: 0.1 });
    call('DELETE', `/keys/${key.hash}`);
    const byWorkspace = query(filterBy('workspace', workspace.id)).body.data;
    expect(byWorkspace['data']).toEqual([{ credits_usage: 0.1, request_count: '1' }]);
    expect(byWorkspace['warnings']).toBeUndefined();
    const byKey = query(filterBy('api_key_id', key.hash)).body.data;
    expect(byKey['data']).toEqual([]);
    expect(byKey['warnings']).toEqual([`Could not resolve api_key_id "${key.hash}"`]);
  });

  test('has a period from its start until before its end, by default the last 7 days', () => {
    const { account, key, query } = open();
    for (const age of [0, DAY, 2 * DAY, 8 * DAY]) seedUsage({ account }, key, { age });
    const count = (range: object) =>
      query({ metrics: ['request_count'], ...range }).body.data['data'];
    const time_range = { start: '2026-01-12T12:00:00Z', end: '2026-01-14T12:00:00Z' };
    expect(count({ time_range })).toEqual([{ request_count: '2' }]);
    expect(count({})).toEqual([{ request_count: '3' }]);
  });

  test.each([
    ['31 days by workspace', 'workspace', 31],
    ['365 days by API key', 'api_key_id', 365],
  ])('serves %s and no more', (_, field, days) => {
    const { query } = open();
    const end = '2026-01-14T12:00:00Z';
    const start = (ms: number) => new Date(NOON - ms).toISOString();
    const time_range = { start: start(days * DAY), end };
    expect(query({ ...filterBy(field, 'x'), time_range }).status).toBe(200);
    const longer = { start: start(days * DAY + 1_000), end };
    expect(query({ ...filterBy(field, 'x'), time_range: longer }).status).toBe(400);
  });

  test.each([
    [
      'a time without seconds',
      { time_range: { start: '2026-01-12T12:00Z', end: '2026-01-14T12:00Z' } },
    ],
    ['no metric', { metrics: [] }],
    ['an unknown metric', { metrics: ['profit'] }],
    ['three dimensions', { dimensions: ['model', 'workspace', 'api_key_id'] }],
    ['an unknown filter', { filters: [{ field: 'color', operator: 'eq', value: 'red' }] }],
    ['a limit above 10,000', { limit: 10_001 }],
    [
      'a period that ends when it begins',
      { time_range: { start: '2026-01-14T12:00:00Z', end: '2026-01-14T12:00:00Z' } },
    ],
    [
      'an order by a metric that is not requested',
      { order_by: { field: 'credits_usage', direction: 'desc' } },
    ],
  ])('rejects %s', (_, fields) => {
    expect(open().query({ metrics: ['request_count'], ...fields }).status).toBe(400);
  });

  test('truncates a result that has more rows than the limit, and says so', () => {
    const { account, key, query } = open();
    seedUsage({ account }, key, { model: 'a/cheap', credits: 0.1 });
    seedUsage({ account }, key, { model: 'a/dear', credits: 0.2 });
    const request = {
      metrics: ['credits_usage'],
      dimensions: ['model'],
      order_by: { field: 'credits_usage', direction: 'desc' },
    };
    const limited = query({ ...request, limit: 1 }).body.data;
    expect(limited['data']).toEqual([{ model: 'a/dear', credits_usage: 0.2 }]);
    expect(limited['metadata']).toMatchObject({ truncated: true });
    account.analytics.maxRows = 1;
    expect(query(request).body.data['metadata']).toMatchObject({ truncated: true });
  });

  test('can be behind, with cachedAt or without', () => {
    const { account, key, query } = open();
    seedUsage({ account }, key, { age: HOUR });
    seedUsage({ account }, key, { age: 3 * HOUR });
    account.analytics.lag = 2 * HOUR;
    const read = () => query({ metrics: ['request_count'] }).body.data;
    expect(read()).toMatchObject({ data: [{ request_count: '1' }] });
    expect(read()).not.toHaveProperty('cachedAt');
    Object.assign(account.analytics, { lag: 0, cachedAt: NOON - 2 * HOUR });
    expect(read()).toMatchObject({ data: [{ request_count: '1' }], cachedAt: NOON - 2 * HOUR });
  });

  test('accepts 64 queries a minute, and then responds with HTTP 429', () => {
    const { clock, query } = open();
    const request = { metrics: ['request_count'] };
    for (let count = 0; count < 64; count += 1) expect(query(request).status).toBe(200);
    expect(query(request).status).toBe(429);
    clock.now += 60_000;
    expect(query(request).status).toBe(200);
  });
});

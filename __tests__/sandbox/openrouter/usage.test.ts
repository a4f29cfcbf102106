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
const DAY = 86_400_000;
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

/** The same, with another key that has spent 0.5 of a limit of 2, and whose secret is known. */
function openWithOwnKey() {
  const opened = open();
  const { account, call, workspace } = opened;
  const { body } = call('POST', '/keys', { name: 'Own', workspace_id: workspace.id, limit: 2 });
  seedUsage({ account }, account.keys[0] as Key, { credits: 0.5 });
  return { ...opened, secret: (body as unknown as { key: string }).key };
}

describe('an API key of the sandbox', () => {
  test.each([
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
    const { call, secret } = openWithOwnKey();
    expect(call('GET', '/key', {}, secret).body.data).toMatchObject({
      usage: 0.5,
      limit_remaining: 1.5,
      is_management_key: false,
      effective_budget: { scope: 'key_limit', spend_usd: 0.5, remaining_usd: 1.5 },
    });
    expect(call('GET', '/key').body.data).toMatchObject({ is_management_key: true, usage: 0 });
    expect(call('GET', '/key', {}, 'sk-or-v1-of-no-one').status).toBe(401);
    expect(call('GET', '/keys', {}, secret).status).toBe(401);
  });

  test('is also limited by the budgets of its workspace, of which the lowest blocks first', () => {
    const { account, call, workspace, key: other, secret } = openWithOwnKey();
    call('PUT', `/workspaces/${workspace.id}/budgets/weekly`, { limit_usd: 1 });
    seedUsage({ account }, other, { credits: 0.75, age: DAY });
    expect(call('GET', '/key', {}, secret).body.data).toMatchObject({
      budgets: [{ scope: 'workspace' }, { scope: 'key_limit' }],
      effective_budget: {
        scope: 'workspace',
        spend_usd: 1.25,
        remaining_usd: -0.25,
        reset_interval: 'weekly',
        resets_at: '2026-01-19T00:00:00.000Z',
      },
    });
  });
});

describe('analytics of the sandbox', () => {
  const metrics = ['request_count'];
  const end = '2026-01-14T12:00:00Z';

  test('has counts as strings, money as numbers, and names for ids', () => {
    const { account, key, query } = open();
    const fixture = { credits: 0.1, byok: 0.05, requests: 3, prompt: 100, completion: 20 };
    seedUsage({ account }, key, { ...fixture, model: 'a/b', reasoning: 7 });
    const { body } = query({
      metrics: [
        'total_usage',
        'credits_usage',
        'request_count',
        'tokens_total',
        'reasoning_tokens',
      ],
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
  });

  test('still knows of a deleted key in its workspace, but not by its hash', () => {
    const { account, key, workspace, call, query } = open();
    seedUsage({ account }, key, { credits: 0.1 });
    call('DELETE', `/keys/${key.hash}`);
    const countBy = (field: string, value: string) =>
      query({ metrics, filters: [{ field, operator: 'eq', value }] }).body.data['data'];
    expect(countBy('workspace', workspace.id)).toEqual([{ request_count: '1' }]);
    expect(countBy('api_key_id', key.hash)).toEqual([]);
  });

  test('has a period from its start until before its end, by default the last 7 days', () => {
    const { account, key, query } = open();
    for (const age of [0, DAY, 2 * DAY, 8 * DAY]) seedUsage({ account }, key, { age });
    const count = (range: object) => query({ metrics, ...range }).body.data['data'];
    const time_range = { start: '2026-01-12T12:00:00Z', end };
    expect(count({ time_range })).toEqual([{ request_count: '2' }]);
    expect(count({})).toEqual([{ request_count: '3' }]);
  });

  test.each([
    ['31 days by workspace', 'workspace', 31],
    ['365 days by API key', 'api_key_id', 365],
  ])('serves %s and no more', (_, field, days) => {
    const statusOf = (ms: number) => {
      const filters = [{ field, operator: 'eq', value: 'x' }];
      const time_range = { start: new Date(NOON - ms).toISOString(), end };
      return open().query({ metrics, filters, time_range }).status;
    };
    expect([statusOf(days * DAY), statusOf(days * DAY + 1_000)]).toEqual([200, 400]);
  });

  test.each([
    ['a time without seconds', { time_range: { start: '2026-01-12T12:00Z', end } }],
    ['a period that ends when it begins', { time_range: { start: end, end } }],
    ['no metric', { metrics: [] }],
    ['an unknown metric', { metrics: ['profit'] }],
    ['three dimensions', { dimensions: ['model', 'workspace', 'api_key_id'] }],
    ['an unknown filter', { filters: [{ field: 'color', operator: 'eq', value: 'red' }] }],
    ['a limit above 10,000', { limit: 10_001 }],
    ['an order by another metric', { order_by: { field: 'credits_usage', direction: 'desc' } }],
  ])('rejects %s', (_, fields) => {
    expect(open().query({ metrics, ...fields }).status).toBe(400);
  });

  test('truncates a result that has more rows than the limit, and says so', () => {
    const { account, key, query } = open();
    seedUsage({ account }, key, { model: 'a/cheap', credits: 0.1 });
    seedUsage({ account }, key, { model: 'a/dear', credits: 0.2 });
    const order_by = { field: 'credits_usage', direction: 'desc' };
    const request = { metrics: ['credits_usage'], dimensions: ['model'], order_by };
    expect(query({ ...request, limit: 1 }).body.data).toMatchObject({
      data: [{ model: 'a/dear', credits_usage: 0.2 }],
      metadata: { row_count: 1, truncated: true },
    });
    expect(query(request).body.data['metadata']).toMatchObject({ truncated: false });
    account.analytics.maxRows = 1;
    expect(query(request).body.data['metadata']).toMatchObject({ truncated: true });
  });

  test('can be behind, and says from when its results are', () => {
    const { account, key, query } = open();
    for (const age of [DAY, 3 * DAY]) seedUsage({ account }, key, { age });
    account.analytics.cachedAt = NOON - 2 * DAY;
    const expected = { data: [{ request_count: '1' }], cachedAt: NOON - 2 * DAY };
    expect(query({ metrics }).body.data).toMatchObject(expected);
  });

  test('accepts 64 queries a minute, and then responds with HTTP 429', () => {
    const { clock, query } = open();
    for (let count = 0; count < 64; count += 1) expect(query({ metrics }).status).toBe(200);
    expect(query({ metrics }).status).toBe(429);
    clock.now += 60_000;
    expect(query({ metrics }).status).toBe(200);
  });
});

import { describe, expect, test } from '@jest/globals';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { readUsage, type UsageRequest } from '../../../src/actions/usage/read-usage.ts';
import type { UsageResult } from '../../../src/actions/usage/result.ts';
import { exactUsd, toUsd } from '../../../src/lib/usd.ts';
import { CounterMemory } from '../../../src/openrouter/counters.ts';
import { SILENT } from '../../support/client.ts';
import { beforeNth } from '../../support/on-nth.ts';
import { JITTER, LATENCY, openPlainSimulation } from '../../support/plain-simulation.ts';
import { json, openRecordingClient, type Reply } from '../../support/recording-client.ts';
import { connect, onResponse, type Simulation } from '../../support/simulation.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const DAY = 86_400_000;
const HOUR = 3_600_000;
/** The end of the period: the server's time is one second earlier. */
const TO = Date.parse('2026-01-14T12:00:01Z');
const CREATED = '2026-01-10T10:00:00Z';
const COUNTERS = ['usage', 'byok_usage'].flatMap((field) =>
  ['', '_daily', '_weekly', '_monthly'].map((period) => field + period),
);
/** A key without a limit that has spent nothing. */
const KEY = {
  hash: 'a1',
  name: 'CI',
  label: 'sk-or-v1-0e6...1c96',
  workspace_id: ID,
  created_at: CREATED,
  limit: null,
  ...Object.fromEntries(COUNTERS.map((name) => [name, 0])),
};

interface Server {
  workspace: object;
  rows: object[];
  analytics: object;
  truncated: boolean;
  keys: object[];
}

const row = (model: string, credits: number, fields: object = {}) => ({
  model,
  request_count: '2',
  tokens_total: '10',
  tokens_prompt: '6',
  tokens_completion: '4',
  reasoning_tokens: '1',
  credits_usage: credits,
  byok_usage: 0.1,
  ...fields,
});

/** The usage of a workspace, or of an API key in it. */
type Request = Extract<UsageRequest, { workspace: string }>;

const USUAL: Request = {
  workspace: 'preview-42',
  keyHash: undefined,
  since: 'created',
  warnAbove: undefined,
  failAbove: undefined,
  failBelowRemaining: undefined,
  failIfIncomplete: false,
};

/** Reads the usage of a workspace or, with `keyHash`, of the first of its keys. */
async function read(server: Partial<Server> = {}, request: Partial<Request> = {}) {
  const { rows = [row('a/b', 0.4)], truncated = false, keys = [] } = server;
  const data = { id: ID, slug: 'preview-42', name: 'Preview', created_at: CREATED };
  const lookup: Reply = {
    ...json({ data: { ...data, ...server.workspace } }),
    headers: { date: 'Wed, 14 Jan 2026 12:00:00 GMT' },
  };
  const result = { data: rows, metadata: { truncated }, ...server.analytics };
  const analytics = json({ data: result });
  const replies = request.keyHash
    ? [lookup, json({ data: keys[0] }), analytics]
    : [lookup, analytics, json({ data: keys })];
  const { client, clock, sent, run } = openRecordingClient(replies);
  const usage = await run(
    readUsage(
      { ...USUAL, ...request },
      {
        client,
        counters: new CounterMemory(),
        clock,
        timeOfDay: () => TO,
        rest: client.pause,
        signal: new AbortController().signal,
        log: SILENT,
        toLine: (text) => text,
        warn: () => undefined,
      },
    ),
  );
  const query = sent.find(({ method }) => method === 'POST');
  return { usage: usage as UsageResult, query: JSON.parse(query?.body ?? '{}') };
}

const gapsOf = async (...args: Parameters<typeof read>) => (await read(...args)).usage.gaps;

describe('the usage of a workspace', () => {
  test('is the sum of its models, the most expensive first', async () => {
    const rows = [
      row('a/1', 0.1, { request_count: '3' }),
      row('a/2', 0.3),
      row('a/3', 0.3, { tokens_total: '20' }),
      row('a/4', 0.2),
    ];
    for (const order of [rows, rows.toReversed()]) {
      const { usage } = await read({ rows: order });
      expect(usage).toMatchObject({ requests: 9n, tokens: 50n, gaps: [], limit: undefined });
      expect([exactUsd(usage.cost), exactUsd(usage.byok)]).toEqual(['0.9', '0.4']);
      // Of the same cost, by their tokens.
      expect(usage.models.map(({ model }) => model)).toEqual(['a/3', 'a/2', 'a/4', 'a/1']);
    }
  });

  test('costs what its keys have spent together, if analytics knows of less', async () => {
    const keys = [
      { ...KEY, usage: 0.5, byok_usage: 0.25 },
      { ...KEY, hash: 'a2', usage: 0.25, byok_usage: 0.5 },
      { ...KEY, hash: 'a3' },
    ];
    const { usage } = await read({ keys });
    expect([exactUsd(usage.cost), exactUsd(usage.byok)]).toEqual(['0.75', '0.75']);
    expect(usage.gaps).toEqual([]);
  });

  test('costs what analytics knows, if its keys have spent less', async () => {
    const { usage } = await read({ keys: [{ ...KEY, usage: 0.3, byok_usage: 0.05 }] });
    expect([exactUsd(usage.cost), exactUsd(usage.byok)]).toEqual(['0.4', '0.1']);
    expect(usage.gaps).toEqual([]);
  });

  test('costs what analytics knows, if its keys have spent more by noise only', async () => {
    const { usage } = await read({ keys: [{ ...KEY, usage: 0.40000000000001 }] });
    expect(exactUsd(usage.cost)).toBe('0.4');
  });

  test('has the API keys that have spent, by what their counters show of the period', async () => {
    const older = { ...KEY, usage: 9, usage_daily: 0.25 };
    const younger = { ...KEY, hash: 'a2', usage: 0.5, created_at: '2026-01-13T12:00:02Z' };
    const { usage } = await read(
      { keys: [older, younger, { ...KEY, hash: 'a3' }] },
      { since: DAY },
    );
    expect(usage.keys.map(({ key, spent }) => [key.hash, spent])).toEqual([
      ['a2', { amount: toUsd(0.5), isExact: true }],
      ['a1', { amount: toUsd(0.25), isExact: false }],
    ]);
    expect(usage.keys[1]?.byok).toEqual({ amount: 0n, isExact: false });
  });

  test('has the API keys that have spent only with own provider keys, or unknown amounts', async () => {
    const NOTHING = { amount: 0n, isExact: true };
    const keys = [
      { ...KEY, hash: 'unread', usage: null },
      { ...KEY, hash: 'unused' },
      { ...KEY, hash: 'byok-unread', byok_usage: null },
      { ...KEY, hash: 'byok', byok_usage: 0.5 },
      { ...KEY, hash: 'partly', usage: null, usage_weekly: 0.25, created_at: null },
    ];
    const { usage } = await read({ keys });
    expect(usage.keys.map(({ key, spent, byok }) => [key.hash, spent, byok])).toEqual([
      ['partly', { amount: toUsd(0.25), isExact: false }, NOTHING],
      ['byok', NOTHING, { amount: toUsd(0.5), isExact: true }],
      ['unread', undefined, NOTHING],
      ['byok-unread', NOTHING, undefined],
    ]);
  });

  test('has no API keys without a counter of the period', async () => {
    const { usage } = await read({ keys: [{ ...KEY, usage: 9, byok_usage: 9 }] }, { since: HOUR });
    expect(usage.keys).toEqual([]);
  });

  test('has each reason why figures may be missing', async () => {
    const analytics = { cachedAt: 5_000, warnings: ['Slow', 'Late'] };
    expect(await gapsOf({ truncated: true, analytics })).toEqual([
      { kind: 'truncated' },
      { kind: 'cached', at: 5_000 },
      { kind: 'warning', text: 'Slow' },
      { kind: 'warning', text: 'Late' },
    ]);
  });

  test.each([
    [0, []],
    [1_000, [{ kind: 'too-long', maxDays: 31, from: TO - 31 * DAY }]],
  ])('that was created 31 days and %d ms ago is read for 31 days', async (ms, gaps) => {
    const created = TO - 31 * DAY - ms;
    const workspace = { created_at: new Date(created).toJSON() };
    const { usage, query } = await read({ workspace });
    expect(usage).toMatchObject({ from: created, to: TO, gaps });
    expect(Date.parse(query.time_range.start)).toBe(TO - 31 * DAY);
  });

  test('whose creation is unknown is read for 31 days, and may be missing before', async () => {
    const { usage } = await read({ workspace: { created_at: null } });
    expect(usage).toMatchObject({
      from: TO - 31 * DAY,
      gaps: [{ kind: 'creation-unknown', maxDays: 31 }],
    });
  });
});

describe('the usage of an API key', () => {
  const SPENT = { usage: 9, usage_daily: 0.5, byok_usage: 9, byok_usage_daily: 0.25 };
  const readKey = (key: object, server: Partial<Server>, since: UsageRequest['since'] = 'day') =>
    read({ ...server, keys: [{ ...KEY, ...key }] }, { keyHash: 'a1', since });

  test('is what its counters show for the period, if analytics knows of less', async () => {
    const limit = { limit: 5, limit_reset: 'daily', limit_remaining: 4.5 };
    const { usage, query } = await readKey({ ...SPENT, ...limit }, {});
    expect([exactUsd(usage.cost), exactUsd(usage.byok)]).toEqual(['0.5', '0.25']);
    expect(usage.limit).toEqual({
      amount: toUsd(5),
      reset: 'daily',
      remaining: toUsd(4.5),
    });
    expect(usage.gaps).toEqual([]);
    expect(query.filters).toEqual([{ field: 'api_key_id', value: 'a1', operator: 'eq' }]);
    expect(query.time_range).toMatchObject({ start: '2026-01-14T00:00:00Z' });
  });

  const SLOW = { analytics: { warnings: ['Slow'] } };
  const UNKNOWN = { rows: [], analytics: { warnings: ['Unknown'] } };
  test.each<[string, object, Partial<Server>, cost: string, kinds: string[]]>([
    ['it has spent nothing in it', { usage: 9 }, { rows: [] }, '0', []],
    ['analytics knows its models, but warns', { usage_daily: undefined }, SLOW, '0.4', ['warning']],
    ['its counter covers it, but analytics does not', SPENT, UNKNOWN, '0.5', ['warning']],
  ])('in a period is known if %s', async (_, key, server, cost, kinds) => {
    const { usage } = await readKey(key, server);
    expect(exactUsd(usage.cost)).toBe(cost);
    expect(usage.gaps.map(({ kind }) => kind)).toEqual(kinds);
  });

  test.each<[string, object, object]>([
    ['analytics warns that it does not know it', { usage: 9 }, { warnings: ['Unknown'] }],
    ['OpenRouter does not report what it has spent', { usage: null }, {}],
  ])('in a period that no counter covers is unknown if %s', async (_, key, analytics) => {
    const { usage } = await readKey(key, { rows: [], analytics }, 3_600_000);
    const warnings = 'warnings' in analytics ? analytics.warnings : [];
    const details = { key: { hash: 'a1' }, warnings };
    expect(usage).toMatchObject({ code: 'usage-unknown', details });
  });
});

describe('what could not be read of API keys', () => {
  const UNREAD = { ...KEY, usage: 5, usage_daily: null, byok_usage_daily: null };

  test.each<[string, object[], Partial<Request>]>([
    ['a workspace', [UNREAD, { ...KEY, hash: 'a2' }], { since: 'day' }],
    ['a key', [UNREAD], { since: 'day', keyHash: 'a1' }],
  ])('makes the cost of %s incomplete', async (_, keys, request) => {
    const { usage } = await read({ rows: [], keys }, request);
    expect([usage.cost, usage.gaps]).toEqual([
      0n,
      [{ kind: 'keys-unread', keys: 1, cause: 'invalid' }],
    ]);
  });

  test('can be what your own provider keys paid, which makes only that incomplete', async () => {
    const keys = [{ ...KEY, usage: 0.5, byok_usage: null }];
    expect(await gapsOf({ rows: [row('a/b', 0.5, { byok_usage: 0 })], keys })).toEqual([
      { kind: 'byok-unread', keys: 1, cause: 'invalid' },
    ]);
  });

  test.each([
    ['no limit', { limit: undefined }],
    ['a text for the limit', { limit: 'many', limit_remaining: 1 }],
    ['null for what remains', { limit: 5, limit_remaining: null }],
    ['a text for what remains', { limit: 5, limit_remaining: 'some' }],
  ])('can be the limit of the key: %s', async (_, fields) => {
    const keys = [{ ...KEY, ...fields }];
    expect(await gapsOf({ rows: [], keys }, { keyHash: 'a1' })).toEqual([{ kind: 'limit-unread' }]);
  });
});

test('a model whose cost analytics does not report makes the cost incomplete', async () => {
  const rows = [row('a/1', 0, { credits_usage: null }), row('a/2', 0.4)];
  const { usage } = await read({ rows });
  expect(exactUsd(usage.cost)).toBe('0.4');
  expect(usage.models.map(({ model, credits_usage }) => [model, credits_usage])).toEqual([
    ['a/2', toUsd(0.4)],
    ['a/1', null],
  ]);
  expect(usage.gaps).toEqual([{ kind: 'models-unread', models: 1 }]);
});

function readIn(simulation: Simulation, request: Partial<Request> = {}, lines: string[] = []) {
  const context = connect(simulation, { timeout: 60_000, jitter: JITTER }, { lines });
  return simulation.clock.run(readUsage({ ...USUAL, ...request }, context));
}

/** Has OpenRouter's clock, but not that of what it stores, be so far ahead, in milliseconds. */
function shiftDate(simulation: Simulation, skew: number): void {
  onResponse(simulation, (response) => {
    const date = new Date(simulation.account.now().getTime() + skew).toUTCString();
    return { ...response, headers: { date } };
  });
}

describe('the usage of a day is incomplete if its counters may be of another', () => {
  const midnight = Date.parse('2026-01-15');
  const BETWEEN = midnight - 2 * LATENCY - 1;
  test.each<[string, spender: string, start: number, skew: number, to: number]>([
    ['it ends between the lookup and their response', 'a workspace', BETWEEN, 0, midnight],
    // The usage of a key ends with the response that shows its counters.
    ['it ends just after midnight', 'a key', BETWEEN, 0, midnight + 1_000],
    ['their clock is ahead of Date', 'a workspace', midnight + 1_000, -4_000, midnight - 2_000],
    ['their clock is behind Date', 'a workspace', midnight - 3_000, 4_000, midnight + 2_000],
  ])('because %s: that of %s', async (_, spender, start, skew, end) => {
    const simulation = openPlainSimulation([], { start });
    if (skew !== 0) shiftDate(simulation, skew);
    const workspace = seedWorkspace(simulation, { slug: 'preview-42', age: 2 * DAY });
    const key = seedKey(simulation, workspace);
    key.created_at = workspace.created_at;
    seedUsage(simulation, key, { credits: 5, age: HOUR });
    simulation.account.analytics.lag = 2 * HOUR;
    const keyHash = spender === 'a key' ? key.hash : undefined;
    const { to, cost, gaps } = await readIn(simulation, { since: 'day', keyHash });
    expect([to, cost]).toEqual([end, 0n]);
    expect(gaps).toEqual([{ kind: 'keys-unread', keys: 1, cause: 'midnight' }]);
  });
});

test('the usage of a day is incomplete if its counters were read before and after midnight', async () => {
  const simulation = openPlainSimulation([], { start: Date.parse('2026-01-15') - 9_000 });
  const workspace = seedWorkspace(simulation, { slug: 'preview-42', age: 2 * DAY });
  for (let n = 0; n < 150; n += 1) {
    const key = seedKey(simulation, workspace);
    key.created_at = workspace.created_at;
    seedUsage(simulation, key, { credits: 1, age: HOUR });
  }
  simulation.account.analytics.lag = 2 * HOUR;
  const { clock } = simulation;
  beforeNth(simulation, 'GET /keys', 2, () => new Promise<void>((end) => clock.after(12_000, end)));
  const { gaps } = await readIn(simulation, { since: 'day' });
  expect(gaps).toEqual([{ kind: 'keys-unread', keys: 150, cause: 'midnight' }]);
});

test("the period ends by OpenRouter's clock, although the runner's differs", async () => {
  const simulation = openPlainSimulation([], { skew: -23 * HOUR });
  seedWorkspace(simulation, { slug: 'preview-42' });
  const { to, serverTime, gaps } = await readIn(simulation);
  const now = Date.UTC(2026, 0) - 23 * HOUR;
  expect([to, serverTime, gaps]).toEqual([now + 1_000, now, []]);
});

test.each([
  ['by over a day, and the figures are incomplete', 3650 * DAY, true],
  ['by over a minute', 61_000, false],
])(
  'the period ends by the clock of the runner if the workspace is younger than the Date of its response, %s',
  async (_, behind, isIncomplete) => {
    const start = Date.UTC(2026, 0);
    const simulation = openPlainSimulation();
    seedWorkspace(simulation, { slug: 'preview-42' });
    shiftDate(simulation, -behind);
    const { from, to, gaps } = await readIn(simulation);
    expect([from, to]).toEqual([start, start + 1_000]);
    const gap = { kind: 'time-uncertain', server: start - behind, runner: start + 20 };
    expect(gaps).toEqual(isIncomplete ? [gap] : []);
  },
);

test('the period ends by the clock of the runner if OpenRouter does not send its own', async () => {
  const simulation = openPlainSimulation([], { skew: 7_000 });
  seedWorkspace(simulation, { slug: 'preview-42' });
  onResponse(simulation, (response) => ({ ...response, headers: {} }));
  const { to, serverTime, gaps } = await readIn(simulation);
  expect([to, serverTime, gaps]).toEqual([Date.UTC(2026, 0) + 1_000, undefined, []]);
});

test('a workspace that does not exist is named', async () => {
  await expect(readIn(openPlainSimulation())).rejects.toMatchObject({
    code: 'workspace-not-found',
    details: { workspace: 'preview-42' },
  });
});

test('a key of another workspace is not found', async () => {
  const simulation = openPlainSimulation();
  const workspace = seedWorkspace(simulation, { slug: 'preview-42' });
  const { hash } = seedKey(simulation, seedWorkspace(simulation, { slug: 'preview-43' }));
  await expect(readIn(simulation, { keyHash: hash })).rejects.toMatchObject({
    code: 'key-not-found',
    details: { hash, workspace: { id: workspace.id } },
  });
});

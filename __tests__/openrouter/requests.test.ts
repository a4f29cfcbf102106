import { describe, expect, test } from '@jest/globals';
import type { Client } from '../../src/http/client.ts';
import type { ApiError } from '../../src/http/request.ts';
import { toUsd } from '../../src/lib/usd.ts';
import { CounterMemory } from '../../src/openrouter/counters.ts';
import { listBudgets, writeBudget } from '../../src/openrouter/resources/budgets.ts';
import { findGuardrail, patchGuardrail } from '../../src/openrouter/resources/guardrails.ts';
import {
  deleteKey,
  describeKey,
  disableKey,
  keyRequest,
  listKeys,
  requestKey,
  sendKey,
} from '../../src/openrouter/resources/keys.ts';
import { listMembers, listOrganizationMembers } from '../../src/openrouter/resources/members.ts';
import {
  deleteWorkspace,
  findWorkspace,
  listWorkspaces,
  patchWorkspace,
  sendWorkspace,
} from '../../src/openrouter/resources/workspaces.ts';
import {
  json,
  openRecordingClient,
  type Reply,
  refused,
  reset,
} from '../support/recording-client.ts';
import { toKey } from '../support/seen-keys.ts';

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const OTHER_ID = '550e8400-e29b-41d4-a716-446655440000';
const WORKSPACE = { id: ID, slug: 'preview-42', name: 'Preview' };
const KEY = { hash: 'abc', name: 'CI', label: 'sk-or-v1-0e6...1c96', workspace_id: ID };
const DISABLED = { ...KEY, disabled: true };
const NOT_FOUND = json({ error: { message: 'Not found' } }, 404);
const GUARDRAIL = { id: 'g', workspace: WORKSPACE };
const LIMIT = { limit_usd: toUsd(5), reset_interval: 'daily' } as const;
const BUDGETS = [
  { limit_usd: 1, reset_interval: 'daily' },
  { limit_usd: 100, reset_interval: null },
];

type Work = (client: Client) => Promise<unknown>;

/** Runs `work`; returns its result and the requests, without the base URL and the key. */
async function send(replies: Reply[], work: Work) {
  const { client, run, sent, retryLines } = openRecordingClient(replies);
  const result = await run(work(client));
  const requests = sent.map(({ method, url, body }) => [
    `${method} ${url.replace('https://openrouter.test/api/v1', '')}`,
    ...(body === undefined ? [] : [JSON.parse(body)]),
  ]);
  return { result, requests, retryLines };
}
const detailsOf = (result: unknown) => (result as ApiError).details;

test('a request has the key and accepts JSON, and has a content type only with a body', async () => {
  const { client, run, sent } = openRecordingClient([json({ data: WORKSPACE })]);
  await run(findWorkspace(client, ID));
  await run(patchWorkspace(client, WORKSPACE, { name: 'Preview' }));
  const headers = { accept: 'application/json', authorization: 'Bearer sk-or-v1-of-a-test' };
  const url = `https://openrouter.test/api/v1/workspaces/${ID}`;
  expect(sent.map(({ onSent: _onSent, ...request }) => request)).toStrictEqual([
    { method: 'GET', url, headers },
    {
      method: 'PATCH',
      url,
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"name":"Preview"}',
    },
  ]);
});

const findById: Work = (client) => findWorkspace(client, ID);
const findBySlug: Work = (client) => findWorkspace(client, 'preview-42');
const rename: Work = (client) => patchWorkspace(client, WORKSPACE, { name: 'New' });
const listAllWorkspaces: Work = (client) => listWorkspaces(client);
const readerOf = (client: Client) => ({ client, counters: new CounterMemory() });
const findTheKey: Work = async (client) =>
  (await requestKey(readerOf(client), keyRequest('abc', 'abc'))).key;
const disableTheKey: Work = async (client) => (await disableKey(readerOf(client), KEY)).key;
const findTheGuardrail: Work = (client) => findGuardrail(client, GUARDRAIL);
const limitGuardrail: Work = (client) => patchGuardrail(client, GUARDRAIL, LIMIT);
const listTheBudgets: Work = (client) => listBudgets(client, WORKSPACE);
const removeBudget: Work = (client) =>
  writeBudget(client, WORKSPACE, { interval: 'daily', limit_usd: null });
const removeKey: Work = (client) => deleteKey(readerOf(client), KEY);
const removeWorkspace: Work = (client) => deleteWorkspace(client, WORKSPACE);
const listTheKeys: Work = (client) => listKeys(readerOf(client), WORKSPACE);
const listTheMembers: Work = (client) => listMembers(client, WORKSPACE);

const OF_WORKSPACE = `/workspaces/${ID}`;
const DELETED = { deleted: true };

describe('another resource in a response is not taken for the requested one', () => {
  const OTHER_WORKSPACE = { id: OTHER_ID, slug: 'preview-43', name: 'Preview' };
  const OTHER_SLUG = `the workspace "preview-43", id ${OTHER_ID}`;
  test.each<[string, Work, other: object, right: object, found: string]>([
    ['a lookup of a workspace by its slug', findBySlug, OTHER_WORKSPACE, WORKSPACE, OTHER_SLUG],
    ['an update of a workspace', rename, OTHER_WORKSPACE, WORKSPACE, OTHER_SLUG],
    ['a lookup of a key', findTheKey, { ...KEY, hash: 'x' }, KEY, 'the API key with the hash x'],
    [
      'a disabling of a key',
      disableTheKey,
      { ...DISABLED, hash: 'x' },
      DISABLED,
      'the API key with the hash x',
    ],
    ['a lookup of a guardrail', findTheGuardrail, { id: 'x' }, { id: 'g' }, 'another guardrail'],
    ['a write of a guardrail', limitGuardrail, { id: 'x' }, { id: 'g' }, 'another guardrail'],
  ])('by %s', async (_, work, other, right, found) => {
    const replies = [json({ data: other }), json({ data: right })];
    const { result, retryLines } = await send(replies, work);
    expect(JSON.stringify(result)).toContain(JSON.stringify(right).slice(1, -1));
    expect(retryLines).toEqual([
      expect.stringContaining(`but the response is about ${found}. Retrying`),
    ]);
  });

  test('by a create, which is not repeated', async () => {
    const { result, requests } = await send([json({ data: OTHER_WORKSPACE }, 201)], (client) =>
      sendWorkspace(client, { name: 'Preview', slug: 'preview-42' }, {}),
    );
    const reason = `HTTP 201, but the response is about ${OTHER_SLUG}`;
    expect(result).toMatchObject({ kind: 'unexpected', failure: { reason } });
    expect(requests).toHaveLength(1);
  });
});

const noId = { data: [{ email: 'b@x.org' }] };
test.each<[string, Work, object, string]>([
  ['without the id of a member', listOrganizationMembers, noId, 'data.0.id'],
  ['without the id of a member of a workspace', listTheMembers, noId, 'data.0.user_id'],
  [
    'without the id, the slug and the name of a workspace',
    findById,
    { data: { id: '1' } },
    'data.id, data.slug, data.name',
  ],
])('a response is not usable %s', async (_, work, body, fields) => {
  const { result } = await send([json(body)], work);
  expect(detailsOf(result).reason).toBe(`HTTP 200, but the body has no valid ${fields}`);
});

describe('a limit with the noise of binary floating point comes without it', () => {
  const limit_usd = 0.30000000000001;
  const budget = { limit_usd, reset_interval: 'daily' };
  test.each<[string, Work, unknown, object]>([
    ['of an API key', findTheKey, { ...KEY, limit: limit_usd }, { limit: toUsd(0.3) }],
    ['of a guardrail', findTheGuardrail, { id: 'g', limit_usd }, { limit_usd: toUsd(0.3) }],
    ['of a budget', listTheBudgets, [budget], { budgets: { daily: toUsd(0.3) } }],
  ])('%s', async (_, work, data, expected) => {
    expect((await send([json({ data })], work)).result).toMatchObject(expected);
  });
});

describe('a workspace', () => {
  test.each([
    [ID, WORKSPACE],
    [ID.toUpperCase(), WORKSPACE],
    [ID, { ...WORKSPACE, id: ID.toUpperCase() }],
    ['preview-42', WORKSPACE],
  ])('is looked up by %s', async (idOrSlug, data) => {
    const find: Work = (client) => findWorkspace(client, idOrSlug);
    const { result, requests } = await send([json({ data })], find);
    expect(result).toMatchObject({ workspace: data });
    expect(requests).toEqual([[`GET /workspaces/${idOrSlug}`]]);
  });

  test('is listed with all others, 100 at once, with what is used of it', async () => {
    const created_at = '2026-01-01T00:00:00Z';
    const body = { data: [{ ...WORKSPACE, created_at }], total_count: 1 };
    const { result, requests } = await send([json(body)], listAllWorkspaces);
    const items = [{ id: ID, slug: 'preview-42', created_at }];
    expect(result).toEqual({ items, serverTime: undefined });
    expect(requests).toEqual([['GET /workspaces?offset=0&limit=100']]);
  });

  test('is not taken for deleted if the response does not say so', async () => {
    const replies = [json({ deleted: false }), json({ deleted: true })];
    const { requests } = await send(replies, removeWorkspace);
    expect(requests).toHaveLength(2);
  });
});

describe('an API key', () => {
  const desired = { name: 'CI', workspace_id: ID, expires_at: null };
  const SECRET = `sk-or-v1-${'0'.repeat(64)}`;

  /** The secrets that are registered for a response to POST /keys. */
  async function secretsIn(reply: Reply) {
    const secrets: string[] = [];
    const { result } = await send([reply], (client) =>
      sendKey(client, desired, (more) => secrets.push(...more)),
    );
    return { secrets, result };
  }

  test.each([
    ['in an incomplete response', `{"data":{"hash":"a"},"key":"${SECRET}`, [SECRET]],
    ['in a web page', `<p>${SECRET}</p>`, [SECRET]],
    [
      'with whitespace in it, whole and in its parts',
      JSON.stringify({ key: 'first-part-of-a-key second-part-of-a-key' }),
      ['first-part-of-a-key second-part-of-a-key', 'first-part-of-a-key', 'second-part-of-a-key'],
    ],
    ['of 16 characters, the shortest', JSON.stringify({ key: 'k'.repeat(16) }), ['k'.repeat(16)]],
    ['but no shorter text', JSON.stringify({ key: 'k'.repeat(15) }), []],
    ['but nothing without a secret', '{"error":{"message":"No"}}', []],
  ])('has its secret registered %s', async (_, body, expected) => {
    expect((await secretsIn({ status: 201, body })).secrets).toEqual(expected);
  });

  test('has 20 secrets at most in one response', async () => {
    const all = Array.from({ length: 30 }, (_, at) => `sk-or-v1-${'0'.repeat(20)}${at + 10}`);
    const { secrets } = await secretsIn({ status: 500, body: all.join('\n') });
    expect(secrets).toEqual(all.slice(0, 20));
  });

  test.each(['k'.repeat(15), `${'k'.repeat(20)} x`, 5])(
    'is not usable with the secret %j',
    async (key) => {
      const { result } = await secretsIn(json({ data: KEY, key }, 201));
      expect(result).toMatchObject({
        kind: 'ambiguous',
        failure: { reason: 'HTTP 201, but the body has no valid key' },
      });
    },
  );

  test('is listed with disabled and expired ones, with the time of the first page, and with flat values that are used', async () => {
    const date = 'Tue, 01 Jan 2030 00:00:00 GMT';
    const used = { ...KEY, disabled: false, expires_at: null, limit: 5, byok_usage_daily: 0.1 };
    const unused = { creator: 'user_1', usage_daily: [[]], byok_usage: {} };
    const page = { ...json({ data: [{ ...unused, ...used }] }), headers: { date } };
    const { result, requests } = await send([page], listTheKeys);
    expect(result).toEqual({ keys: [toKey(used)], serverTime: Date.parse(date) });
    expect(requests).toEqual([
      [`GET /keys?offset=0&workspace_id=${ID}&include_disabled=true&include_expired=true`],
    ]);
  });

  test('that still works is not taken for a disabled one', async () => {
    const states = [{ ...KEY, disabled: false }, KEY, DISABLED];
    const replies = states.map((data) => json({ data }));
    const { result, requests, retryLines } = await send(replies, disableTheKey);
    expect(result).toEqual(DISABLED);
    expect(requests).toEqual(Array(3).fill(['PATCH /keys/abc', { disabled: true }]));
    const retried = expect.stringContaining('HTTP 200, but the API key is not disabled. Retrying');
    expect(retryLines).toEqual([retried, retried]);
  });

  test('is described by up to 100 characters of its name', () => {
    const name = 'n'.repeat(100);
    expect(describeKey({ ...KEY, name })).toBe(`"${name}" (sk-or-v1-0e6...1c96)`);
    expect(describeKey({ ...KEY, name: `${name}n` })).toBe(`"${name}…" (sk-or-v1-0e6...1c96)`);
  });
});

describe('a deletion', () => {
  const REPLIES = {
    deleted: json(DELETED),
    404: NOT_FOUND,
    found: json({ data: KEY }),
    lost: reset,
    unsent: refused,
  };
  type Kind = keyof typeof REPLIES;
  const repliesOf = (kinds: Kind[]) => kinds.map((kind) => REPLIES[kind]);

  // A lookup follows each HTTP 404 to a DELETE.
  test.each<[Kind[], string]>([
    [['deleted'], 'deleted'],
    [[404, 404], 'missing'],
    [[404, 'found', 'deleted'], 'deleted'],
    [[404, 'found', 404, 404], 'missing'],
    [[404, 'found', 404, 'found', 404, 'found'], 'unclear'],
    [['lost', 404, 404], 'deleted'],
    [[404, 'found', 'lost', 404, 404], 'deleted'],
    [['unsent', 404, 404], 'missing'],
  ])('with the responses %j is %s', async (kinds, kind) => {
    const { result, requests } = await send(repliesOf(kinds), removeKey);
    expect(result).toMatchObject({ kind });
    expect(requests).toHaveLength(kinds.length);
  });

  test('that is unclear says what OpenRouter reports', async () => {
    const { result } = await send(repliesOf([404, 'found', 404, 'found', 404, 'found']), removeKey);
    expect((result as { error: ApiError }).error.message).toBe(
      'could not delete the API key "CI" (sk-or-v1-0e6...1c96): DELETE /keys/abc: HTTP 404 Not Found, but OpenRouter still returns it',
    );
  });

  test.each([
    ['may have deleted it, if its response was lost', [reset, NOT_FOUND], true],
    ['deleted nothing, if it only met HTTP 404', [NOT_FOUND], false],
  ])('whose HTTP 404 cannot be confirmed %s', async (_, replies, ambiguous) => {
    const forbidden = json({ error: { message: 'No' } }, 403);
    const { result } = await send([...replies, forbidden], removeKey);
    expect(detailsOf(result)).toMatchObject({
      method: 'DELETE',
      ambiguous,
      lookupFailure: { method: 'GET', status: 403 },
    });
  });

  test('of a budget that OpenRouter still returns is no success', async () => {
    const budgets = json({ data: [{ limit_usd: 1, reset_interval: 'daily' }] });
    const { result } = await send(
      [...Array(3)].flatMap(() => [NOT_FOUND, budgets]),
      removeBudget,
    );
    expect((result as Error).message).toContain('still returns it');
  });
});

describe('a resource that a lookup does not find', () => {
  test.each<[string, Work, unknown, object]>([
    ['a workspace', findById, WORKSPACE, { workspace: WORKSPACE }],
    // A budget without an interval is that for the lifetime.
    ['a budget', listTheBudgets, BUDGETS, { budgets: { daily: toUsd(1), lifetime: toUsd(100) } }],
  ])('is looked up again a second later: %s', async (_, work, data, expected) => {
    const { client, run, sentAt } = openRecordingClient([NOT_FOUND, json({ data })]);
    expect(await run(work(client))).toMatchObject(expected);
    // Each request takes 20 ms.
    expect(sentAt).toEqual([0, 1_020]);
  });

  test('is looked up again after a quarter of the time that is left, if that is less', async () => {
    const { client, run, sentAt } = openRecordingClient([NOT_FOUND]);
    await run(findById(client.within(2_020)));
    expect(sentAt).toEqual([0, 520]);
  });
});

test('a list that is not usable is an error that names the request', async () => {
  const { result } = await send([json({ data: [], total_count: 5 })], listTheKeys);
  expect(detailsOf(result)).toMatchObject({
    operation: 'list the API keys of the workspace "preview-42"',
    path: '/keys',
    kind: 'unexpected',
    reason: 'the list ended after 0 entries, although there should be more',
  });
});

describe('the flag for BYOK of a budget that is written', () => {
  const write = { interval: 'lifetime', limit_usd: toUsd(100) } as const;
  const ON = { include_byok_in_budgets: true };
  const OFF = { include_byok_in_budgets: false };
  test.each([
    [{}, {}, {}],
    [{}, ON, {}],
    [ON, OFF, OFF],
    [ON, {}, ON],
  ])('%j, is %j in the response, and %j in the result', async (flag, returned, expected) => {
    const work: Work = (client) => writeBudget(client, WORKSPACE, { ...write, ...flag });
    const { result, requests } = await send([json({ data: BUDGETS[1], ...returned })], work);
    expect(result).toStrictEqual({ ...write, ...expected });
    expect(requests).toEqual([
      [`PUT ${OF_WORKSPACE}/budgets/lifetime`, { limit_usd: 100, ...flag }],
    ]);
  });
});

test('each attempt leaves a line with its outcome and its time, whether or not a response arrives', async () => {
  const { client, run, requestLines, passTo } = openRecordingClient([
    reset,
    json({ data: WORKSPACE }),
  ]);
  await run(passTo(5_000));
  await run(findById(client));
  const call = `GET /workspaces/${ID}`;
  expect(requestLines).toEqual([`${call}: reset, after 20 ms`, `${call}: HTTP 200, after 20 ms`]);
});

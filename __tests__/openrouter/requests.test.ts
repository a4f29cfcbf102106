import { describe, expect, test } from '@jest/globals';
import type { ApiError } from '../../src/http/request.ts';
import { listBudgets, writeBudget } from '../../src/openrouter/resources/budgets.ts';
import { findGuardrail, patchGuardrail } from '../../src/openrouter/resources/guardrails.ts';
import {
  deleteKey,
  describeKey,
  findKey,
  listKeys,
  sendKey,
} from '../../src/openrouter/resources/keys.ts';
import {
  listMembers,
  listOrganizationMembers,
  sendMembers,
} from '../../src/openrouter/resources/members.ts';
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

const ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';
const OTHER_ID = '550e8400-e29b-41d4-a716-446655440000';
const WORKSPACE = { id: ID, slug: 'preview-42', name: 'Preview' };
const KEY = { hash: 'abc', name: 'CI', label: 'sk-or-v1-0e6...1c96', workspace_id: ID };
const NOT_FOUND = json({ error: { message: 'Not found' } }, 404);
const GUARDRAIL = { id: 'g', workspace: WORKSPACE };

type Work = (client: ReturnType<typeof openRecordingClient>['client']) => Promise<unknown>;

/** Runs `work`; returns its result and the requests, without the base URL and the key. */
async function send(replies: Reply[], work: Work) {
  const { client, run, sent } = openRecordingClient(replies);
  const result = await run(work(client));
  const requests = sent.map(({ method, url, body }) => [
    `${method} ${url.replace('https://openrouter.test/api/v1', '')}`,
    ...(body === undefined ? [] : [JSON.parse(body)]),
  ]);
  return { result, requests };
}
const detailsOf = (result: unknown) => (result as ApiError).details;

test('a request has the key and accepts JSON, and has a content type only with a body', async () => {
  const { client, run, sent } = openRecordingClient([json({ data: WORKSPACE })]);
  await run(findWorkspace(client, ID));
  await run(patchWorkspace(client, WORKSPACE, { name: 'Preview' }));
  const headers = { accept: 'application/json', authorization: 'Bearer sk-or-v1-of-a-test' };
  const url = `https://openrouter.test/api/v1/workspaces/${ID}`;
  expect(sent).toStrictEqual([
    { method: 'GET', url, headers },
    {
      method: 'PATCH',
      url,
      headers: { ...headers, 'content-type': 'application/json' },
      body: '{"name":"Preview"}',
    },
  ]);
});

describe('a workspace', () => {
  test.each([
    [ID, WORKSPACE],
    [ID.toUpperCase(), WORKSPACE],
    [ID, { ...WORKSPACE, id: ID.toUpperCase() }],
    ['preview-42', WORKSPACE],
  ])('is looked up by %s', async (idOrSlug, data) => {
    const { result, requests } = await send([json({ data })], (client) =>
      findWorkspace(client, idOrSlug),
    );
    expect(result).toMatchObject({ workspace: data });
    expect(requests).toEqual([[`GET /workspaces/${idOrSlug}`]]);
  });

  test('that does not exist is undefined', async () => {
    const { result } = await send([NOT_FOUND], (client) => findWorkspace(client, 'preview-42'));
    expect(result).toMatchObject({ workspace: undefined });
  });

  test.each<[string, Work]>([
    ['a lookup by slug', (client) => findWorkspace(client, 'preview-42')],
    ['an update', (client) => patchWorkspace(client, WORKSPACE, { name: 'New' })],
  ])('is not taken for another one in the response to %s', async (_, work) => {
    const other = { id: OTHER_ID, slug: 'preview-43', name: 'Preview' };
    const { result, requests } = await send(
      [json({ data: other }), json({ data: WORKSPACE })],
      work,
    );
    expect(JSON.stringify(result)).toContain(ID);
    expect(requests).toHaveLength(2);
  });

  test('needs an id that is a UUID, a slug and a name', async () => {
    const { result } = await send([json({ data: { id: '1' } }, 201)], (client) =>
      sendWorkspace(client, { name: 'Preview', slug: 'preview-42' }, {}),
    );
    expect(result).toMatchObject({
      failure: { reason: 'HTTP 201, but the body has no valid data.id, data.slug, data.name' },
    });
  });

  const list: Work = (client) => Array.fromAsync(listWorkspaces(client));

  test('is listed with all others, 100 at once, with what is used of it', async () => {
    const created_at = '2026-01-01T00:00:00Z';
    const data = [{ ...WORKSPACE, created_at }];
    const { result, requests } = await send([json({ data, total_count: 1 })], list);
    const items = [{ id: ID, slug: 'preview-42', created_at }];
    expect(result).toEqual([{ items, total: 1, serverTime: undefined, size: expect.any(Number) }]);
    expect(requests).toEqual([['GET /workspaces?offset=0&limit=100']]);
  });

  test('is not listed with a slug of more than 200 characters', async () => {
    const { result } = await send(
      [json({ data: [{ ...WORKSPACE, slug: 'a'.repeat(200) }] })],
      list,
    );
    expect(result).toHaveLength(1);
    const { result: failed } = await send(
      [json({ data: [{ ...WORKSPACE, slug: 'a'.repeat(201) }] })],
      list,
    );
    expect((failed as ApiError).message).toMatch(/the body has no valid data\.0\.slug$/);
  });

  test('is not listed if the list is larger than 96 MiB', async () => {
    const page = JSON.stringify({ data: [WORKSPACE] });
    const pageOf = (size: number) => page + ' '.repeat(size - page.length);
    const { result } = await send([{ body: pageOf(96 * 1024 * 1024) }], list);
    expect(result).toHaveLength(1);
    const { result: failed } = await send([{ body: pageOf(96 * 1024 * 1024 + 1) }], list);
    expect((failed as ApiError).message).toMatch(/the list is larger than 96 MiB$/);
  });

  test('is deleted by its id', async () => {
    const { result, requests } = await send([json({ deleted: true })], (client) =>
      deleteWorkspace(client, WORKSPACE),
    );
    expect(result).toEqual({ kind: 'deleted' });
    expect(requests).toEqual([[`DELETE /workspaces/${ID}`]]);
  });

  test('is not taken for deleted if the response does not say so', async () => {
    const { requests } = await send([json({ deleted: false }), json({ deleted: true })], (client) =>
      deleteWorkspace(client, WORKSPACE),
    );
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

  test('is created with its secret, which is registered', async () => {
    const { secrets, result } = await secretsIn(json({ data: KEY, key: SECRET }, 201));
    expect(result).toMatchObject({
      kind: 'applied',
      response: { data: { key: KEY, secret: SECRET } },
    });
    expect(secrets).toEqual([SECRET]);
  });

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

  test('is listed with disabled and expired ones, and the time of the first page is returned', async () => {
    const date = 'Tue, 01 Jan 2030 00:00:00 GMT';
    const { result, requests } = await send(
      [{ ...json({ data: [KEY] }), headers: { date } }],
      (client) => listKeys(client, WORKSPACE),
    );
    expect(result).toEqual({ keys: [KEY], serverTime: Date.parse(date) });
    expect(requests).toEqual([
      [`GET /keys?offset=0&workspace_id=${ID}&include_disabled=true&include_expired=true`],
    ]);
  });

  test('is deleted by its hash', async () => {
    const { result, requests } = await send([json({ deleted: true })], (client) =>
      deleteKey(client, KEY),
    );
    expect(result).toEqual({ kind: 'deleted' });
    expect(requests).toEqual([['DELETE /keys/abc']]);
  });

  test.each([
    [100, 'n'.repeat(100)],
    [101, `${'n'.repeat(100)}…`],
  ])('with a name of %i characters is described by up to 100', (length, shown) => {
    expect(describeKey({ ...KEY, name: 'n'.repeat(length) })).toBe(
      `"${shown}" (sk-or-v1-0e6...1c96)`,
    );
  });
});

describe('a deletion', () => {
  const DELETED = json({ deleted: true });
  const FOUND = json({ data: KEY });
  test.each<[string, Reply[], string]>([
    ['is done after one response that says so', [DELETED], 'deleted'],
    ['whose HTTP 404 a lookup confirms was done by another job', [NOT_FOUND, NOT_FOUND], 'missing'],
    ['is sent again if a lookup disproves its HTTP 404', [NOT_FOUND, FOUND, DELETED], 'deleted'],
    [
      'whose second HTTP 404 a lookup confirms was done by another job',
      [NOT_FOUND, FOUND, NOT_FOUND, NOT_FOUND],
      'missing',
    ],
    [
      'is unclear if a lookup disproves its HTTP 404 three times',
      [NOT_FOUND, FOUND, NOT_FOUND, FOUND, NOT_FOUND, FOUND],
      'unclear',
    ],
    [
      'whose first response was lost, and after which nothing is found, is done',
      [reset, NOT_FOUND, NOT_FOUND],
      'deleted',
    ],
    [
      'whose response was lost after a false HTTP 404 is done',
      [NOT_FOUND, FOUND, reset, NOT_FOUND, NOT_FOUND],
      'deleted',
    ],
    [
      'that was not sent at first and finds nothing was done by another job',
      [refused, NOT_FOUND, NOT_FOUND],
      'missing',
    ],
  ])('%s', async (_, replies, kind) => {
    const { result, requests } = await send(replies, (client) => deleteKey(client, KEY));
    expect(result).toMatchObject({ kind });
    expect(requests).toHaveLength(replies.length);
  });

  test('that is unclear says what OpenRouter reports', async () => {
    const { result } = await send(
      [...Array(3)].flatMap(() => [NOT_FOUND, FOUND]),
      (client) => deleteKey(client, KEY),
    );
    expect((result as { error: ApiError }).error.message).toBe(
      'could not delete the API key "CI" (sk-or-v1-0e6...1c96): DELETE /keys/abc: HTTP 404 Not Found, but OpenRouter still returns it',
    );
  });

  test.each([
    ['may have deleted it, if its response was lost', [reset, NOT_FOUND], true],
    ['deleted nothing, if it only met HTTP 404', [NOT_FOUND], false],
  ])('whose HTTP 404 cannot be confirmed %s', async (_, replies, ambiguous) => {
    const forbidden = json({ error: { message: 'No' } }, 403);
    const { result } = await send([...replies, forbidden], (client) => deleteKey(client, KEY));
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
      (client) => writeBudget(client, WORKSPACE, { interval: 'daily', limit_usd: null }),
    );
    expect((result as Error).message).toContain('still returns it');
  });
});

describe('a resource that a lookup does not find', () => {
  const lookups: [string, object, Work][] = [
    ['a workspace', WORKSPACE, (client) => findWorkspace(client, ID)],
    ['an API key', KEY, (client) => findKey(client, 'abc')],
    ['a guardrail', { id: 'g' }, (client) => findGuardrail(client, GUARDRAIL)],
  ];

  test.each(lookups)('is looked up again: %s', async (_, data, work) => {
    const { result } = await send([NOT_FOUND, json({ data })], work);
    expect(JSON.stringify(result)).toContain(JSON.stringify(data).slice(1, -1));
  });

  test.each(lookups)('a second later: %s', async (_, _data, work) => {
    const { client, run, sentAt } = openRecordingClient([NOT_FOUND]);
    await run(work(client));
    // Each request takes 20 ms.
    expect(sentAt).toEqual([0, 1_020]);
  });

  test('is looked up again after a quarter of the time that is left, if that is less', async () => {
    const { client, run, sentAt } = openRecordingClient([NOT_FOUND]);
    await run(findWorkspace(client.withTimeout(2_020), ID));
    expect(sentAt).toEqual([0, 520]);
  });
});

describe('a list that is not usable', () => {
  test('is an error that names the request, and nothing may have been applied', async () => {
    const { result } = await send([json({ data: [], total_count: 5 })], (client) =>
      listKeys(client, WORKSPACE),
    );
    expect(detailsOf(result)).toEqual({
      operation: 'list the API keys of the workspace preview-42',
      method: 'GET',
      path: '/keys',
      kind: 'unexpected',
      reason: 'the list ended after 0 entries, although there should be more',
      attempts: 1,
      ambiguous: false,
      wasThrottled: false,
    });
  });
});

describe('a guardrail', () => {
  const update = { limit_usd: 5, reset_interval: 'daily' as const };

  test('is looked up and written by its id', async () => {
    const data = { id: 'g', limit_usd: 5 };
    const found = await send([json({ data })], (client) => findGuardrail(client, GUARDRAIL));
    expect(found).toEqual({ result: data, requests: [['GET /guardrails/g']] });
    const patched = await send([json({ data })], (client) =>
      patchGuardrail(client, GUARDRAIL, update),
    );
    expect(patched).toEqual({ result: data, requests: [['PATCH /guardrails/g', update]] });
  });

  test('that was never written is undefined', async () => {
    const { result } = await send([NOT_FOUND], (client) => findGuardrail(client, GUARDRAIL));
    expect(result).toBeUndefined();
  });

  test('may lack its id in a response', async () => {
    const { result } = await send([json({ data: { limit_usd: 5 } })], (client) =>
      patchGuardrail(client, GUARDRAIL, update),
    );
    expect(result).toEqual({ limit_usd: 5 });
  });

  test.each<[string, Work]>([
    ['a lookup', (client) => findGuardrail(client, GUARDRAIL)],
    ['a write', (client) => patchGuardrail(client, GUARDRAIL, update)],
  ])('is not taken for another one in the response to %s', async (_, work) => {
    const replies = [
      json({ data: { id: 'other' } }),
      json({ data: { id: 5 } }),
      json({ data: { id: 'g' } }),
    ];
    const { result, requests } = await send(replies, work);
    expect(result).toEqual({ id: 'g' });
    expect(requests).toHaveLength(3);
  });
});

describe('a budget', () => {
  const BUDGETS = [
    { limit_usd: 1, reset_interval: 'daily' },
    { limit_usd: 100, reset_interval: null },
  ];

  test('without an interval in the response is that for the lifetime', async () => {
    const body = { data: BUDGETS, include_byok_in_budgets: true };
    const { result, requests } = await send([json(body)], (client) =>
      listBudgets(client, WORKSPACE),
    );
    expect(result).toEqual({ budgets: { daily: 1, lifetime: 100 }, include_byok_in_budgets: true });
    expect(requests).toEqual([[`GET /workspaces/${ID}/budgets`]]);
  });

  test('is listed although OpenRouter finds none once, which can be wrong', async () => {
    const { result } = await send([NOT_FOUND, json({ data: BUDGETS })], (client) =>
      listBudgets(client, WORKSPACE),
    );
    expect(result).toMatchObject({ budgets: { daily: 1, lifetime: 100 } });
  });

  test('does not exist if OpenRouter finds none twice', async () => {
    const { result } = await send([NOT_FOUND], (client) => listBudgets(client, WORKSPACE));
    expect(result).toEqual({ budgets: {}, include_byok_in_budgets: undefined });
  });

  const write = { interval: 'lifetime', limit_usd: 100 } as const;
  test.each<[string, object, object, object]>([
    ['without the flag', {}, {}, {}],
    ['without the flag, which comes back', {}, { include_byok_in_budgets: true }, {}],
    [
      'with the flag',
      { include_byok_in_budgets: true },
      { include_byok_in_budgets: false },
      { include_byok_in_budgets: false },
    ],
    [
      'with the flag, which does not come back',
      { include_byok_in_budgets: true },
      {},
      { include_byok_in_budgets: true },
    ],
  ])('is written %s, and returned as the response has it', async (_, flags, returned, expected) => {
    const body = { data: BUDGETS[1], ...returned };
    const { result, requests } = await send([json(body)], (client) =>
      writeBudget(client, WORKSPACE, { ...write, ...flags }),
    );
    expect(result).toStrictEqual({ ...write, ...expected });
    expect(requests).toEqual([
      [`PUT /workspaces/${ID}/budgets/lifetime`, { limit_usd: 100, ...flags }],
    ]);
  });

  test('is deleted by a limit of null', async () => {
    const { result, requests } = await send([json({ deleted: true })], (client) =>
      writeBudget(client, WORKSPACE, { interval: 'daily', limit_usd: null }),
    );
    expect(result).toEqual({ interval: 'daily', limit_usd: null });
    expect(requests).toEqual([[`DELETE /workspaces/${ID}/budgets/daily`]]);
  });
});

describe('members', () => {
  test('of the organization and of a workspace are listed, 100 at once', async () => {
    const people = [
      { id: 'user_1', email: null },
      { id: 'user_2', email: 'b@x.org' },
      { id: 'user_3' },
    ];
    const organization = await send([json({ data: people })], listOrganizationMembers);
    expect(organization).toEqual({
      result: people,
      requests: [['GET /organization/members?offset=0&limit=100']],
    });
    const ofWorkspace = await send([json({ data: [{ user_id: 'user_1' }] })], (client) =>
      listMembers(client, WORKSPACE),
    );
    expect(ofWorkspace).toEqual({
      result: ['user_1'],
      requests: [[`GET /workspaces/${ID}/members?offset=0&limit=100`]],
    });
  });

  test.each<[string, Work, string]>([
    ['the organization', listOrganizationMembers, 'data.0.id'],
    ['a workspace', (client) => listMembers(client, WORKSPACE), 'data.0.user_id'],
  ])('of %s without an id are not usable', async (_, work, field) => {
    const { result } = await send([json({ data: [{ email: 'b@x.org' }] })], work);
    expect(detailsOf(result).reason).toBe(`HTTP 200, but the body has no valid ${field}`);
  });

  test('are added by their ids, and those in the response are returned', async () => {
    const { result, requests } = await send([json({ data: [{ user_id: 'user_1' }] })], (client) =>
      sendMembers(client, WORKSPACE, ['user_1', 'user_2']),
    );
    expect(result).toMatchObject({ kind: 'applied', response: { data: ['user_1'] } });
    expect(requests).toEqual([
      [`POST /workspaces/${ID}/members/add`, { user_ids: ['user_1', 'user_2'] }],
    ]);
  });
});

test('each attempt leaves a debug line with its outcome and its time, whether or not a response arrives', async () => {
  const { client, clock, run, debug } = openRecordingClient([reset, json({ data: WORKSPACE })]);
  await clock.run(new Promise<void>((resolve) => clock.after(5_000, resolve)));
  await run(findWorkspace(client, ID));
  const call = `GET https://openrouter.test/api/v1/workspaces/${ID}`;
  expect(debug).toEqual([`${call}: reset, after 20 ms`, `${call}: 200, after 20 ms`]);
});

describe('a limit with the noise of binary floating point comes without it', () => {
  const NOISY = 0.30000000000001;

  test('of an API key', async () => {
    const { result } = await send([json({ data: { ...KEY, limit: NOISY } })], (client) =>
      findKey(client, 'abc'),
    );
    expect(result).toMatchObject({ limit: 0.3 });
  });

  test('of a guardrail', async () => {
    const { result } = await send([json({ data: { id: 'g', limit_usd: NOISY } })], (client) =>
      findGuardrail(client, GUARDRAIL),
    );
    expect(result).toMatchObject({ limit_usd: 0.3 });
  });

  test('of a budget', async () => {
    const data = [{ limit_usd: NOISY, reset_interval: 'daily' }];
    const { result } = await send([json({ data })], (client) => listBudgets(client, WORKSPACE));
    expect(result).toMatchObject({ budgets: { daily: 0.3 } });
  });
});

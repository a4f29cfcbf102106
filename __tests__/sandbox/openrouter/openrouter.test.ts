import { expect, test } from '@jest/globals';
import { ContentFilterBuiltinSlug } from '@openrouter/sdk/models';
import type * as z from 'zod';
import { type OpenRouterOptions, openAccount } from '../../../sandbox/openrouter/openrouter.ts';
import { setBudgetRequest } from '../../../sandbox/openrouter/resources/budgets.ts';
import { updateGuardrailRequest } from '../../../sandbox/openrouter/resources/guardrails.ts';
import { createKeyRequest, type Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { AT_ONCE } from '../../../sandbox/openrouter/resources/usage.ts';
import {
  createWorkspaceRequest,
  updateWorkspaceRequest,
} from '../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import type { BudgetWrite } from '../../../src/openrouter/resources/budgets.ts';
import { guardrailFields } from '../../../src/openrouter/resources/guardrails.ts';
import * as keys from '../../../src/openrouter/resources/keys.ts';
import { WORKSPACE_FIELDS } from '../../../src/openrouter/resources/workspaces.ts';

const managementKey = 'sk-or-v1-of-a-test';

/** An account with a workspace, which shows at once what was spent. */
function open(options: Partial<OpenRouterOptions> = AT_ONCE) {
  const clock = { now: Date.UTC(2026, 0, 14, 12) };
  const account = openAccount({ ...options, managementKey, now: () => new Date(clock.now) });
  const workspace = seedWorkspace({ account, managementKey }, { slug: 'preview-42' });
  const call = (method: string, path: string, body: object = {}) =>
    account.handle({
      method,
      path,
      authorization: `Bearer ${managementKey}`,
      body: JSON.stringify(body),
    }) as { status: number; body: { data: Record<string, unknown> } };
  return { account, clock, workspace, call };
}

/** The fields of a request in the sandbox's own schema, which the actions do not use. */
const fieldsOf = ({ shape }: z.ZodObject) => Object.keys(shape).sort();

test('the sandbox knows the fields of a workspace that the actions know, and no others', () => {
  const fields = WORKSPACE_FIELDS.toSorted();
  expect(fieldsOf(createWorkspaceRequest)).toEqual(fields);
  expect(fieldsOf(updateWorkspaceRequest)).toEqual(fields);
  const { data } = open().call('POST', '/workspaces', { name: 'Preview', slug: 'least' }).body;
  expect(Object.keys(data)).toEqual(expect.arrayContaining(fields));
});

test('the sandbox knows every field of an API key that the actions can request', () => {
  const fields = Object.keys(keys.createKeyRequest.shape);
  expect(fieldsOf(createKeyRequest)).toEqual(expect.arrayContaining(fields));
  const { data } = open().call('POST', '/keys', { name: 'Key' }).body;
  expect(Object.keys(data)).toEqual(expect.arrayContaining(fields));
});

test('the sandbox knows the fields of a guardrail that the actions know, and no others', () => {
  expect(fieldsOf(updateGuardrailRequest)).toEqual(Object.keys(guardrailFields).sort());
});

test('the sandbox knows every field of a budget that the actions can set', () => {
  // Fails to compile for a field that the sandbox lacks: the actions have types for them only.
  const budget: Record<Exclude<keyof BudgetWrite, 'interval'>, unknown> = setBudgetRequest.shape;
  expect(Object.keys(budget)).toContain('limit_usd');
});

test.each([
  ['POST', '/workspaces', { name: 'Preview', slug: 'preview-43' }],
  ['PATCH', '/workspaces/default', {}],
  ['POST', '/keys', { name: 'Key' }],
  ['PATCH', '/guardrails/:id', {}],
  ['PUT', '/workspaces/default/budgets/daily', { limit_usd: 1 }],
  ['POST', '/workspaces/preview-42/members/add', { user_ids: ['user_2sandbox'] }],
  ['POST', '/analytics/query', { metrics: ['request_count'] }],
])('the sandbox rejects an unknown field in %s %s and names it', (method, path, body) => {
  const { call, workspace } = open();
  const own = path.replace(':id', workspace.default_guardrail_id ?? '');
  expect(call(method, own, { ...body, slgu: 'x' })).toMatchObject({
    status: 400,
    body: { error: { code: 400, message: expect.stringContaining('slgu') } },
  });
});

test.each([...Object.values(ContentFilterBuiltinSlug), 'secrets'])(
  'the sandbox accepts the built-in content filter %s',
  (slug) => {
    const { call, workspace } = open();
    const filters = [{ slug, action: 'block' }];
    const { status, body } = call('PATCH', `/guardrails/${workspace.default_guardrail_id}`, {
      content_filter_builtins: filters,
    });
    expect(status).toBe(200);
    expect(body.data).toMatchObject({ content_filter_builtins: filters });
  },
);

test('a slug in the sandbox is free as soon as its workspace has another', () => {
  const { call, clock, workspace } = open();
  clock.now += 1_000;
  const changed = { slug: 'closed-42', updated_at: '2026-01-14T12:00:01.000Z' };
  expect(call('PATCH', `/workspaces/${workspace.id}`, { slug: 'closed-42' })).toMatchObject({
    status: 200,
    body: { data: { ...changed, id: workspace.id } },
  });
  expect(call('GET', '/workspaces/preview-42').status).toBe(404);
  for (const path of [workspace.id, 'closed-42']) {
    expect(call('GET', `/workspaces/${path}`).body.data).toMatchObject(changed);
  }
  expect(call('POST', '/workspaces', { name: 'Preview', slug: 'closed-42' }).status).toBe(400);
  const { status, body } = call('POST', '/workspaces', { name: 'Preview', slug: 'preview-42' });
  expect([status, body.data['slug']]).toEqual([201, 'preview-42']);
  expect(body.data['id']).not.toBe(workspace.id);
});

test('a change to an API key in the sandbox sets when it was updated', () => {
  const { call, clock, workspace } = open();
  const { data } = call('POST', '/keys', { name: 'Key', workspace_id: workspace.id }).body;
  expect(data['updated_at']).toBeNull();
  clock.now += 1_000;
  const path = `/keys/${data['hash']}`;
  call('PATCH', path, { disabled: true, limit: 0 });
  clock.now += 1_000;
  expect(call('GET', path).body.data).toMatchObject({
    disabled: true,
    limit: 0,
    updated_at: '2026-01-14T12:00:01.000Z',
  });
});

test('the sandbox filters analytics as the operator requires', () => {
  const { account, workspace, call } = open();
  const [, two] = [1, 2, 4].map((credits) => {
    const key = seedKey({ account, managementKey }, workspace);
    seedUsage({ account }, key, { credits });
    return key.hash;
  });
  const creditsOf = (operator: string) => {
    const filters = [{ field: 'api_key_id', operator, value: two }];
    const query = { metrics: ['credits_usage'], filters };
    return call('POST', '/analytics/query', query).body.data['data'];
  };
  expect(creditsOf('eq')).toEqual([{ credits_usage: 2 }]);
  expect(creditsOf('neq')).toEqual([{ credits_usage: 5 }]);
});

test.each([
  [true, [{ credits_usage: 2 }], 1],
  [false, [], 2],
])(
  'the sandbox finds the usage of a deleted key if it resolves its hash: %s',
  (resolves, data, warned) => {
    const { account, workspace, call } = open();
    const key = seedKey({ account, managementKey }, workspace);
    seedUsage({ account }, key, { credits: 2 });
    call('DELETE', `/keys/${key.hash}`);
    account.analytics.resolvesDeletedKeys = resolves;
    const resultOf = (value: string) => {
      const filters = [{ field: 'api_key_id', operator: 'eq', value }];
      const query = { metrics: ['credits_usage'], dimensions: [], filters };
      return call('POST', '/analytics/query', query).body.data;
    };
    const results = [resultOf(key.hash), resultOf('f0')];
    expect(results[0]?.['data']).toEqual(data);
    expect(results[1]?.['data']).toEqual([]);
    expect(results.filter(({ warnings }) => warnings)).toHaveLength(warned);
  },
);

test('the limit of an API key in the sandbox can change, and what remains of it follows', () => {
  const { account, workspace, call } = open();
  const { hash } = call('POST', '/keys', { name: 'Key', workspace_id: workspace.id, limit: 1 }).body
    .data as Key;
  seedUsage({ account }, account.keys[0] as Key, { credits: 0.25 });
  const { data } = call('PATCH', `/keys/${hash}`, { limit: 0.75 }).body;
  expect(data).toMatchObject({ limit: 0.75, usage: 0.25, limit_remaining: 0.5, disabled: false });
  expect(call('GET', `/keys/${hash}`).body.data).toEqual(data);
});

test('a lookup in the sandbox can lag behind the creation of a workspace, whose slug is taken at once', () => {
  const { account, clock, workspace, call } = open();
  account.lookups.lag = 700;
  const statusOf = (method: string, path: string, body?: object) => call(method, path, body).status;
  const bySlug = `/workspaces/${workspace.slug}`;
  expect([statusOf('GET', bySlug), statusOf('GET', `/workspaces/${workspace.id}`)]).toEqual([
    404, 404,
  ]);
  expect(statusOf('POST', '/workspaces', { name: 'Other', slug: workspace.slug })).toBe(400);
  clock.now += 700;
  expect(statusOf('GET', bySlug)).toBe(200);
});

test('a list of API keys in the sandbox can show all of them as they were at one earlier moment', () => {
  const { account, clock, workspace, call } = open();
  account.keyLists.lag = 2_000;
  account.keyLists.hasMilliseconds = false;
  const create = () => call('POST', '/keys', { name: 'Key', workspace_id: workspace.id, limit: 1 });
  const list = () => {
    const path = `/keys?workspace_id=${workspace.id}&include_disabled=true`;
    const { data } = call('GET', path).body;
    return (data as unknown as Key[]).map(({ usage, limit, disabled, created_at }) => {
      return { usage, limit, disabled, created_at };
    });
  };
  clock.now += 250;
  const { hash } = create().body.data as Key;
  seedUsage({ account }, account.keys[0] as Key, { credits: 0.25 });
  expect(list()).toEqual([]);
  clock.now += 1_000;
  call('PATCH', `/keys/${hash}`, { limit: 0.5, disabled: true });
  create();
  const created_at = '2026-01-14T12:00:00Z';
  clock.now += 1_000;
  expect(list()).toEqual([{ usage: 0.25, limit: 1, disabled: false, created_at }]);
  clock.now += 1_000;
  expect(list()).toEqual([
    { usage: 0, limit: 1, disabled: false, created_at: '2026-01-14T12:00:01Z' },
    { usage: 0.25, limit: 0.5, disabled: true, created_at },
  ]);
});

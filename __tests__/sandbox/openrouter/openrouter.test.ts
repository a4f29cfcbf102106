import { expect, test } from '@jest/globals';
import type * as z from 'zod';
import { openAccount } from '../../../sandbox/openrouter/openrouter.ts';
import { setBudgetRequest } from '../../../sandbox/openrouter/resources/budgets.ts';
import { updateGuardrailRequest } from '../../../sandbox/openrouter/resources/guardrails.ts';
import { createKeyRequest, type Key } from '../../../sandbox/openrouter/resources/keys.ts';
import {
  createWorkspaceRequest,
  updateWorkspaceRequest,
} from '../../../sandbox/openrouter/resources/workspaces.ts';
import { seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import type { BudgetWrite } from '../../../src/openrouter/resources/budgets.ts';
import { guardrailFields } from '../../../src/openrouter/resources/guardrails.ts';
import * as keys from '../../../src/openrouter/resources/keys.ts';
import { WORKSPACE_FIELDS } from '../../../src/openrouter/resources/workspaces.ts';

const managementKey = 'sk-or-v1-of-a-test';

/** An account with a workspace. */
function open() {
  const clock = { now: Date.UTC(2026, 0, 14, 12) };
  const account = openAccount({ managementKey, now: () => new Date(clock.now) });
  const workspace = seedWorkspace({ account, managementKey }, { slug: 'preview-42' });
  const call = (method: string, path: string, body: object = {}, bearer = managementKey) =>
    account.handle({
      method,
      path,
      authorization: `Bearer ${bearer}`,
      body: JSON.stringify(body),
    }) as { status: number; body: { data: Record<string, unknown>; key: string } };
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

test('the sandbox reports an API key to requests with its own secret, and to no others', () => {
  const { account, call } = open();
  const { key: secret } = call('POST', '/keys', { name: 'Own', limit: 2 }).body;
  seedUsage({ account }, account.keys[0] as Key, { credits: 0.5 });
  const own = call('GET', '/key', {}, secret).body.data;
  expect(own).toMatchObject({ usage: 0.5, limit_remaining: 1.5, is_management_key: false });
  const { key: unlimited } = call('POST', '/keys', { name: 'Unlimited' }).body;
  expect(call('GET', '/key', {}, unlimited).body.data).toMatchObject({ limit_remaining: null });
  expect(call('GET', '/key').body.data).toMatchObject({ is_management_key: true, usage: 0 });
  expect(call('GET', '/key', {}, 'sk-or-v1-of-no-one').status).toBe(401);
  expect(call('GET', '/keys', {}, secret).status).toBe(401);
});

test('the sandbox accepts 64 queries of analytics a minute, and then responds with HTTP 429', () => {
  const { clock, call } = open();
  const query = () => call('POST', '/analytics/query', { metrics: ['request_count'] }).status;
  expect(Array.from({ length: 65 }, query)).toEqual([...Array(64).fill(200), 429]);
  clock.now += 60_000;
  expect(query()).toBe(200);
});

test('analytics of the sandbox have counts as strings, money as numbers, and names for ids', () => {
  const { account, call, workspace } = open();
  call('POST', '/keys', { name: 'CI', workspace_id: workspace.id });
  const usage = {
    credits: 0.1,
    byok: 0.05,
    requests: 3,
    prompt: 100,
    completion: 20,
    reasoning: 7,
  };
  seedUsage({ account }, account.keys[0] as Key, usage);
  const metrics = ['total_usage', 'request_count', 'tokens_total', 'reasoning_tokens'];
  const dimensions = ['workspace', 'api_key_id'];
  const { data } = call('POST', '/analytics/query', { metrics, dimensions }).body;
  expect(data['data']).toEqual([
    {
      workspace: workspace.name,
      api_key_id: 'CI',
      total_usage: 0.15,
      request_count: '3',
      tokens_total: '120',
      reasoning_tokens: '7',
    },
  ]);
});

test('analytics of the sandbox know of a deleted key in its workspace, but not by its hash', () => {
  const { account, call, workspace } = open();
  call('POST', '/keys', { name: 'CI', workspace_id: workspace.id });
  const [key] = account.keys as [Key];
  seedUsage({ account }, key, { credits: 0.1 });
  call('DELETE', `/keys/${key.hash}`);
  const countBy = (field: string, value: string) => {
    const filters = [{ field, operator: 'eq', value }];
    const query = { metrics: ['request_count'], filters };
    return call('POST', '/analytics/query', query).body.data['data'];
  };
  expect(countBy('workspace', workspace.id)).toEqual([{ request_count: '1' }]);
  expect(countBy('api_key_id', key.hash)).toEqual([]);
});

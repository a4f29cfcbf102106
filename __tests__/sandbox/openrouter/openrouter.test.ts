import { expect, test } from '@jest/globals';
import type * as z from 'zod';
import { openAccount } from '../../../sandbox/openrouter/openrouter.ts';
import { setBudgetRequest } from '../../../sandbox/openrouter/resources/budgets.ts';
import { updateGuardrailRequest } from '../../../sandbox/openrouter/resources/guardrails.ts';
import { createKeyRequest } from '../../../sandbox/openrouter/resources/keys.ts';
import {
  createWorkspaceRequest,
  updateWorkspaceRequest,
} from '../../../sandbox/openrouter/resources/workspaces.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import type { BudgetWrite } from '../../../src/openrouter/resources/budgets.ts';
import { guardrailFields } from '../../../src/openrouter/resources/guardrails.ts';
import * as keys from '../../../src/openrouter/resources/keys.ts';
import { WORKSPACE_FIELDS } from '../../../src/openrouter/resources/workspaces.ts';

const managementKey = 'sk-or-v1-of-a-test';

/** An account with a workspace. */
function open() {
  const account = openAccount({ managementKey });
  const workspace = seedWorkspace({ account, managementKey }, { slug: 'preview-42' });
  const call = (method: string, path: string, body: object) =>
    account.handle({
      method,
      path,
      authorization: `Bearer ${managementKey}`,
      body: JSON.stringify(body),
    }) as { status: number; body: { data: Record<string, unknown> } };
  return { workspace, call };
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

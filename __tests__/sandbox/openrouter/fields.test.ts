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
import type { BudgetWrite } from '../../../src/openrouter/resources/budgets.ts';
import { guardrailFields } from '../../../src/openrouter/resources/guardrails.ts';
import * as keys from '../../../src/openrouter/resources/keys.ts';
import { WORKSPACE_FIELDS } from '../../../src/openrouter/resources/workspaces.ts';

const managementKey = 'sk-or-v1-of-a-test';

function open() {
  const account = openAccount({ managementKey });
  return (method: string, path: string, body: object) =>
    account.handle({
      method,
      path,
      authorization: `Bearer ${managementKey}`,
      body: JSON.stringify(body),
    });
}

const NEW = { name: 'Preview', slug: 'preview-42' };
const KEY_FIELDS = Object.keys(keys.createKeyRequest.shape);

/** The fields of a request in the sandbox's own schema, which the actions do not use. */
const fieldsOf = ({ shape }: z.ZodObject) => Object.keys(shape).sort();

test('the sandbox knows the fields of a workspace that the actions know, and no others', () => {
  const fields = WORKSPACE_FIELDS.toSorted();
  expect(fieldsOf(createWorkspaceRequest)).toEqual(fields);
  expect(fieldsOf(updateWorkspaceRequest)).toEqual(fields);
});

test('the sandbox knows every field of an API key that the actions can request', () => {
  expect(fieldsOf(createKeyRequest)).toEqual(expect.arrayContaining(KEY_FIELDS));
});

test.each([
  ['/workspaces', NEW, WORKSPACE_FIELDS],
  ['/keys', { name: 'Key' }, KEY_FIELDS],
])('the sandbox returns every field of what was created in %s with the least of them', (...row) => {
  const [path, fields, returned] = row;
  const { status, body } = open()('POST', path, fields);
  expect(status).toBe(201);
  const { data } = body as { data: object };
  expect(Object.keys(data)).toEqual(expect.arrayContaining([...returned]));
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
  ['POST', '/workspaces', NEW],
  ['PATCH', '/workspaces/default', {}],
  ['POST', '/keys', { name: 'Key' }],
  ['PATCH', '/guardrails/:id', {}],
  ['PUT', '/workspaces/default/budgets/daily', { limit_usd: 1 }],
  ['POST', '/workspaces/preview-42/members/add', { user_ids: ['user_2sandbox'] }],
  ['POST', '/workspaces/preview-42/members/remove', { user_ids: ['user_2sandbox'] }],
])('the sandbox rejects an unknown field in %s %s and names it', (method, path, body) => {
  const call = open();
  const created = call('POST', '/workspaces', NEW).body as { data: Record<string, string> };
  const { default_guardrail_id = '' } = created.data;
  const response = call(method, path.replace(':id', default_guardrail_id), { ...body, slgu: 'x' });
  expect(response).toEqual({
    status: 400,
    body: { error: { code: 400, message: expect.stringContaining('Unrecognized key: "slgu"') } },
  });
});

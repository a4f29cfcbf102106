import { expect, test } from '@jest/globals';
import { openAccount } from '../../../sandbox/openrouter/openrouter.ts';
import { seedKey, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';

const managementKey = 'sk-or-v1-of-a-test';

/** An account with a workspace that has one API key. */
function open() {
  const account = openAccount({ managementKey, expiredKeysBlockDeletion: false });
  const { id } = seedWorkspace({ account, managementKey }, { slug: 'preview-42' });
  const key = seedKey({ account, managementKey }, { id });
  const call = (method: string, path: string) =>
    account.handle({ method, path, authorization: `Bearer ${managementKey}`, body: '' });
  const list = (query: string) => call('GET', `/keys?workspace_id=${id}&${query}`);
  return { account, id, key, call, list };
}

test('the sandbox lists a disabled and expired key only if the request includes both kinds', () => {
  const { key, list } = open();
  Object.assign(key, { disabled: true, expires_at: '2020-01-01T00:00:00.000Z' });
  expect(list('include_disabled=true').body).toEqual({ data: [] });
  expect(list('include_disabled=false&include_expired=true').body).toEqual({ data: [] });
  expect(list('include_disabled=true&include_expired=true').body).toEqual({ data: [key] });
});

test.each(['include_disabled', 'include_expired'])(
  'the sandbox rejects %s with a value other than true and false',
  (parameter) => {
    for (const value of ['TRUE', '1', '']) {
      expect(open().list(`${parameter}=${value}`).status).toBe(400);
    }
  },
);

test('a key that has not expired always blocks the deletion of its workspace in the sandbox', () => {
  const { call, id } = open();
  expect(call('DELETE', `/workspaces/${id}`).status).toBe(400);
});

/** The fields of an API key that an update can change, and a value of each. */
const UPDATES: [string, unknown][] = [
  ['disabled', true],
  ['name', 'Preview of #42'],
  ['limit', 2.5],
  ['limit', null],
  ['limit_reset', 'daily'],
  ['include_byok_in_limit', true],
];

/** Updates the API key of an account that has one in a workspace. */
function update(body: string, hash?: string) {
  const { account, key } = open();
  const path = `/keys/${hash ?? key.hash}`;
  const authorization = `Bearer ${managementKey}`;
  return { ...account.handle({ method: 'PATCH', path, authorization, body }), key };
}

test.each(UPDATES)('PATCH /keys/:hash changes %s to %j, and nothing else', (field, value) => {
  const { status, body, key } = update(JSON.stringify({ [field]: value }));
  const { key: before } = open();
  expect([status, body]).toMatchObject([200, { data: { hash: key.hash, [field]: value } }]);
  expect(key).toEqual({
    ...before,
    hash: key.hash,
    label: key.label,
    workspace_id: key.workspace_id,
    created_at: key.created_at,
    updated_at: expect.any(String),
    [field]: value,
  });
});

test.each([
  ['an empty body', '{}', undefined, 400],
  ['only an unknown field', '{"expires_at":null}', undefined, 400],
  ['a value of another type', '{"disabled":"true"}', undefined, 400],
  ['text that is not JSON', 'disabled', undefined, 400],
  ['an unknown hash', '{"disabled":true}', 'a1', 404],
])('PATCH /keys/:hash with %s changes nothing', (_, body, hash, status) => {
  const { status: actual, key } = update(body, hash);
  expect(actual).toBe(status);
  expect(key).toMatchObject({ name: 'Key', disabled: false, updated_at: null });
});

test.each([
  ['a valid', {}, 200],
  ['a disabled', { disabled: true }, 401],
  ['an expired', { expires_at: '2020-01-01T00:00:00.000Z' }, 401],
])('a completion with %s API key is HTTP %i', (_, fields, status) => {
  const account = openAccount({ managementKey });
  const authorization = `Bearer ${managementKey}`;
  const create = { method: 'POST', path: '/keys', authorization, body: '{"name":"Key"}' };
  const { key: secret } = account.handle(create).body as { key: string };
  Object.assign(account.keys[0] ?? {}, fields);
  const response = account.handle({
    method: 'POST',
    path: '/chat/completions',
    authorization: `Bearer ${secret}`,
    body: '{"model":"a/b","messages":[{"role":"user"}]}',
  });
  expect(response.status).toBe(status);
  expect(account.spends).toHaveLength(status === 200 ? 1 : 0);
});

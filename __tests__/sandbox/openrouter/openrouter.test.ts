import { expect, test } from '@jest/globals';
import { type OpenRouterOptions, openAccount } from '../../../sandbox/openrouter/openrouter.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';

const managementKey = 'sk-or-v1-of-a-test';
const DISABLED = { disabled: true };
const EXPIRED = { expires_at: '2020-01-01T00:00:00.000Z' };

/** An account with a workspace that has one API key with `fields`. */
function open(fields: Partial<Key>, options: Partial<OpenRouterOptions> = {}) {
  const account = openAccount({ managementKey, ...options });
  const { id } = seedWorkspace({ account, managementKey }, { slug: 'preview-42' });
  const key = seedKey({ account, managementKey }, { id });
  Object.assign(key, fields);
  const call = (method: string, path: string) =>
    account.handle({ method, path, authorization: `Bearer ${managementKey}`, body: '' });
  return { account, key, id, call };
}

/** The list of the API keys of a workspace that has one with `fields`. */
function list(fields: Partial<Key>, query: string) {
  const { call, id, key } = open(fields);
  return { ...call('GET', `/keys?workspace_id=${id}${query}`), key };
}

test.each([
  ['disabled', DISABLED, 'include_disabled'],
  ['expired', EXPIRED, 'include_expired'],
])(
  'the sandbox lists a key that is %s only if the request includes such keys',
  (_, fields, parameter) => {
    const { body, key } = list(fields, `&${parameter}=true`);
    expect(body).toEqual({ data: [key] });
    for (const query of ['', `&${parameter}=false`])
      expect(list(fields, query).body).toEqual({ data: [] });
  },
);

test('the sandbox lists a disabled and expired key only if the request includes both kinds', () => {
  const both = { ...DISABLED, ...EXPIRED };
  expect(list(both, '&include_disabled=true').body).toEqual({ data: [] });
  expect(list(both, '&include_expired=true').body).toEqual({ data: [] });
  const { body, key } = list(both, '&include_disabled=true&include_expired=true');
  expect(body).toEqual({ data: [key] });
});

test.each(['include_disabled', 'include_expired'])(
  'the sandbox rejects %s with a value other than true and false',
  (parameter) => {
    for (const value of ['TRUE', '1', '']) {
      expect(list({}, `&${parameter}=${value}`).status).toBe(400);
    }
  },
);

test.each([
  ['blocks', 'by default', {}, 400],
  ['blocks', 'if the option says so', { expiredKeysBlockDeletion: true }, 400],
  ['does not block', 'if the option says so', { expiredKeysBlockDeletion: false }, 200],
])('an expired key %s the deletion of its workspace in the sandbox %s', (...row) => {
  const [, , options, status] = row;
  const { account, call, id } = open(EXPIRED, options);
  expect(call('DELETE', `/workspaces/${id}`).status).toBe(status);
  expect(account.keys).toHaveLength(status === 200 ? 0 : 1);
});

test('a key that has not expired always blocks the deletion of its workspace in the sandbox', () => {
  const { call, id } = open({}, { expiredKeysBlockDeletion: false });
  expect(call('DELETE', `/workspaces/${id}`).status).toBe(400);
});

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
  return { id, key, call, list };
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

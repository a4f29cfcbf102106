import { expect, test } from '@jest/globals';
import { giveKey, giveWorkspace } from '../../sandbox/given.ts';
import { openAccount } from '../../sandbox/openrouter.ts';

const managementKey = 'sk-or-v1-of-a-test';

/** What is answered to a list of the keys of a workspace that has one, which is disabled. */
function list(query: string) {
  const account = openAccount({ managementKey });
  const { id } = giveWorkspace({ account, managementKey }, { slug: 'preview-42' });
  const key = giveKey({ account, managementKey }, { id });
  key.disabled = true;
  const { status, body } = account.handle({
    method: 'GET',
    path: `/keys?workspace_id=${id}${query}`,
    authorization: `Bearer ${managementKey}`,
    body: '',
  });
  return { status, body, key };
}

test('the sandbox lists a key that is disabled only where that is asked for', () => {
  const { body, key } = list('&include_disabled=true');
  expect(body).toEqual({ data: [key] });
  for (const query of ['', '&include_disabled=false'])
    expect(list(query).body).toEqual({ data: [] });
});

test.each(['TRUE', '1', ''])('the sandbox refuses include_disabled=%s', (value) => {
  expect(list(`&include_disabled=${value}`).status).toBe(400);
});

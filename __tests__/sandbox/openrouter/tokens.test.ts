import { expect, test } from '@jest/globals';
import { openIdTokens } from '../../../sandbox/github/id-tokens.ts';
import { openAccount } from '../../../sandbox/openrouter/openrouter.ts';
import { seedPolicy } from '../../../sandbox/openrouter/seed.ts';

const AUDIENCE = 'https://openrouter.ai';
const FOREIGN = openIdTokens().issue(AUDIENCE);

test.each<[string, Record<string, string>, number, string]>([
  ['another grant type', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ['another type of token', { subject_token_type: 'x' }, 400, 'invalid_request'],
  ['another policy', { federation_policy_id: crypto.randomUUID() }, 400, 'invalid_grant'],
  ['another signature', { subject_token: FOREIGN }, 400, 'invalid_grant'],
  ['another scope', { scope: 'inference' }, 400, 'invalid_scope'],
  ['a token of more than 16 KiB', { subject_token: 'x'.repeat(16_385) }, 400, 'invalid_request'],
])('an exchange with %s is rejected', (_, changes, status, error) => {
  const account = openAccount({ managementKey: 'sk-or-v1-of-a-test' });
  const idTokens = openIdTokens();
  const body = new URLSearchParams({
    grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
    subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
    subject_token: idTokens.issue(AUDIENCE),
    federation_policy_id: seedPolicy(account, idTokens).id,
    scope: 'management',
    ...changes,
  });
  const call = { method: 'POST', path: '/oauth/token', authorization: undefined };
  const response = account.handle({ ...call, body: body.toString() });
  expect(response).toMatchObject({ status, body: { error } });
});

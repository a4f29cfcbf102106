import { expect, test } from '@jest/globals';
import { openIdTokens } from '../../../sandbox/github/id-tokens.ts';
import { openAccount } from '../../../sandbox/openrouter/openrouter.ts';
import { seedPolicy } from '../../../sandbox/openrouter/seed.ts';

const AUDIENCE = 'https://openrouter.ai';
const MINUTE = 60_000;

/** An account with a policy for an issuer of id tokens, and a clock for both. */
function open() {
  const clock = { now: Date.UTC(2026, 0, 1) };
  const now = () => new Date(clock.now);
  const account = openAccount({ managementKey: 'sk-or-v1-of-a-test', now });
  const idTokens = openIdTokens({ now });
  const policy = seedPolicy(account, idTokens);
  const exchange = (changes: Record<string, string> = {}) => {
    const body = new URLSearchParams({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      subject_token: idTokens.issue(AUDIENCE),
      federation_policy_id: policy.id,
      scope: 'management',
      ...changes,
    });
    const call = { method: 'POST', path: '/oauth/token', authorization: undefined };
    const { status, body: data } = account.handle({ ...call, body: body.toString() });
    return { status, data: data as Record<string, unknown> };
  };
  const read = (token: unknown) =>
    account.handle({
      method: 'GET',
      path: '/workspaces/default',
      authorization: `Bearer ${token}`,
      body: '',
    }).status;
  return { clock, idTokens, exchange, read };
}

test('a token works as a management key until the id token that it was exchanged for expires', () => {
  const { clock, idTokens, exchange, read } = open();
  const subject_token = idTokens.issue(AUDIENCE);
  clock.now += MINUTE;
  const { status, data } = exchange({ subject_token });
  expect([status, data]).toMatchObject([200, { token_type: 'Bearer', expires_in: 240 }]);
  clock.now += 4 * MINUTE - 1;
  expect(read(data['access_token'])).toBe(200);
  clock.now += 1;
  expect(read(data['access_token'])).toBe(401);
});

const FOREIGN = openIdTokens().issue(AUDIENCE);

test.each<[string, Record<string, string>, number, string]>([
  ['another grant type', { grant_type: 'password' }, 400, 'unsupported_grant_type'],
  ['another type of token', { subject_token_type: 'x' }, 400, 'invalid_request'],
  ['another policy', { federation_policy_id: crypto.randomUUID() }, 400, 'invalid_grant'],
  ['another signature', { subject_token: FOREIGN }, 400, 'invalid_grant'],
  ['another scope', { scope: 'inference' }, 400, 'invalid_scope'],
  ['a token of more than 16 KiB', { subject_token: 'x'.repeat(16_385) }, 400, 'invalid_request'],
])('an exchange with %s is rejected', (_, changes, status, error) => {
  const rejected = open().exchange(changes);
  expect([rejected.status, rejected.data['error']]).toEqual([status, error]);
});

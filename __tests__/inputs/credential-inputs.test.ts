import { describe, expect, test } from '@jest/globals';
import { readDeleteInputs } from '../../src/actions/delete/inputs.ts';
import { readClaims } from '../../src/github/id-token.ts';
import { readCredential } from '../../src/inputs/read-inputs.ts';
import { ACTIONS } from '../support/actions.ts';
import { readWith, rejectionOf } from '../support/inputs.ts';

const POLICY = '0f1e2d3c-4b5a-4968-8776-655443322110';
const URL = 'https://oidc.test/1//idtoken?api-version=2.0';
const ENV = {
  GITHUB_EVENT_NAME: 'push',
  ACTIONS_ID_TOKEN_REQUEST_URL: URL,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'request-token',
};
const FEDERATED = { 'management-key': '', 'federation-policy-id': POLICY };
const NO_PERMISSION =
  'federation-policy-id needs the permission id-token: write, which this job does not have';

const read = (texts: Record<string, string>) => readWith(readCredential, texts, ENV);
const reject = (texts: Record<string, string>, env: Record<string, string> = ENV) =>
  rejectionOf(readDeleteInputs, { workspace: 'x', ...texts }, env);

test('a step without a management key exchanges its identity', () => {
  const issuer = { url: URL, token: 'request-token' };
  expect(read(FEDERATED)).toEqual({
    federation: { policyId: POLICY, audience: 'https://openrouter.ai', issuer },
  });
  const audience = 'https://openrouter.ai/api/v1';
  expect(read({ ...FEDERATED, 'federation-audience': audience })).toMatchObject({
    federation: { audience },
  });
});

test.each(ACTIONS)('an action in "$folder" needs exactly one credential', ({ read: readAll }) => {
  const credential = /^(management-key|federation-)/;
  const problemsOf = (texts: Record<string, string>) =>
    rejectionOf(readAll, { timeout: 'x', ...texts }, ENV).filter((line) => credential.test(line));
  expect(problemsOf({ 'management-key': '' })).toEqual([
    expect.stringMatching(
      /^management-key is required, and is empty: .*\. federation-policy-id is empty too: /,
    ),
  ]);
  expect(problemsOf({ 'federation-policy-id': POLICY })).toEqual([
    'management-key must not be used with federation-policy-id',
  ]);
  expect(problemsOf({})).toEqual([]);
  expect(problemsOf(FEDERATED)).toEqual([]);
});

describe('a federation policy is rejected', () => {
  test('if it is not a UUID', () => {
    expect(reject({ ...FEDERATED, 'federation-policy-id': 'production' })).toEqual([
      'federation-policy-id must be the id of a federation policy, a UUID; given: "production"',
    ]);
  });

  test.each([
    ['URL', { ACTIONS_ID_TOKEN_REQUEST_URL: '' }],
    ['token', { ACTIONS_ID_TOKEN_REQUEST_TOKEN: '' }],
  ])('if the job has no %s for id tokens', (_, missing) => {
    expect(reject(FEDERATED, { ...ENV, ...missing })).toEqual([
      `${NO_PERMISSION}: add it to the permissions of the job, and of the job that calls a reusable workflow`,
    ]);
  });

  test('if the run may be for a fork, with what a fork can do', () => {
    expect(reject(FEDERATED, { GITHUB_EVENT_NAME: 'pull_request' })).toEqual([
      `${NO_PERMISSION}: on pull_request, runs for forks never have it. If this is not a fork, add it to the permissions of the job`,
    ]);
  });

  test.each(['http://oidc.test/token', 'nowhere'])('if id tokens come from %s', (url) => {
    expect(reject(FEDERATED, { ...ENV, ACTIONS_ID_TOKEN_REQUEST_URL: url })).toEqual([
      'ACTIONS_ID_TOKEN_REQUEST_URL (environment variable) must be a URL that begins with https, because a token is sent there',
    ]);
  });
});

describe('the claims of an id token', () => {
  const encode = (payload: string) => `e30.${Buffer.from(payload).toString('base64url')}.c2ln`;
  const NONE = { sub: null, aud: null, iss: null };

  test('are the texts that a policy can name', () => {
    const claims = { iss: 'i', aud: ['a'], sub: 'é', jti: 'x' };
    expect(readClaims(encode(JSON.stringify(claims)))).toEqual({ sub: 'é', aud: null, iss: 'i' });
  });

  test.each(['', 'opaque', 'a.b.c', encode('"text"'), encode('[1]'), encode('{"sub')])(
    'are unknown if the token is %j',
    (token) => expect(readClaims(token)).toEqual(NONE),
  );
});

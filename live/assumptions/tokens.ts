import { randomUUID } from 'node:crypto';
import { parseJson } from '../../src/lib/json.ts';
import { tokenRequest } from '../../src/openrouter/resources/tokens.ts';
import { type Assumption, finding, notObservable } from '../assumption.ts';
import { DOCS } from '../docs.ts';
import { describe, type Exchange, fieldOf, isResource } from '../exchange.ts';
import { type Scene, sharedWorkspace } from '../scene.ts';

/** An id token as no issuer signs it. */
const UNSIGNED = [
  '{"alg":"RS256"}',
  '{"iss":"https://token.actions.githubusercontent.com"}',
  'none',
]
  .map((part) => Buffer.from(part).toString('base64url'))
  .join('.');

function exchange(
  { send }: Scene,
  identity: { policyId: string; idToken: string },
): Promise<Exchange> {
  const { path, body } = tokenRequest(identity, () => undefined);
  return send('POST', path, { key: null, ...(body && { body }) });
}

/** The longest life of a token, in seconds. */
const MAX_LIFETIME = 900;

const REQUEST = { file: 'src/openrouter/resources/tokens.ts', name: 'tokenRequest' };

/** How the identity of a job is exchanged. */
export const TOKENS: readonly Assumption[] = [
  {
    id: 'token-exchange',
    sentence:
      'An id token is exchanged for a token that works as a management key, for 15 minutes at most.',
    documented: DOCS.exchangeToken,
    reliedOnBy: REQUEST,
    isCritical: true,
    async probe(scene) {
      if (!scene.federation) return notObservable('only with a federation policy');
      const { policyId, idToken } = scene.federation;
      const exchanged = await exchange(scene, { policyId, idToken: await idToken() });
      const { status } = exchanged;
      if (status !== 200) return finding(describe(exchanged), { agrees: false });
      const [token, lifetime] = ['access_token', 'expires_in'].map((name) =>
        fieldOf(exchanged, name),
      );
      const { id } = await sharedWorkspace(scene);
      const read = await scene.send('GET', `/workspaces/${id}`, { key: String(token) });
      // Without it, a token is renewed as if it lived two minutes.
      const isShort =
        lifetime === undefined ||
        (typeof lifetime === 'number' && lifetime > 0 && lifetime <= MAX_LIFETIME);
      const observed = `expires in ${lifetime ?? 'an unknown number of'} s; a request with it: ${describe(read)}`;
      return finding(observed, { agrees: read.status === 200 && isShort });
    },
  },
  {
    id: 'token-rejection',
    sentence:
      'An id token that no policy accepts is rejected with 400, and invalid_grant in error.',
    documented: DOCS.exchangeToken,
    reliedOnBy: { file: 'src/report/describe-api-error.ts', name: 'CODES_BY_ERROR' },
    isCritical: false,
    async probe(scene) {
      const rejected = await exchange(scene, { policyId: randomUUID(), idToken: UNSIGNED });
      const json = parseJson(rejected.body);
      const code = isResource(json) ? json['error'] : undefined;
      const agrees = rejected.status === 400 && code === 'invalid_grant';
      return finding(describe(rejected), { agrees });
    },
  },
  {
    id: 'unknown-token',
    sentence: 'A token that is not valid is rejected with 401.',
    documented: DOCS.exchangeToken,
    reliedOnBy: { file: 'src/http/send.ts', name: 'sendAuthenticated' },
    isCritical: false,
    async probe(scene) {
      const { id } = await sharedWorkspace(scene);
      const response = await scene.send('GET', `/workspaces/${id}`, { key: UNSIGNED });
      return finding(describe(response), { agrees: response.status === 401 });
    },
  },
];

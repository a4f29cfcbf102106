import * as z from 'zod/mini';
import type { ApiRequest } from '../http/request.ts';
import { retryAfter } from '../http/response.ts';
import type { Server } from '../http/server.ts';
import { bearerToken, tokensIn } from '../http/token.ts';
import { parseJson } from '../lib/json.ts';

/** What issues the id tokens of a job, as the runner's variables have it. */
export interface IdTokenIssuer {
  /** `ACTIONS_ID_TOKEN_REQUEST_URL`, which has a query. */
  url: string;
  /** `ACTIONS_ID_TOKEN_REQUEST_TOKEN` */
  token: string;
}

/**
 * What issues id tokens for jobs with `id-token: write`
 * (https://docs.github.com/actions/reference/security/oidc). Not with `getIDToken` of `@actions/core`,
 * whose requests neither a timeout nor a cancellation ends.
 */
export function idTokenServer({ url, token }: IdTokenIssuer): Server {
  return {
    name: 'GitHub OIDC',
    apiUrl: new URL(url).origin,
    headers: { accept: 'application/json', authorization: `Bearer ${token}` },
    throttlingStatuses: [503],
    retryAfterMs: retryAfter,
    requestIdHeader: 'x-github-request-id',
  };
}

const idToken = () => z.object({ value: bearerToken });

/**
 * The request for an id token.
 * @param registerSecrets called with the token before it is used or logged
 */
export function idTokenRequest(
  { url }: IdTokenIssuer,
  audience: string,
  registerSecrets: (secrets: readonly string[]) => void,
): ApiRequest<z.infer<ReturnType<typeof idToken>>> {
  const { pathname, searchParams } = new URL(url);
  searchParams.append('audience', audience);
  return {
    operation: 'get an id token for this job',
    method: 'GET',
    path: `${pathname}?${searchParams}`,
    schema: idToken(),
    onBody: (body) => registerSecrets(tokensIn(body, 'value')),
  };
}

const CLAIMS = ['sub', 'aud', 'iss'];

/** What an id token says about its job, unverified, for a message; null for what is missing or is no text. */
export function readClaims(token: string): Record<string, string | null> {
  const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  const { data = {} } = z.safeParse(z.looseObject({}), parseJson(payload));
  const textOf = (value: unknown) => (typeof value === 'string' ? value : null);
  return Object.fromEntries(CLAIMS.map((name) => [name, textOf(data[name])]));
}

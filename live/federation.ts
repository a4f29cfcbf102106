import { type IdTokenIssuer, idTokenRequest, idTokenServer } from '../src/github/id-token.ts';
import { tokensIn } from '../src/http/token.ts';
import type { HttpRequest, HttpResponse } from '../src/http/transport.ts';
import { ProbeError } from './exchange.ts';

/** A federation policy of the account, and the id tokens that it accepts. */
export interface LiveFederation {
  policyId: string;
  /** @throws {ProbeError} */
  idToken(): Promise<string>;
}

const AUDIENCE = 'https://openrouter.ai';

/** The federation of the job that this runs in, whose id tokens are from `issuer`. */
export function federationOf(
  policyId: string,
  issuer: IdTokenIssuer,
  transport: (request: HttpRequest) => Promise<HttpResponse>,
): LiveFederation {
  return {
    policyId,
    async idToken() {
      const { apiUrl, headers } = idTokenServer(issuer);
      const { method, path } = idTokenRequest(issuer, AUDIENCE, () => undefined);
      const { status, body } = await transport({
        method,
        url: apiUrl + path,
        headers: { ...headers },
      });
      const [token] = tokensIn(body, 'value');
      if (token === undefined) throw new ProbeError(`no id token: HTTP ${status}`);
      return token;
    },
  };
}

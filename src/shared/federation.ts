import { type IdTokenIssuer, idTokenRequest, readClaims } from '../github/id-token.ts';
import type { Client } from '../http/client.ts';
import { type Grant, renewalTime } from '../http/credential.ts';
import { ApiError, type CredentialFailure } from '../http/request.ts';
import { catching } from '../lib/catching.ts';
import { tokenRequest } from '../openrouter/resources/tokens.ts';

/** Whose identity is exchanged, and by which policy. */
export interface Federation {
  /** The id of a federation policy at OpenRouter, which is not secret. */
  policyId: string;
  /** The audience that the policy names. */
  audience: string;
  issuer: IdTokenIssuer;
}

export interface FederationContext {
  /** A client of the issuer. */
  issuer: Client;
  /** A client of OpenRouter that authenticates nothing. */
  client: Client;
  registerSecrets(secrets: readonly string[]): void;
}

/** How long an id token can be exchanged, in milliseconds. GitHub's lives five minutes. */
const EXCHANGE_WITHIN_MS = 240_000;

/** How long a token is assumed to live if its response does not say it, in seconds. */
const ASSUMED_LIFETIME = 120;

/**
 * Exchanges the identity of this job for a grant. Returns the failure of a request, if it fails. For a
 * renewal, HTTP 403 is retried: OpenRouter has accepted the same identity before.
 */
export async function obtainGrant(
  { policyId, audience, issuer }: Federation,
  context: FederationContext,
  { isRenewal }: { isRenewal: boolean },
): Promise<Grant | CredentialFailure> {
  const { registerSecrets } = context;
  const request = idTokenRequest(issuer, audience, registerSecrets);
  const issued = await catching(context.issuer.request(request), ApiError);
  if (issued.error) return issued.error.details;
  const idToken = issued.value.data.value;
  const client = context.client.withTimeout(EXCHANGE_WITHIN_MS);
  const exchange = tokenRequest({ policyId, idToken }, registerSecrets);
  const sent = client.request({ ...exchange, retries403: isRenewal });
  const { value, error } = await catching(sent, ApiError);
  if (error) return { ...error.details, claims: readClaims(idToken) };
  const { data, headersAt } = value;
  const lifetimeMs = (data.expires_in ?? ASSUMED_LIFETIME) * 1000;
  return {
    authorization: `Bearer ${data.access_token}`,
    renewAt: renewalTime(headersAt, lifetimeMs),
    expiresAt: headersAt + lifetimeMs,
  };
}

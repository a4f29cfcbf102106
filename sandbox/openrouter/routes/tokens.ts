import { verify } from 'node:crypto';
import * as z from 'zod';
import { type ApiResponse, type Call, ok, type Routes } from '../../http/routing.ts';
import type { Account } from '../account.ts';
import type { FederationPolicy } from '../resources/federation.ts';

export const tokenRoutes: Routes<Account> = {
  'POST /oauth/token': exchange,
};

/** The longest body, and the longest token in it, in bytes. */
const MAX_BODY = 32 * 1024;
const MAX_TOKEN = 16 * 1024;

/** How long a token lives, in seconds; never longer than the id token. */
const LIFETIME = 900;

const exchangeRequest = z.object({
  grant_type: z.string(),
  subject_token_type: z.literal('urn:ietf:params:oauth:token-type:jwt'),
  subject_token: z.string().max(MAX_TOKEN),
  federation_policy_id: z.guid(),
  scope: z.enum(['inference', 'management']).optional(),
});

function exchange(account: Account, { body }: Call): ApiResponse {
  if (body.length >= MAX_BODY) return rejection('invalid_request', 'Body too large', 413);
  const { data } = exchangeRequest.safeParse(Object.fromEntries(new URLSearchParams(body)));
  if (!data) return rejection('invalid_request', 'Malformed token exchange request');
  if (data.grant_type !== 'urn:ietf:params:oauth:grant-type:token-exchange') {
    return rejection('unsupported_grant_type', 'Only token exchange is supported');
  }
  const claims = readClaims(account, data.subject_token);
  const policy = account.federationPolicies.find(({ id }) => id === data.federation_policy_id);
  if (!claims || !policy || !accepts(policy, claims)) {
    return rejection('invalid_grant', 'The subject token does not match the federation policy');
  }
  if (data.scope && data.scope !== policy.scope) {
    return rejection('invalid_scope', 'The policy does not act as a key for this scope');
  }
  const now = account.now().getTime();
  const expires_in = Math.min(LIFETIME, Math.floor(claims.exp - now / 1000));
  const access_token = `eyJhbGciOiJFZERTQSJ9.${account.random(60).toString('base64url')}.${account.random(64).toString('base64url')}`;
  account.accessTokens.push({
    access_token,
    scope: policy.scope,
    expiresAt: now + expires_in * 1000,
  });
  const issued_token_type = 'urn:ietf:params:oauth:token-type:access_token';
  return ok({
    access_token,
    issued_token_type,
    token_type: 'Bearer',
    expires_in,
    scope: policy.scope,
  });
}

const claimsSchema = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.string(),
  exp: z.number(),
});

type Claims = z.infer<typeof claimsSchema>;

/** The claims of a token that a known issuer has signed and that has not expired. */
function readClaims({ issuers, now }: Account, token: string): Claims | undefined {
  const [header, payload = '', signature = ''] = token.split('.');
  const parsed = claimsSchema.safeParse(parseJson(Buffer.from(payload, 'base64url').toString()));
  const issuer = issuers.find(({ issuer: name }) => name === parsed.data?.iss);
  if (!parsed.data || !issuer || parsed.data.exp * 1000 <= now().getTime()) return undefined;
  const content = Buffer.from(`${header}.${payload}`);
  const isSigned = verify(null, content, issuer.publicKey, Buffer.from(signature, 'base64url'));
  return isSigned ? parsed.data : undefined;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function accepts(policy: FederationPolicy, { iss, sub, aud }: Claims): boolean {
  return policy.issuer === iss && policy.subject === sub && policy.audience === aud;
}

/** A rejection as RFC 6749 has it, unlike those of all other routes. */
function rejection(error: string, error_description: string, status = 400): ApiResponse {
  return { status, body: { error, error_description } };
}

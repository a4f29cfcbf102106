import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import {
  type Api,
  type ApiResponse,
  type Call,
  callOf,
  match,
  ok,
  type Routes,
} from '../http/routing.ts';
import { type ApiServer, type ServerOptions, serve } from '../http/server.ts';

/** What issues the id tokens of a job, as GitHub does for `id-token: write`. */
export interface IdTokens extends Api {
  /** The claim `iss`. */
  issuer: string;
  /** Verifies the signatures of its tokens. */
  publicKey: KeyObject;
  /** What the job authenticates its requests with. */
  requestToken: string;
  /** The claim `sub` from now on. */
  subject: string;
  /** All tokens so far. */
  issued: string[];
  now(): Date;
  issue(audience: string): string;
}

/** How long an id token of GitHub lives, in seconds. */
const LIFETIME = 300;

const ROUTES: Routes<IdTokens> = {
  // The path has an empty part, as that of GitHub.
  'GET /17//idtoken': (idTokens, { query }: Call) =>
    query.get('api-version') === '2.0'
      ? ok({ value: idTokens.issue(query.get('audience') ?? 'https://github.com/octo-org') })
      : failure(400),
};

/** The path and the query of the URL that a job gets. */
export const REQUEST_PATH = '/17//idtoken?api-version=2.0';

/** An issuer with a key of its own. */
export function openIdTokens({ now = () => new Date() }: { now?(): Date } = {}): IdTokens {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const requestToken = randomBytes(32).toString('base64url');
  return {
    issuer: 'https://token.actions.githubusercontent.com',
    publicKey,
    requestToken,
    subject: 'repo:octo-org@123456/app@456789:environment:openrouter-preview',
    issued: [],
    now,
    callOf: (method, path) => callOf(ROUTES, method, path),
    headers: () => ({ date: now().toUTCString() }),
    handle({ method, path, authorization, body }) {
      const found = match(ROUTES, method, path);
      if (authorization !== `Bearer ${requestToken}` || !found) {
        return failure(found ? 401 : 404);
      }
      const { searchParams: query } = new URL(path, 'http://sandbox');
      return found.route(this, { params: [], query, body, authorization });
    },
    issue(audience) {
      const token = signed(claimsOf(this, audience), privateKey);
      this.issued.push(token);
      return token;
    },
  };
}

function failure(status: number): ApiResponse {
  return { status, body: { message: 'No id token' } };
}

function claimsOf({ issuer, subject, now }: IdTokens, audience: string): object {
  const seconds = Math.floor(now().getTime() / 1000);
  return { iss: issuer, sub: subject, aud: audience, iat: seconds, exp: seconds + LIFETIME };
}

function signed(claims: object, key: KeyObject): string {
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const content = `${encode({ typ: 'JWT', alg: 'EdDSA' })}.${encode(claims)}`;
  return `${content}.${sign(null, Buffer.from(content), key).toString('base64url')}`;
}

/** An issuer of id tokens that listens on loopback. */
export interface IdTokenServer extends ApiServer {
  idTokens: IdTokens;
  /** The variables that a runner sets for a job with `id-token: write`. */
  env: Record<string, string>;
}

/** Starts an issuer of id tokens. It is listening when the promise resolves. */
export async function startIdTokens(options: ServerOptions = {}): Promise<IdTokenServer> {
  const idTokens = openIdTokens();
  const server = await serve(idTokens, { ...options, basePath: '' });
  const env = {
    ACTIONS_ID_TOKEN_REQUEST_URL: server.url + REQUEST_PATH,
    ACTIONS_ID_TOKEN_REQUEST_TOKEN: idTokens.requestToken,
  };
  return { ...server, idTokens, env };
}

import { once } from 'node:events';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { types } from 'node:util';
import { getProxyUrl } from '@actions/http-client';
import { systemClock } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import type { FailureClass, Method } from './retry-policy.ts';

export interface HttpRequest {
  method: Method;
  url: string;
  headers: Record<string, string>;
  body?: string;
  /** The maximum size of the body of the response. */
  maxBytes?: number;
  /** Called when the server may receive the request. */
  onSent?(): void;
}

export interface HttpResponse {
  status: number;
  /** By lower-case name. */
  headers: Readonly<Record<string, string | string[] | undefined>>;
  body: string;
  /** How long the body took to arrive after the headers, in milliseconds; 0 if absent. */
  bodyMs?: number;
}

/**
 * Sends `request` once, and resolves with the complete response, whatever its status.
 * @throws {TransportError} if no complete response arrives, or if `signal` aborts
 */
export type Transport = (request: HttpRequest, signal: AbortSignal) => Promise<HttpResponse>;

/** No complete response arrived. The message is the reason. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** Whether the server may have received the request. */
  readonly isSent: boolean;
  readonly kind: FailureClass;

  /** @param isPermanent whether a retry would fail in the same way */
  constructor(
    reason: string,
    {
      isSent,
      isPermanent = false,
      cause,
    }: { isSent: boolean; isPermanent?: boolean; cause?: unknown },
  ) {
    super(reason, { cause });
    this.isSent = isSent;
    if (isSent) this.kind = isPermanent ? 'unexpected' : 'ambiguous';
    else this.kind = isPermanent ? 'prevented' : 'unsent';
  }
}

/**
 * The maximum size of a response body, unless the request has another. A page of the longest workspaces, in UTF-8,
 * is smaller.
 */
export const MAX_BODY_BYTES = 512 * 1024;

/**
 * Creates a transport that supports the runner's proxy variables. It follows no redirects and retries
 * nothing. It keeps connections alive, except through a proxy.
 */
export function httpTransport(userAgent: string): Transport {
  const agents = {
    'http:': new http.Agent({ keepAlive: true }),
    'https:': new https.Agent({ keepAlive: true, rejectUnauthorized }),
  };
  return async (request, signal) => {
    let isSent = false;
    try {
      signal.throwIfAborted();
      const target = new URL(request.url);
      const proxy = getProxyUrl(request.url);
      // HTTP is for loopback hosts only, which bypass the proxy.
      const agent = proxy
        ? new https.Agent({ rejectUnauthorized, socket: await openTunnel(proxy, target, signal) })
        : agents[target.protocol as keyof typeof agents];
      const sending = openRequest(request, { userAgent, agent, signal });
      onReady(sending, () => {
        isSent = true;
        request.onSent?.();
      });
      return await readResponse(await responseTo(sending, request), request);
    } catch (error) {
      const { reason, isPermanent } = diagnose(signal.aborted ? signal.reason : error, isSent);
      const note = proxyNote(request.url);
      throw new TransportError(reason + note, { isSent, isPermanent, cause: error });
    }
  };
}

/** NODE_TLS_REJECT_UNAUTHORIZED must not apply: a key, or a password, goes over these connections. */
const rejectUnauthorized = true;

interface OpenOptions {
  userAgent: string;
  agent: http.Agent;
  signal: AbortSignal;
}

/** Opens a connection for `request`, which is still to be ended. */
function openRequest(
  { method, url, headers, body = '' }: HttpRequest,
  { userAgent, agent, signal }: OpenOptions,
): http.ClientRequest {
  return clientFor(url).request(url, {
    method,
    headers: {
      ...headers,
      'user-agent': userAgent,
      // Node sends none for a DELETE, not even for one with a body.
      'content-length': Buffer.byteLength(body),
    },
    agent,
    signal,
  });
}

function clientFor(url: string): typeof http | typeof https {
  return url.startsWith('https:') ? https : http;
}

/**
 * Opens a connection to `target` through a proxy.
 * @throws {TransportError} if the proxy refuses
 */
async function openTunnel(proxy: string, target: URL, signal: AbortSignal): Promise<Socket> {
  const { hostname, port, username, password } = new URL(proxy);
  // An IPv6 address is in brackets in a URL only.
  const host = hostname.replace(/^\[|\]$/g, '');
  const path = `${target.hostname}:${target.port || 443}`;
  const credentials = [username, password].map(decodeURIComponent).join(':');
  const hasCredentials = credentials !== ':';
  const authorization = `Basic ${Buffer.from(credentials).toString('base64')}`;
  const headers = { host: path, ...(hasCredentials && { 'proxy-authorization': authorization }) };
  const options = {
    method: 'CONNECT',
    host,
    port,
    path,
    headers,
    agent: false,
    signal,
    rejectUnauthorized,
    // By default, Node.js takes it from the header `Host`, which names the target.
    servername: isIP(host) ? '' : host,
  };
  const [{ statusCode }, socket] = await once(clientFor(proxy).request(options).end(), 'connect');
  if (statusCode >= 200 && statusCode < 300) return socket;
  socket.destroy();
  throw refusal(statusCode, { hasCredentials });
}

/** The error for a proxy that refuses a connection. */
function refusal(status: number, { hasCredentials }: { hasCredentials: boolean }): TransportError {
  if (status !== 407) {
    const reason = `the proxy refused the connection: HTTP ${status}`;
    return new TransportError(reason, { isSent: false });
  }
  const reason = hasCredentials
    ? 'the proxy rejected the user and the password'
    : 'the proxy requires a user and a password';
  return new TransportError(reason, { isSent: false, isPermanent: true });
}

/** Calls `callback` when the connection of `request` is ready. Nothing is sent before. */
function onReady(request: http.ClientRequest, callback: () => void): void {
  request.once('socket', (socket) => {
    const isTls = socket instanceof TLSSocket;
    if (request.reusedSocket || !(isTls || socket.connecting)) callback();
    else socket.once(isTls ? 'secureConnect' : 'connect', callback);
  });
}

/** Sends `sending`, and resolves with the response when its headers have arrived. */
function responseTo(
  sending: http.ClientRequest,
  { body }: HttpRequest,
): Promise<http.IncomingMessage> {
  return new Promise((resolve, reject) => {
    sending.on('response', resolve).on('error', reject).end(body);
  });
}

/** Reads a response to its end. */
async function readResponse(
  message: http.IncomingMessage,
  { maxBytes = MAX_BODY_BYTES }: HttpRequest,
): Promise<HttpResponse> {
  const start = systemClock.now();
  const status = message.statusCode ?? 0;
  let body = '';
  let size = 0;
  try {
    for await (const chunk of message.setEncoding('utf8') as AsyncIterable<string>) {
      size += Buffer.byteLength(chunk);
      if (size > maxBytes) throw new Error(`the response is larger than ${maxBytes / 1024} KiB`);
      body += chunk;
    }
  } catch (error) {
    // The status of an error response is enough, even without its whole body. The exception is 404,
    // which can be an expected response: only its body shows whether it comes from the API.
    if (status < 400 || status === 404) throw error;
    // A part of a body can end in the middle of a secret, which would not be redacted.
    if (parseJson(body) === undefined) body = '';
  }
  return { status, headers: message.headers, body, bodyMs: systemClock.now() - start };
}

/** Node's error codes for failures that a retry may overcome. */
const TRANSIENT_REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before the response was complete',
  EAI_AGAIN: 'the host name could not be resolved',
  ENOTFOUND: 'the host name does not exist',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'the connection timed out',
  EPIPE: 'the connection was closed while the request was being sent',
};

/**
 * Node's error codes for failures that stay until someone fixes the cause. Those of certificates:
 * https://nodejs.org/api/tls.html#x509-certificate-error-codes
 */
const PERMANENT_REASONS: readonly (readonly [codes: RegExp, reason?: string])[] = [
  [
    /^EPROTO$/,
    'the TLS handshake failed: the server uses no TLS, or a version that is not supported here',
  ],
  [
    /SELF_SIGNED|^UNABLE_TO/,
    'the certificate is issued by an authority that is not trusted here; the variable NODE_EXTRA_CA_CERTS can name a file with its certificate',
  ],
  [/ALTNAME/, 'the certificate is for another host'],
  [/CERT(_|$)|^(HOSTNAME|INVALID|PATH|UNSPECIFIED)/],
];

interface Diagnosis {
  reason: string;
  isPermanent: boolean;
}

function diagnose(error: unknown, isSent: boolean): Diagnosis {
  if (!types.isNativeError(error)) return { reason: String(error), isPermanent: false };
  const { message } = error;
  if (error instanceof TransportError) {
    return { reason: message, isPermanent: error.kind === 'prevented' };
  }
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const permanent = PERMANENT_REASONS.find(([codes]) => codes.test(code));
  const reason =
    code === 'ECONNRESET' && !isSent
      ? 'the connection was closed before it was established'
      : (permanent?.[1] ?? TRANSIENT_REASONS[code] ?? message);
  return { reason: code ? `${reason} (${code})` : reason, isPermanent: permanent !== undefined };
}

function proxyNote(url: string): string {
  const proxy = getProxyUrl(url);
  return proxy ? `, through the proxy ${new URL(proxy).host}` : '';
}

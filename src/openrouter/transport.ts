import type { ClientRequest, IncomingMessage, RequestOptions } from 'node:http';
import type { Agent } from 'node:https';
import { TLSSocket } from 'node:tls';
import { urlToHttpOptions } from 'node:url';
import { getProxyUrl, HttpClient } from '@actions/http-client';
import { systemClock } from '../lib/clock.ts';
import type { FailureClass } from './failure-class.ts';
import type { HttpResponse, Transport } from './http.ts';

/** There is no complete response; the message says why. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  /** Whether the server may have received the request. */
  readonly isSent: boolean;
  readonly kind: FailureClass;

  /** @param isPermanent whether the outcome would be the same later. */
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
    this.kind = isSent
      ? isPermanent
        ? 'unexpected'
        : 'ambiguous'
      : isPermanent
        ? 'unsendable'
        : 'unsent';
  }
}

/** The longest answer that is read, in bytes. A list page of 100 workspaces is a tenth of it. */
const MAX_BODY_BYTES = 1024 * 1024;

/**
 * The network, through `@actions/http-client`, which knows the runner's proxy variables. Follows
 * no redirect and repeats nothing. Connections are used again, but for those through a proxy.
 */
export function httpTransport(userAgent: string): Transport {
  const connections = new HttpClient(userAgent, [], { keepAlive: true });
  return async ({ method, url, headers, body }, signal) => {
    const client = new ObservedClient(userAgent, { signal, connections });
    const settled = new AbortController();
    // A request that waits for its proxy has no socket yet, and Node then reports no abort of it.
    const aborted = new Promise<never>((_, reject) => {
      const onAbort = () => {
        // An error that has begun to come ends with the request, and its status is told.
        if (client.status < 400) reject(signal.reason);
      };
      signal.addEventListener('abort', onAbort, { signal: settled.signal });
    });
    try {
      signal.throwIfAborted();
      return await Promise.race([
        client.request(method, url, body ?? '', headers).then(({ message }) => {
          client.status = message.statusCode ?? 0;
          return readAnswer(message);
        }),
        aborted,
      ]);
    } catch (error) {
      const { reason, permanent } = describe(signal.aborted ? signal.reason : error, client.sent);
      throw new TransportError(reason + throughProxy(url), {
        isSent: client.sent,
        isPermanent: permanent,
        cause: error,
      });
    } finally {
      // Node keeps a combined signal for as long as somebody listens to it.
      settled.abort();
    }
  };
}

/**
 * An `HttpClient` for one request, which can be aborted, and of which is known whether the
 * request can have left this machine: a connection that was never ready has carried nothing.
 */
class ObservedClient extends HttpClient {
  sent = false;
  /** Of the answer, once it begins to come; 0 until then. */
  status = 0;
  readonly #signal: AbortSignal;
  readonly #connections: HttpClient;

  constructor(
    userAgent: string,
    { signal, connections }: { signal: AbortSignal; connections: HttpClient },
  ) {
    super(userAgent, [], { allowRedirects: false, allowRetries: false });
    this.#signal = signal;
    this.#connections = connections;
  }

  override requestRaw(info: RequestInfo, data: Parameters<HttpClient['requestRaw']>[1]) {
    const request = (options: RequestOptions, onAnswer: (answer: IncomingMessage) => void) => {
      const sending = info.httpModule.request({ ...options, signal: this.#signal }, onAnswer);
      this.#watch(sending);
      return sending;
    };
    // Inherits and does not copy: to read `http.WebSocket`, say, makes Node load all of its fetch.
    const httpModule = Object.create(info.httpModule, { request: { value: request } });
    const { parsedUrl } = info;
    const isProxied = getProxyUrl(parsedUrl.href) !== '';
    const agent = (
      isProxied ? info.options.agent : this.#connections.getAgent(parsedUrl.href)
    ) as Agent;
    // Whatever NODE_TLS_REJECT_UNAUTHORIZED has all else in a job do: this is where the key goes.
    agent.options.rejectUnauthorized = true;
    const options = { ...info.options, agent };
    // http-client gives it in the brackets of an IPv6 address: a proxy wants them, Node does not.
    if (!isProxied) options.host = urlToHttpOptions(parsedUrl).hostname;
    return super.requestRaw({ ...info, httpModule, options }, data);
  }

  #watch(sending: ClientRequest): void {
    const isReady = () => {
      this.sent = true;
    };
    sending.once('socket', (socket) => {
      const isTls = socket instanceof TLSSocket;
      if (sending.reusedSocket || !(isTls || socket.connecting)) isReady();
      else socket.once(isTls ? 'secureConnect' : 'connect', isReady);
    });
  }
}

type RequestInfo = Parameters<HttpClient['requestRaw']>[0];

/**
 * Not `HttpClientResponse.readBody`: that one never settles when a body is cut off, where this
 * iteration throws; it has no bound, and copies all it has with each chunk.
 */
async function readAnswer(message: IncomingMessage): Promise<HttpResponse> {
  const start = systemClock.now();
  const status = message.statusCode ?? 0;
  const chunks: Buffer[] = [];
  let size = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      size += chunk.length;
      if (size > MAX_BODY_BYTES) throw new Error('the answer is longer than 1 MiB');
      chunks.push(chunk);
    }
  } catch (error) {
    // The status of an error says what matters, however much of its body has come; but 404 can be
    // an answer, and whose it is shows in its body.
    if (status < 400 || status === 404) throw error;
  }
  return {
    status,
    headers: message.headers,
    body: new TextDecoder().decode(Buffer.concat(chunks)),
    bodyMs: systemClock.now() - start,
  };
}

const UNKNOWN_AUTHORITY =
  'the certificate comes from an authority that is not trusted here; the environment variable NODE_EXTRA_CA_CERTS can name a file with it';

/** Node's error codes for what passes, in words. */
const PASSING: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused',
  ECONNRESET: 'the connection was closed before the answer was complete',
  EAI_AGAIN: 'the name of the host could not be looked up',
  ENOTFOUND: 'there is no host of that name',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  ETIMEDOUT: 'the connection could not be made in time',
  EPIPE: 'the connection was closed while the request was being sent',
};

/** Node's error codes for what stays until somebody mends it, in words. */
const PERMANENT: Readonly<Record<string, string>> = {
  EPROTO: 'the other side does not speak TLS',
  DEPTH_ZERO_SELF_SIGNED_CERT: UNKNOWN_AUTHORITY,
  SELF_SIGNED_CERT_IN_CHAIN: UNKNOWN_AUTHORITY,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: UNKNOWN_AUTHORITY,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: UNKNOWN_AUTHORITY,
  CERT_HAS_EXPIRED: 'the certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'the certificate belongs to another host',
};

interface Description {
  reason: string;
  permanent: boolean;
}

function describe(error: unknown, sent: boolean): Description {
  if (!(error instanceof Error)) return { reason: String(error), permanent: false };
  const { message } = error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  // The package that makes tunnels reports all that goes wrong with one under this code.
  if (code === 'ECONNRESET' && !sent) return describeUnready(message);
  const permanent = code in PERMANENT;
  const reason = PERMANENT[code] ?? PASSING[code] ?? message;
  return { reason: code ? `${reason} (${code})` : reason, permanent };
}

function describeUnready(message: string): Description {
  if (message.endsWith('statusCode=407')) {
    return { reason: 'the proxy asks for a user and a password', permanent: true };
  }
  const reason = message.startsWith('tunneling')
    ? message
    : 'the connection was closed before it was ready';
  return { reason: `${reason} (ECONNRESET)`, permanent: false };
}

function throughProxy(url: string): string {
  const proxy = getProxyUrl(url);
  return proxy ? `, through the proxy ${new URL(proxy).host}` : '';
}

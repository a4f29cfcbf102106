import { retryAfter } from '../src/http/response.ts';
import type { Method } from '../src/http/retry-policy.ts';
import type { HttpRequest, HttpResponse } from '../src/http/transport.ts';
import { TransportError } from '../src/http/transport.ts';
import { type Clock, sleep } from '../src/lib/clock.ts';
import { type Exchange, ProbeError } from './exchange.ts';

/** What a run needs from outside. */
export interface Context {
  /** Without a trailing slash. */
  apiUrl: string;
  managementKey: string;
  /** Sends a request once, and ends within a reasonable time. @throws {TransportError} */
  transport(request: HttpRequest): Promise<HttpResponse>;
  clock: Clock;
  /** As many bytes as requested, which the slugs of the run are made of. */
  random(size: number): Buffer;
  /** Aborts when the run is to stop; what it has created is deleted anyway. */
  signal: AbortSignal;
  /** Whether the run may spend money. */
  spend: boolean;
  /** Shows one line of progress. */
  log(line: string): void;
}

export interface RequestOptions {
  /** Sent as JSON. */
  body?: object;
  /** Instead of the management key; null for none. */
  key?: string | null;
}

/** Sends a request. @throws {ProbeError} if no complete response arrives */
export type Send = (method: Method, path: string, options?: RequestOptions) => Promise<Exchange>;

/** How often a request is sent that OpenRouter throttles. Throttling means that it was not applied. */
const MAX_ATTEMPTS = 5;
const DEFAULT_WAIT_MS = 2_000;
const MAX_WAIT_MS = 60_000;

/**
 * Returns a function that sends requests as they are, and retries none but throttled ones.
 * @param onExchange called with each response, also of a throttled request
 */
export function createSend(context: Context, onExchange: (exchange: Exchange) => void): Send {
  const { clock } = context;
  return async (method, path, options = {}) => {
    for (let attempt = 1; ; attempt += 1) {
      const exchange = await sendOnce(context, { method, path, ...options });
      onExchange(exchange);
      if (exchange.status !== 429 || attempt === MAX_ATTEMPTS) return exchange;
      const wait = Math.min(retryAfter(exchange) ?? DEFAULT_WAIT_MS, MAX_WAIT_MS);
      await sleep(clock, wait, context.signal);
    }
  };
}

async function sendOnce(
  { apiUrl, managementKey, transport }: Context,
  { method, path, body, key = managementKey }: RequestOptions & Pick<Exchange, 'method' | 'path'>,
): Promise<Exchange> {
  const request: HttpRequest = {
    method,
    url: apiUrl + path,
    headers: {
      accept: 'application/json',
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(body && { 'content-type': 'application/json' }),
    },
    ...(body && { body: JSON.stringify(body) }),
  };
  try {
    return { method, path, ...(await transport(request)) };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new ProbeError(`${method} ${path}: ${error.message}`, { cause: error });
  }
}

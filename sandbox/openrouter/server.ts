import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecureContextOptions } from 'node:tls';
import { type ScheduledFault, takeFault } from './faults.ts';
import { type OpenRouter, type OpenRouterOptions, openAccount } from './openrouter.ts';
import { misbehave, send } from './responses.ts';

export interface RecordedRequest {
  method: string;
  /** Below the base URL. */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface SandboxOptions extends Partial<OpenRouterOptions> {
  /** Any free port by default. */
  port?: number;
  tls?: SecureContextOptions;
  /** How long each response is in flight, in milliseconds. */
  latency?: number;
  /** Called before each response is sent; `outcome` is its status, or the kind of fault. */
  onExchange?(request: RecordedRequest, outcome: string): void;
}

/** An OpenRouter that listens on loopback. */
export interface Sandbox {
  /** The base URL of its API. */
  url: string;
  port: number;
  managementKey: string;
  account: OpenRouter;
  requests: RecordedRequest[];
  /** The faults of future requests; add to it at any time. */
  faults: ScheduledFault[];
  /** Resolves once `count` requests have been received since the start. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

const BASE_PATH = '/api/v1';

/**
 * Starts an OpenRouter with an account of its own, which only has the default workspace. The server
 * is listening when the promise resolves.
 * @throws {Error} when the port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { managementKey = `sk-or-v1-${randomBytes(32).toString('hex')}`, tls, port = 0 } = options;
  const state: SandboxState = {
    account: openAccount({ ...options, managementKey }),
    requests: [],
    faults: [],
    arrivals: new EventTarget(),
  };
  const listener = listenerOf(state, options);
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: listening } = server.address() as AddressInfo;

  const { account, requests, faults, arrivals } = state;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${listening}${BASE_PATH}`,
    port: listening,
    managementKey,
    account,
    requests,
    faults,
    async received(count) {
      while (requests.length < count) await once(arrivals, 'request');
    },
    async close() {
      server.close();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

interface SandboxState extends Pick<Sandbox, 'account' | 'requests' | 'faults'> {
  /** Has an event for each request that arrives. */
  arrivals: EventTarget;
}

/** What a client may see of a response to a request that was not applied. */
const NOT_APPLIED = { status: 201, body: { data: {} } };

/** Responds to each request from the account, or as the next fault for that request has it. */
function listenerOf(
  { account, requests, faults, arrivals }: SandboxState,
  { latency = 0, onExchange }: SandboxOptions,
): RequestListener {
  return async (incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    const path = url.startsWith(BASE_PATH) ? url.slice(BASE_PATH.length) : '';
    const request = { method, path, headers, body: await text(incoming) };
    requests.push(request);
    arrivals.dispatchEvent(new Event('request'));

    const fault = takeFault(faults, [account.callOf(method, path), `${method} ${path}`]);
    const result =
      fault && !fault.applied
        ? NOT_APPLIED
        : account.handle({ ...request, authorization: headers.authorization });
    if (latency > 0) await delay(latency);
    response.setHeader('date', account.now().toUTCString());
    response.setHeader('cf-ray', `${randomBytes(8).toString('hex')}-SBX`);
    onExchange?.(request, fault ? fault.kind : String(result.status));
    if (fault) misbehave(fault, result, response);
    else send(result, response);
  };
}

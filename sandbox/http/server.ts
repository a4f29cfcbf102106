import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { SecureContextOptions } from 'node:tls';
import { type ExchangeHook, outcomeOf, type RecordedRequest } from './exchange.ts';
import { type ScheduledFault, takeFault } from './faults.ts';
import { misbehave, send } from './responses.ts';
import { type Api, type ApiResponse, pathOfApi } from './routing.ts';

export interface ServerOptions {
  /** Any free port by default. */
  port?: number;
  tls?: SecureContextOptions;
  /** How long each response is in flight, in milliseconds. */
  latency?: number;
  onExchange?: ExchangeHook;
}

/** An API that listens on loopback. */
export interface ApiServer {
  /** The base URL of the API. */
  url: string;
  port: number;
  requests: RecordedRequest[];
  /** The faults of future requests; add to it at any time. */
  faults: ScheduledFault[];
  /** Resolves once `count` requests have been received since the start. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

/** Where an API is on its server. */
interface Mount {
  basePath: string;
}

/**
 * Serves `api` below `basePath` of a port on loopback. The server is listening when the promise
 * resolves.
 * @throws {Error} when the port is taken.
 */
export async function serve(
  api: Api,
  { tls, port = 0, ...options }: ServerOptions & Mount,
): Promise<ApiServer> {
  const { basePath } = options;
  const traffic: Traffic = { requests: [], faults: [], arrivals: new EventTarget() };
  const listener = listenerOf(api, traffic, options);
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: listening } = server.address() as AddressInfo;

  const { requests, faults, arrivals } = traffic;
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${listening}${basePath}`,
    port: listening,
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

interface Traffic extends Pick<ApiServer, 'requests' | 'faults'> {
  /** Has an event for each request that arrives. */
  arrivals: EventTarget;
}

/** What a client may see of a response to a request that was not applied. */
const NOT_APPLIED: ApiResponse = { status: 201, body: { data: {} } };

/** Responds to each request from the API, or as the next fault for that request has it. */
function listenerOf(
  api: Api,
  { requests, faults, arrivals }: Traffic,
  { basePath, latency = 0, onExchange }: Pick<ServerOptions, 'latency' | 'onExchange'> & Mount,
): RequestListener {
  return async (incoming, response) => {
    const { method = '', url = '', headers } = incoming;
    const path = pathOfApi(api, basePath, url);
    const request = { method, path, headers, body: await text(incoming) };
    requests.push(request);
    arrivals.dispatchEvent(new Event('request'));

    const fault = takeFault(faults, [api.callOf(method, path), `${method} ${path}`]);
    const result =
      fault && !fault.applied
        ? NOT_APPLIED
        : api.handle({ ...request, authorization: headers.authorization });
    if (latency > 0) await delay(latency);
    // `Date` is the API's: Node.js would add that of this machine.
    response.sendDate = false;
    response.setHeaders(new Headers({ ...api.headers(), ...result.headers }));
    onExchange?.(request, outcomeOf(fault, result));
    if (fault) misbehave(fault, result, response);
    else send(result, response);
  };
}

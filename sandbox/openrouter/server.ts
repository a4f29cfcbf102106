import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { TLSSocket } from 'node:tls';
import { type Fault, type ScheduledFault, takeFault } from './faults.ts';
import { type OpenRouter, type OpenRouterOptions, openAccount } from './openrouter.ts';
import type { ApiAnswer } from './route.ts';

export interface RecordedRequest {
  method: string;
  /** Below the base URL. */
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

export interface SandboxOptions extends Partial<OpenRouterOptions> {
  /** 0 for any that is free. */
  port?: number;
  tls?: { key: string; cert: string };
  /** How long each answer is on its way, in milliseconds. */
  latency?: number;
  /** Told of each exchange once it is over. */
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
  /** What is still to go wrong; add to it at any time. */
  faults: ScheduledFault[];
  /** Resolves once `count` requests have come in since the start. */
  received(count: number): Promise<void>;
  close(): Promise<void>;
}

const BASE_PATH = '/api/v1';

/**
 * Starts an OpenRouter with an account of its own, which holds the default workspace alone; it
 * listens once the promise resolves.
 * @throws {Error} when the port is taken.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const {
    managementKey = `sk-or-v1-${randomBytes(32).toString('hex')}`,
    tls,
    port = 0,
    latency = 0,
  } = options;
  const account = openAccount({ ...options, managementKey });
  const requests: RecordedRequest[] = [];
  const faults: ScheduledFault[] = [];
  const arrivals = new EventTarget();

  const listener = async (incoming: IncomingMessage, response: ServerResponse) => {
    const { method = '', url = '', headers } = incoming;
    const path = url.startsWith(BASE_PATH) ? url.slice(BASE_PATH.length) : '';
    const request = { method, path, headers, body: await text(incoming) };
    requests.push(request);
    arrivals.dispatchEvent(new Event('request'));

    const fault = takeFault(faults, [account.callOf(method, path), `${method} ${path}`]);
    const { authorization } = headers;
    const answer =
      fault && !fault.applied
        ? { status: 201, body: { data: {} } }
        : account.handle({ method, path, authorization, body: request.body });
    if (latency > 0) await delay(latency);
    response.setHeader('date', account.now().toUTCString());
    response.setHeader('cf-ray', `${randomBytes(8).toString('hex')}-SBX`);
    if (fault) misbehave(fault, answer, response);
    else send(answer, response);
    options.onExchange?.(request, fault ? fault.kind : String(answer.status));
  };
  const server = tls ? createTlsServer(tls, listener) : createServer(listener);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const { port: listening } = server.address() as AddressInfo;

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

function send({ status, body }: ApiAnswer, response: ServerResponse): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

function misbehave(fault: Fault, answer: ApiAnswer, response: ServerResponse): void {
  const { socket } = response;
  const whole = JSON.stringify(answer.body);
  const half = whole.slice(0, whole.length / 2);
  const begin = () => response.writeHead(answer.status, { 'content-type': 'application/json' });
  switch (fault.kind) {
    case 'answer':
      response.writeHead(fault.status, fault.headers).end(fault.body);
      break;
    case 'reset':
      // Below TLS there is no way to a reset; an end without a word comes to the same.
      if (socket instanceof TLSSocket) socket.destroy();
      else socket?.resetAndDestroy();
      break;
    case 'silence':
      break;
    case 'stall':
      response.writeHead(fault.status ?? answer.status).write(half);
      break;
    case 'cut':
      response.setHeader('content-length', Buffer.byteLength(whole));
      response.writeHead(fault.status ?? answer.status).write(half, () => socket?.end());
      break;
    case 'trickle': {
      begin();
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
      break;
    }
    case 'endless': {
      begin();
      const block = ' '.repeat(64 * 1024);
      const pour = () => {
        while (!response.destroyed && response.write(block));
      };
      response.on('drain', pour);
      pour();
    }
  }
}

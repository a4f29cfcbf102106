import type { ServerResponse } from 'node:http';
import { TLSSocket } from 'node:tls';
import type { Fault } from './faults.ts';
import type { ApiResponse } from './routing.ts';

const JSON_HEADERS = { 'content-type': 'application/json' };

/** Sends `response` over a socket. */
export function send({ status, body }: ApiResponse, http: ServerResponse): void {
  http.writeHead(status, JSON_HEADERS).end(JSON.stringify(body) ?? '');
}

/** Sends what is left of `response` by `fault`. */
export function misbehave(fault: Fault, response: ApiResponse, http: ServerResponse): void {
  const text = JSON.stringify(response.body) ?? '';
  const half = text.slice(0, text.length / 2);
  switch (fault.kind) {
    case 'response':
      http.writeHead(fault.status, fault.headers).end(fault.body);
      break;
    case 'reset':
      reset(http);
      break;
    case 'silence':
      break;
    case 'stall':
      http.writeHead(fault.status ?? response.status).write(half);
      break;
    case 'cut':
      http.setHeader('content-length', Buffer.byteLength(text));
      http.writeHead(fault.status ?? response.status).write(half, () => http.socket?.end());
      break;
    case 'trickle':
      trickle(http.writeHead(response.status, JSON_HEADERS));
      break;
    case 'held':
      fault.until.then(() => send(response, http));
      break;
    case 'endless':
      pour(http.writeHead(response.status, JSON_HEADERS));
  }
}

/** TLS cannot reset a connection; to close it without a response has the same effect. */
function reset({ socket }: ServerResponse): void {
  if (socket instanceof TLSSocket) socket.destroy();
  else socket?.resetAndDestroy();
}

/** Writes a byte now and then until the connection closes. */
function trickle(http: ServerResponse): void {
  const interval = setInterval(() => http.write(' '), 20);
  http.on('close', () => clearInterval(interval));
}

/** Writes as fast as the client reads until the connection closes. */
function pour(http: ServerResponse): void {
  const block = ' '.repeat(64 * 1024);
  const fill = () => {
    while (!http.destroyed && http.write(block));
  };
  http.on('drain', fill);
  fill();
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import dns from 'node:dns';
import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { isNativeError } from 'node:util/types';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { HttpRequest } from '../../src/http/transport.ts';
import { httpTransport, MAX_BODY_BYTES, TransportError } from '../../src/http/transport.ts';
import { createCertificate } from '../support/certificate.ts';
import { startProxy } from '../support/proxy.ts';
import { openResources } from '../support/resources.ts';

// The errors of Node's modules are not of the realm in which jest runs a test.
Object.defineProperty(Error, Symbol.hasInstance, {
  value(this: ErrorConstructor, value: unknown): boolean {
    return this === Error
      ? isNativeError(value)
      : Function.prototype[Symbol.hasInstance].call(this, value);
  },
});

const resources = openResources();

afterEach(() => {
  jest.restoreAllMocks();
});

/** Starts `server` on loopback, for the tests of this file. Returns its port. */
async function portOf(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.add({
    async close() {
      if (server instanceof http.Server) server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
  return (server.address() as AddressInfo).port;
}

function listen(listener: RequestListener, tls?: https.ServerOptions): Promise<number> {
  return portOf(tls ? https.createServer(tls, listener) : http.createServer(listener));
}

function setProxy(https_proxy: string): void {
  jest.replaceProperty(process, 'env', { ...process.env, https_proxy });
}

/** A request without a response: why, and what that means. */
const unsent = (message: unknown) => ({ message, isSent: false, kind: 'unsent' });
const prevented = (message: unknown) => ({ message, isSent: false, kind: 'prevented' });
const ambiguous = (message: unknown) => ({ message, isSent: true, kind: 'ambiguous' });

/** Resolves once a client of this process has received the next head of a response, and handled it. */
function headReceived(): Promise<void> {
  const name = 'http.client.response.finish';
  return new Promise((resolve) => {
    const onHead = () => {
      unsubscribe(name, onHead);
      setImmediate(resolve);
    };
    subscribe(name, onHead);
  });
}

/** Sends a request by a new transport; returns its response, or its error. */
function send(
  port: number,
  request: Partial<HttpRequest> = {},
  { signal = new AbortController().signal, transport = httpTransport('test/1.0') } = {},
) {
  const url = `http://127.0.0.1:${port}/api/v1/keys?offset=0`;
  return transport({ method: 'GET', url, headers: {}, ...request }, signal).catch(
    (error: TransportError) => {
      if (!(error instanceof TransportError)) throw error;
      const { message, isSent, kind } = error;
      return { message, isSent, kind };
    },
  );
}

async function textOf(request: IncomingMessage): Promise<string> {
  return (await Array.fromAsync(request)).join('');
}

test.each([
  [false, false, 'unsent'],
  [false, true, 'prevented'],
  [true, false, 'ambiguous'],
  [true, true, 'unexpected'],
])('a request without a response (sent: %s, for good: %s) is %s', (isSent, isPermanent, kind) => {
  const cause = new Error('the cause');
  expect(new TransportError('x', { isSent, isPermanent, cause })).toMatchObject({ kind, cause });
});

test.each(['POST', 'DELETE'] as const)(
  'a %s arrives as it was sent, with the user agent, and its response is complete',
  async (sent) => {
    const received: unknown[] = [];
    const port = await listen(async (request, response) => {
      const { method, url, headers } = request;
      received.push(method, url, headers, await textOf(request));
      response.writeHead(201, { 'X-Ray': 'abc' }).end('{"data":"ü"}');
    });
    const headers = { authorization: 'Bearer sk' };
    const response = await send(port, { method: sent, headers, body: '{"name":"ü"}' });
    expect(response).toMatchObject({ status: 201, body: '{"data":"ü"}' });
    expect(response).toHaveProperty('headers.x-ray', 'abc');
    expect(received).toEqual([
      sent,
      '/api/v1/keys?offset=0',
      expect.objectContaining({
        authorization: 'Bearer sk',
        'user-agent': 'test/1.0',
        host: `127.0.0.1:${port}`,
      }),
      '{"name":"ü"}',
    ]);
  },
);

test('a response says how long its body took to arrive after its headers', async () => {
  const bodyIsDue = Promise.withResolvers<void>();
  const port = await listen(async (_, response) => {
    response.writeHead(200).flushHeaders();
    await bodyIsDue.promise;
    response.end('late');
  });
  const sent = performance.now();
  const sending = send(port);
  await headReceived();
  const before = performance.now();
  let due = before;
  while (due < before + 5) due = performance.now();
  bodyIsDue.resolve();
  const { bodyMs = 0 } = (await sending) as { bodyMs?: number };
  // However slow this machine is: two clocks are compared, to the millisecond.
  expect(bodyMs).toBeGreaterThanOrEqual(due - before - 1);
  expect(bodyMs).toBeLessThanOrEqual(performance.now() - sent + 1);
});

test.each([302, 307])('HTTP %i is a response, and is not followed', async (status) => {
  const paths: unknown[] = [];
  const port = await listen(({ url }, response) => {
    paths.push(url);
    response.writeHead(status, { location: '/elsewhere' }).end();
  });
  expect(await send(port)).toMatchObject({ status, headers: { location: '/elsewhere' } });
  expect(paths).toHaveLength(1);
});

test('two requests of one transport share a connection, and the second counts as sent', async () => {
  const sockets = new Set<unknown>();
  let requests = 0;
  const port = await listen(({ socket }, response) => {
    sockets.add(socket);
    requests += 1;
    if (requests === 1) response.end('1');
    else socket.destroy();
  });
  const transport = httpTransport('test/1.0');
  expect(await send(port, {}, { transport })).toMatchObject({ body: '1' });
  // The agent keeps the socket once its response is read.
  await new Promise(setImmediate);
  expect(await send(port, {}, { transport })).toMatchObject({ isSent: true, kind: 'ambiguous' });
  expect(sockets.size).toBe(1);
});

describe('the body of a response', () => {
  const TOO_LARGE = ambiguous(`the response is larger than ${MAX_BODY_BYTES / 1024} KiB`);
  const longest = 'x'.repeat(MAX_BODY_BYTES);

  test.each([
    ['can have the maximum size', 200, longest, { status: 200, body: longest }],
    ['cannot have a byte more', 200, `${longest}x`, TOO_LARGE],
    [
      'is measured in bytes, and not in characters',
      200,
      'é'.repeat(MAX_BODY_BYTES / 2 + 1),
      TOO_LARGE,
    ],
    [
      'can be larger with an error status, which is enough',
      500,
      longest + longest,
      { status: 500 },
    ],
    [
      'cannot be larger with HTTP 404, of which it decides the meaning',
      404,
      `${longest}x`,
      TOO_LARGE,
    ],
  ])('%s', async (_, status, body, expected) => {
    const port = await listen((_request, response) => response.writeHead(status).end(body));
    expect(await send(port)).toMatchObject(expected);
  });

  test('can have as much as the request accepts', async () => {
    const port = await listen((_request, response) => response.end(`${longest}xx`));
    const accept = (maxBytes: number) => send(port, { maxBytes });
    expect(await accept(MAX_BODY_BYTES + 2)).toMatchObject({ status: 200 });
    expect(await accept(1024)).toEqual(ambiguous('the response is larger than 1 KiB'));
  });

  const cutShort = (status: number, body = 'half') =>
    listen((_, response) => {
      response.writeHead(status, { 'content-length': 100 });
      response.write(body, () => response.socket?.destroy());
    });

  test.each([200, 399, 404])('that is cut short fails a request with HTTP %i', async (status) => {
    expect(await send(await cutShort(status))).toMatchObject({ isSent: true, kind: 'ambiguous' });
  });

  // Its end can be a part of a secret, which no redaction finds.
  test.each([400, 500])('that is cut short leaves only HTTP %i', async (status) => {
    expect(await send(await cutShort(status))).toMatchObject({ status, body: '' });
  });

  test('that is complete JSON is kept although the connection ends early', async () => {
    const body = '{"error":"No"}';
    expect(await send(await cutShort(400, body))).toMatchObject({ status: 400, body });
  });
});

describe('a request without a response', () => {
  test('was not sent if the connection is refused', async () => {
    expect(await send(1)).toEqual(unsent('the connection was refused (ECONNREFUSED)'));
  });

  test.each([
    ['ENOTFOUND', 'the host name does not exist'],
    ['EAI_AGAIN', 'the host name could not be resolved'],
  ])('was not sent if the lookup of its host fails with %s', async (code, reason) => {
    const failing = (_host: string, _options: object, done: (error: Error) => void) =>
      process.nextTick(done, Object.assign(new Error(code), { code }));
    jest.spyOn(dns, 'lookup').mockImplementation(failing as unknown as typeof dns.lookup);
    const url = 'https://openrouter.test/';
    expect(await send(1, { url })).toEqual(unsent(`${reason} (${code})`));
  });

  test('may have been applied if the connection is reset after it was sent', async () => {
    const port = await listen(({ socket }) => socket.resetAndDestroy());
    expect(await send(port)).toEqual(
      ambiguous('the connection was closed before the response was complete (ECONNRESET)'),
    );
  });

  test('may have been applied if it is aborted after it arrived', async () => {
    const controller = new AbortController();
    const port = await listen(() => controller.abort(new Error('the timeout is over')));
    expect(await send(port, {}, controller)).toEqual(ambiguous('the timeout is over'));
  });

  test.each([
    [new Error('the run was cancelled'), 'the run was cancelled'],
    // A reason that is no error.
    ['enough', 'enough'],
    // An error whose code is a number.
    [undefined, 'This operation was aborted'],
  ])('was not sent if it was aborted before, for the reason %p', async (reason, message) => {
    const signal = AbortSignal.abort(reason);
    expect(await send(1, {}, { signal })).toEqual(unsent(message));
  });

  test.each([
    [500, { status: 500 }],
    [400, { status: 400 }],
    [200, { message: 'the timeout is over', isSent: true }],
  ])('whose body is aborted after HTTP %i is %j', async (status, expected) => {
    const controller = new AbortController();
    const port = await listen((_, response) => {
      response.writeHead(status).write('half');
    });
    const sending = send(port, {}, controller);
    await headReceived();
    controller.abort(new Error('the timeout is over'));
    expect(await sending).toMatchObject(expected);
  });
});

describe('TLS', () => {
  test('with a certificate of an unknown authority fails before the request is sent, for good', async () => {
    const { key, cert } = await createCertificate('localhost');
    const port = await listen((_, response) => response.end(), { key, cert });
    const reason =
      /^the certificate is issued by an authority that is not trusted here; .*NODE_EXTRA_CA_CERTS.* \(\w+\)$/;
    expect(await send(port, { url: `https://localhost:${port}/` })).toEqual(
      prevented(expect.stringMatching(reason)),
    );
  });

  test('to a server without TLS fails before the request is sent, for good', async () => {
    const port = await listen((_, response) => response.end());
    expect(await send(port, { url: `https://127.0.0.1:${port}/` })).toEqual(
      prevented(expect.stringMatching(/^the TLS handshake failed: .* \(EPROTO\)$/)),
    );
  });

  test('that is closed during the handshake was not sent, and is retried', async () => {
    const port = await portOf(createServer((socket) => socket.destroy()));
    expect(await send(port, { url: `https://127.0.0.1:${port}/` })).toEqual(
      unsent('the connection was closed before it was established (ECONNRESET)'),
    );
  });
});

describe('a proxy', () => {
  const url = 'https://openrouter.test/api/v1';

  /** Starts a proxy that responds with `response`. Returns it, and the note in each message. */
  async function openProxy(response: number | 'silence', port = 1) {
    const proxy = resources.add(await startProxy({ port, response }));
    setProxy(proxy.url);
    return { proxy, note: `, through the proxy ${new URL(proxy.url).host}` };
  }

  test('that requires a password is named, and nothing was sent', async () => {
    const { proxy, note } = await openProxy(407);
    const reason = `the proxy requires a user and a password${note}`;
    expect(await send(1, { url })).toEqual(prevented(reason));
    expect(proxy.tunnels).toMatchObject([{ target: 'openrouter.test:443' }]);
  });

  test.each(['robot:secret', 'robot', ':secret'])(
    'that rejects the user and the password %s is named, and nothing was sent',
    async (credentials) => {
      const { proxy, note } = await openProxy(407);
      setProxy(proxy.url.replace('//', `//${credentials}@`));
      const reason = `the proxy rejected the user and the password${note}`;
      expect(await send(1, { url })).toEqual(prevented(reason));
      expect(proxy.tunnels).toHaveLength(1);
    },
  );

  // RFC 9110, section 9.3.6: any 2xx opens the tunnel.
  test.each([200, 201, 299])('opens a tunnel with HTTP %i', async (status) => {
    const closing = createServer((socket) => socket.destroy());
    const { note } = await openProxy(status, await portOf(closing));
    const reason = `the connection was closed before it was established (ECONNRESET)${note}`;
    expect(await send(1, { url })).toEqual(unsent(reason));
  });

  test.each([199, 300, 502])(
    'that responds with HTTP %i is named, and nothing was sent',
    async (status) => {
      const { note } = await openProxy(status);
      const reason = `the proxy refused the connection: HTTP ${status}${note}`;
      expect(await send(1, { url })).toEqual(unsent(reason));
    },
  );

  test('that does not listen is named, and nothing was sent', async () => {
    const { proxy, note } = await openProxy(200);
    await proxy.close();
    const reason = new RegExp(`ECONNREFUSED.*${note}$`);
    expect(await send(1, { url })).toEqual(unsent(expect.stringMatching(reason)));
  });

  test('that does not respond does not outlast an abort', async () => {
    const { proxy, note } = await openProxy('silence');
    const controller = new AbortController();
    const sending = send(1, { url }, controller);
    await proxy.requested;
    controller.abort(new Error('the timeout is over'));
    expect(await sending).toEqual(unsent(`the timeout is over${note}`));
  });

  test('whose tunnel leads to a host that does not respond does not outlast an abort', async () => {
    const server = createServer((socket) => socket.resume());
    const proxy = resources.add(await startProxy({ port: await portOf(server) }));
    setProxy(proxy.url);
    const controller = new AbortController();
    const sending = send(1, { url }, controller);
    await once(server, 'connection');
    controller.abort(new Error('the timeout is over'));
    expect(await sending).toMatchObject({ isSent: false, kind: 'unsent' });
  });

  // Without IPv6, a machine has no address to connect from. Brackets would make the address a host name.
  test('can have an IPv6 address', async () => {
    setProxy('http://[::1]:1');
    const reason = /\((ECONNREFUSED|EADDRNOTAVAIL)\), through the proxy \[::1\]:1$/;
    expect(await send(1, { url })).toEqual(unsent(expect.stringMatching(reason)));
  });

  test('gets an IPv6 address with its brackets', async () => {
    const { proxy } = await openProxy(403);
    await send(1, { url: 'https://[2001:db8::1]:8443/' });
    expect(proxy.tunnels).toMatchObject([{ target: '[2001:db8::1]:8443' }]);
  });

  test('is not used for this machine', async () => {
    setProxy('http://127.0.0.1:1');
    const port = await listen((_, response) => response.end('direct'));
    expect(await send(port)).toMatchObject({ body: 'direct' });
  });
});

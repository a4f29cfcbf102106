import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import dns from 'node:dns';
import { once } from 'node:events';
import http, { type IncomingMessage, type RequestListener } from 'node:http';
import https from 'node:https';
import { type AddressInfo, createServer } from 'node:net';
import { isNativeError } from 'node:util/types';
import { afterEach, describe, expect, jest, test } from '@jest/globals';
import type { HttpRequest } from '../../src/http/transport.ts';
import { httpTransport, TransportError } from '../../src/http/transport.ts';
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

const MAX_BYTES = 512 * 1024;
const resources = openResources();
const environment = { ...process.env };

afterEach(() => {
  jest.restoreAllMocks();
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'no_proxy']) {
    if (environment[name] === undefined) delete process.env[name];
    else process.env[name] = environment[name];
  }
});

/** Starts a server on loopback that responds by `listener`. Returns its port. */
async function listen(listener: RequestListener, tls?: https.ServerOptions): Promise<number> {
  const server = tls ? https.createServer(tls, listener) : http.createServer(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  resources.add({
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
  return (server.address() as AddressInfo).port;
}

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

test('a request arrives as it was sent, with the user agent, and its response is complete', async () => {
  const received: unknown[] = [];
  const port = await listen(async (request, response) => {
    const { method, url, headers } = request;
    received.push(method, url, headers, await textOf(request));
    response.writeHead(201, { 'X-Ray': 'abc' }).end('{"data":"ü"}');
  });
  const headers = { authorization: 'Bearer sk' };
  const response = await send(port, { method: 'POST', headers, body: '{"name":"ü"}' });
  expect(response).toMatchObject({ status: 201, body: '{"data":"ü"}' });
  expect(response).toHaveProperty('headers.x-ray', 'abc');
  expect(received).toEqual([
    'POST',
    '/api/v1/keys?offset=0',
    expect.objectContaining({
      authorization: 'Bearer sk',
      'user-agent': 'test/1.0',
      host: `127.0.0.1:${port}`,
    }),
    '{"name":"ü"}',
  ]);
});

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

test.each([301, 302, 303, 307, 308])(
  'HTTP %i is a response, and is not followed',
  async (status) => {
    const paths: unknown[] = [];
    const port = await listen(({ url }, response) => {
      paths.push(url);
      response.writeHead(status, { location: '/elsewhere' }).end();
    });
    expect(await send(port)).toMatchObject({ status, headers: { location: '/elsewhere' } });
    expect(paths).toHaveLength(1);
  },
);

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
  const respond = (status: number, size: number) =>
    listen((_, response) => response.writeHead(status).end('x'.repeat(size)));

  test('can have 512 KiB', async () => {
    const response = await send(await respond(200, MAX_BYTES));
    expect(response).toMatchObject({ status: 200 });
    expect((response as { body: string }).body).toHaveLength(MAX_BYTES);
  });

  test('cannot have a byte more, and the request may have been applied', async () => {
    expect(await send(await respond(200, MAX_BYTES + 1))).toEqual({
      message: 'the response is larger than 512 KiB',
      isSent: true,
      kind: 'ambiguous',
    });
  });

  test('is measured in bytes, and not in characters', async () => {
    const port = await listen((_, response) => response.end('é'.repeat(MAX_BYTES / 2 + 1)));
    expect(await send(port)).toMatchObject({ message: 'the response is larger than 512 KiB' });
  });

  test('can be larger with an error status, which is enough', async () => {
    expect(await send(await respond(500, 2 * MAX_BYTES))).toMatchObject({ status: 500 });
  });

  test('cannot be larger with HTTP 404, whose body decides what it means', async () => {
    expect(await send(await respond(404, 2 * MAX_BYTES))).toMatchObject({
      message: 'the response is larger than 512 KiB',
    });
  });

  const cutShort = (status: number) =>
    listen((_, response) => {
      response.writeHead(status, { 'content-length': 100 });
      response.write('half', () => response.socket?.destroy());
    });

  test.each([200, 201, 399, 404])(
    'that is cut short fails a request with HTTP %i',
    async (status) => {
      expect(await send(await cutShort(status))).toMatchObject({ isSent: true, kind: 'ambiguous' });
    },
  );

  test.each([400, 401, 500, 502])('that is cut short leaves the status HTTP %i', async (status) => {
    expect(await send(await cutShort(status))).toMatchObject({ status });
  });
});

describe('a request without a response', () => {
  test('was not sent if the connection is refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(await send(port)).toEqual({
      message: 'the connection was refused (ECONNREFUSED)',
      isSent: false,
      kind: 'unsent',
    });
  });

  test.each([
    ['ENOTFOUND', 'the host name does not exist'],
    ['EAI_AGAIN', 'the host name could not be resolved'],
  ])('was not sent if the lookup of its host fails with %s', async (code, reason) => {
    const failing = (_host: string, _options: object, done: (error: Error) => void) =>
      process.nextTick(done, Object.assign(new Error(code), { code }));
    jest.spyOn(dns, 'lookup').mockImplementation(failing as unknown as typeof dns.lookup);
    expect(await send(1, { url: 'https://openrouter.test/' })).toEqual({
      message: `${reason} (${code})`,
      isSent: false,
      kind: 'unsent',
    });
  });

  test('may have been applied if the connection is reset after it was sent', async () => {
    const port = await listen(({ socket }) => socket.resetAndDestroy());
    expect(await send(port)).toEqual({
      message: 'the connection was closed before the response was complete (ECONNRESET)',
      isSent: true,
      kind: 'ambiguous',
    });
  });

  test('may have been applied if it is aborted after it arrived', async () => {
    const controller = new AbortController();
    const port = await listen(() => controller.abort(new Error('the timeout is over')));
    expect(await send(port, {}, controller)).toEqual({
      message: 'the timeout is over',
      isSent: true,
      kind: 'ambiguous',
    });
  });

  test('was not sent if it was aborted before', async () => {
    let requests = 0;
    const port = await listen((_, response) => {
      requests += 1;
      response.end();
    });
    const signal = AbortSignal.abort(new Error('the run was cancelled'));
    expect(await send(port, {}, { signal })).toEqual({
      message: 'the run was cancelled',
      isSent: false,
      kind: 'unsent',
    });
    expect(requests).toBe(0);
  });

  test('fails with the reason of an abort that is no error', async () => {
    const signal = AbortSignal.abort('enough');
    expect(await send(1, {}, { signal })).toMatchObject({ message: 'enough', kind: 'unsent' });
  });

  test('fails without the number that some errors have as their code', async () => {
    const error = await send(1, {}, { signal: AbortSignal.abort() });
    expect(error).toMatchObject({ message: 'This operation was aborted' });
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
    let requests = 0;
    const port = await listen(
      (_, response) => {
        requests += 1;
        response.end();
      },
      { key, cert },
    );
    expect(await send(port, { url: `https://localhost:${port}/` })).toEqual({
      message: expect.stringMatching(
        /^the certificate is issued by an authority that is not trusted here; .*NODE_EXTRA_CA_CERTS.* \(\w+\)$/,
      ),
      isSent: false,
      kind: 'prevented',
    });
    expect(requests).toBe(0);
  });

  test('to a server without TLS fails before the request is sent, for good', async () => {
    const port = await listen((_, response) => response.end());
    expect(await send(port, { url: `https://127.0.0.1:${port}/` })).toMatchObject({
      message: expect.stringMatching(/^the TLS handshake failed: .* \(EPROTO\)$/),
      isSent: false,
      kind: 'prevented',
    });
  });

  test('that is closed during the handshake was not sent, and is retried', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    resources.add({ close: async () => server.close() });
    const { port } = server.address() as AddressInfo;
    expect(await send(port, { url: `https://127.0.0.1:${port}/` })).toEqual({
      message: 'the connection was closed before it was established (ECONNRESET)',
      isSent: false,
      kind: 'unsent',
    });
  });
});

describe('a proxy', () => {
  const url = 'https://openrouter.test/api/v1';

  test.each([
    [407, 'the proxy requires a user and a password', 'prevented'],
    [502, 'tunneling socket could not be established, statusCode=502 (ECONNRESET)', 'unsent'],
  ])('that responds with HTTP %i is named, and nothing was sent', async (status, reason, kind) => {
    const proxy = resources.add(await startProxy({ port: 1, response: status }));
    process.env['https_proxy'] = proxy.url;
    expect(await send(1, { url })).toEqual({
      message: `${reason}, through the proxy ${new URL(proxy.url).host}`,
      isSent: false,
      kind,
    });
    expect(proxy.tunnels).toMatchObject([{ target: 'openrouter.test:443' }]);
  });

  test('that does not respond does not outlast an abort', async () => {
    const proxy = resources.add(await startProxy({ port: 1, response: 'silence' }));
    process.env['https_proxy'] = proxy.url;
    const controller = new AbortController();
    const sending = send(1, { url }, controller);
    await proxy.requested;
    controller.abort(new Error('the timeout is over'));
    expect(await sending).toMatchObject({
      message: `the timeout is over, through the proxy ${new URL(proxy.url).host}`,
      isSent: false,
    });
  });

  test('gets an IPv6 address with its brackets', async () => {
    const proxy = resources.add(await startProxy({ port: 1, response: 403 }));
    process.env['https_proxy'] = proxy.url;
    await send(1, { url: 'https://[2001:db8::1]:8443/' });
    expect(proxy.tunnels).toMatchObject([{ target: '[2001:db8::1]:8443' }]);
  });

  test('that does not listen is named, and nothing was sent', async () => {
    const proxy = await startProxy({ port: 1 });
    await proxy.close();
    process.env['https_proxy'] = proxy.url;
    expect(await send(1, { url })).toMatchObject({
      message: expect.stringMatching(/ECONNREFUSED.*, through the proxy 127\.0\.0\.1:\d+$/),
      isSent: false,
      kind: 'unsent',
    });
  });

  test('is not used for this machine', async () => {
    process.env['https_proxy'] = 'http://127.0.0.1:1';
    const port = await listen((_, response) => response.end('direct'));
    expect(await send(port)).toMatchObject({ body: 'direct' });
  });
});

test('an IPv6 address of this machine is reached without a proxy', async () => {
  const server = http.createServer((_, response) => response.end('direct'));
  const isListening = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(false));
    server.listen(0, '::1', () => resolve(true));
  });
  if (!isListening) return;
  resources.add({ close: async () => server.close() });
  const { port } = server.address() as AddressInfo;
  expect(await send(port, { url: `http://[::1]:${port}/` })).toMatchObject({ body: 'direct' });
});

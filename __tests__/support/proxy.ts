import { once } from 'node:events';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';
import type { SecureContextOptions } from 'node:tls';

export interface ProxyOptions {
  port: number;
  /** The response to CONNECT: a status, or none at all. */
  response?: number | 'silence';
  /** The certificate of a proxy to which clients speak TLS. */
  tls?: SecureContextOptions | undefined;
}

/** Starts an HTTPS proxy that leads every tunnel to `port` on loopback, whatever its host. */
export async function startProxy({ port, response = 200, tls }: ProxyOptions) {
  /** The host and port of each tunnel that was requested, and the credentials sent with it. */
  const tunnels: { target: string; authorization: string | undefined }[] = [];
  const clients = new Set<Duplex>();
  const server = tls ? createTlsServer(tls) : createServer();
  const requested = once(server, 'connect');
  server.on('connect', (request, client) => {
    clients.add(client);
    client.on('error', () => client.destroy());
    tunnels.push({
      target: request.url ?? '',
      authorization: request.headers['proxy-authorization'],
    });
    if (response === 'silence') return;
    client.write(`HTTP/1.1 ${response} Response\r\n\r\n`);
    if (response < 200 || response > 299) {
      client.end();
      return;
    }
    const upstream = connect(port, '127.0.0.1');
    upstream.on('error', () => client.destroy());
    client.pipe(upstream).pipe(client);
    client.on('close', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    /** Resolves once the first tunnel has been requested. */
    requested,
    async close() {
      server.close();
      // The server does not count a tunnel among its connections.
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import type { Duplex } from 'node:stream';

/** A proxy for HTTPS that leads every tunnel to one port of loopback, whatever host it is for. */
interface Proxy {
  url: string;
  /** The hosts and ports that tunnels were asked for, and the credentials given. */
  tunnels: { target: string; authorization: string | undefined }[];
  close(): Promise<void>;
}

export interface ProxyOptions {
  port: number;
  /** What it answers to CONNECT: a status, or nothing at all. */
  answer?: number | 'silence';
}

/**
 * Starts a proxy on a free port of loopback, which listens once the promise resolves. It takes
 * whatever credentials it is given.
 */
export async function startProxy({ port, answer = 200 }: ProxyOptions): Promise<Proxy> {
  const tunnels: Proxy['tunnels'] = [];
  const clients = new Set<Duplex>();
  const server = createServer();
  server.on('connect', (request, client) => {
    clients.add(client);
    client.on('error', () => client.destroy());
    tunnels.push({
      target: request.url ?? '',
      authorization: request.headers['proxy-authorization'],
    });
    if (answer === 'silence') return;
    client.write(`HTTP/1.1 ${answer} Answer\r\n\r\n`);
    if (answer !== 200) {
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
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tunnels,
    async close() {
      server.close();
      // A tunnel is no connection of the server's any more.
      for (const client of clients) client.destroy();
      server.closeAllConnections();
      await once(server, 'close');
    },
  };
}

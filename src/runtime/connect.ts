import type { Connection } from '../inputs/connection.ts';
import { type Client, openRouter } from '../openrouter/client.ts';
import { httpTransport } from '../openrouter/transport.ts';
import type { Step } from './step.ts';
import { USER_AGENT } from './user-agent.ts';

/** A client of the API for `step`, which has the time that `connection` gives it from now on. */
export function connect(connection: Connection, { report, clock, signal, limit }: Step): Client {
  const { apiUrl, managementKey, timeoutMs } = connection;
  return openRouter({
    apiUrl,
    managementKey,
    transport: httpTransport(USER_AGENT),
    clock,
    random: Math.random,
    deadline: limit(timeoutMs),
    signal,
    log: report,
  });
}

import type { HttpResponse, Transport } from '../../src/http/transport.ts';
import { TransportError } from '../../src/http/transport.ts';
import { abortReason, type Clock, sleep } from '../../src/lib/clock.ts';
import { type ExchangeHook, outcomeOf } from './exchange.ts';
import { type ScheduledFault, takeFault } from './faults.ts';
import { type Api, type ApiResponse, pathOfApi } from './routing.ts';

/** Also the faults for which no server is needed. */
export type InProcessFault =
  | ScheduledFault
  /** The connection is refused. */
  | { kind: 'refused'; on?: string }
  /** No response arrives, and the request is applied only after so many milliseconds. */
  | { kind: 'late'; on?: string; after: number };

/** What is between a step and an API. */
export interface Network {
  api: Api;
  clock: Clock;
  schedule: InProcessFault[];
  /** The requests so far, each as a call such as `GET /workspaces/:id`. */
  calls: string[];
  /** How long a request, and a response, is in flight, in milliseconds. */
  latency: number;
  /** Called when a request has arrived, before its response is sent. */
  onExchange?: ExchangeHook;
}

/** A transport to the API of `network` without a socket, in the time of its clock. */
export function inProcessTransport(network: Network, baseUrl: string): Transport {
  const { api, clock, schedule, calls } = network;
  const basePath = new URL(baseUrl).pathname.replace(/\/$/, '');
  return async ({ method, url, headers, body = '' }, signal) => {
    const { pathname, search } = new URL(url);
    const path = pathOfApi(api, basePath, pathname + search);
    const call = api.callOf(method, path);
    calls.push(call);
    const apply = () => api.handle({ method, path, authorization: headers['authorization'], body });
    const fault = takeFault(schedule, [call, `${method} ${path}`]);
    const report = (response?: ApiResponse) =>
      network.onExchange?.({ method, path, body }, outcomeOf(fault, response));

    const isSent = fault?.kind !== 'refused';
    await travel(network, signal, { isSent });
    if (fault?.kind === 'refused') throw new TransportError('refused', { isSent });
    if (fault?.kind === 'late') {
      clock.after(fault.after, () => report(apply()));
      return silence(signal);
    }
    const response = !fault || fault.applied ? apply() : undefined;
    report(response);
    await travel(network, signal, { isSent });
    if (fault) return misbehave(fault, api.headers(), signal);
    return {
      status: response?.status ?? 0,
      headers: { ...api.headers(), ...response?.headers },
      body: JSON.stringify(response?.body) ?? '',
    };
  };
}

/** Lets a request or a response be in flight. */
async function travel(
  { clock, latency }: Network,
  signal: AbortSignal,
  { isSent }: { isSent: boolean },
): Promise<void> {
  const reason = await sleep(clock, latency, signal);
  if (reason !== undefined) throw new TransportError(reason, { isSent });
}

function misbehave(
  fault: ScheduledFault,
  headers: HttpResponse['headers'],
  signal: AbortSignal,
): HttpResponse | Promise<never> {
  switch (fault.kind) {
    case 'response':
      return {
        status: fault.status,
        headers: { ...headers, ...fault.headers },
        body: fault.body ?? '',
      };
    case 'silence':
    case 'stall':
    case 'trickle':
      return silence(signal);
    default:
      throw new TransportError(fault.kind, { isSent: true });
  }
}

function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new TransportError(abortReason(signal), { isSent: true }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

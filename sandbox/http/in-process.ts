import type { HttpResponse, Transport } from '../../src/http/transport.ts';
import { TransportError } from '../../src/http/transport.ts';
import { abortReason, type Clock, sleep } from '../../src/lib/clock.ts';
import { type ExchangeHook, outcomeOf } from './exchange.ts';
import { type ScheduledFault, takeFault } from './faults.ts';
import { type Api, type ApiResponse, pathOfApi } from './routing.ts';

/** Also the faults for which no server is needed. */
export type InProcessFault =
  | Exclude<ScheduledFault, { kind: 'held' }>
  /** The connection is refused. */
  | { kind: 'refused'; on?: string }
  /**
   * The request is applied only after so many milliseconds. Its response arrives then, if `responds`, and
   * otherwise never.
   */
  | { kind: 'late'; on?: string; after: number; responds?: boolean };

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
  return async ({ method, url, headers, body = '', onSent }, signal) => {
    // As over a socket, nothing is sent then.
    if (signal.aborted) throw new TransportError(abortReason(signal), { isSent: false });
    const { pathname, search } = new URL(url);
    const path = pathOfApi(api, basePath, pathname + search);
    const call = api.callOf(method, path);
    calls.push(call);
    const apply = () => api.handle({ method, path, authorization: headers['authorization'], body });
    const fault = takeFault(schedule, [call, `${method} ${path}`]);
    const report = (response?: ApiResponse) =>
      network.onExchange?.({ method, path, body }, outcomeOf(fault, response));

    const isSent = fault?.kind !== 'refused';
    if (isSent) onSent?.();
    await travel(network, signal, { isSent });
    if (fault?.kind === 'refused') throw new TransportError('refused', { isSent });
    const applyAndReport = () => {
      const response = !fault || fault.kind === 'late' || fault.applied ? apply() : undefined;
      report(response);
      return response;
    };
    const isLate = fault?.kind === 'late';
    const response = await (isLate
      ? applyLate(fault, { clock, signal, apply: applyAndReport })
      : applyAndReport());
    await travel(network, signal, { isSent });
    if (fault && !isLate) return misbehave(fault, api.headers(), signal);
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

/** Applies a request when it arrives, which an abort does not prevent. Resolves then, if `responds`. */
function applyLate(
  { after, responds = false }: InProcessFault & { kind: 'late' },
  {
    clock,
    signal,
    apply,
  }: { clock: Clock; signal: AbortSignal; apply: () => ApiResponse | undefined },
): Promise<ApiResponse | undefined> {
  const applied = new Promise<ApiResponse | undefined>((resolve) => {
    clock.after(after, () => resolve(apply()));
  });
  return responds ? Promise.race([applied, silence(signal)]) : silence(signal);
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

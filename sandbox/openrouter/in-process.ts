import { type Clock, sleep } from '../../src/lib/clock.ts';
import type { HttpResponse, Transport } from '../../src/openrouter/http.ts';
import { TransportError } from '../../src/openrouter/transport.ts';
import { type ScheduledFault, takeFault } from './faults.ts';
import type { OpenRouter } from './openrouter.ts';

/** Faults that no server can commit. */
export type InProcessFault =
  | ScheduledFault
  /** Nobody listens. */
  | { kind: 'refused'; on?: string }
  /** Nothing is answered, and the request is carried out only after so many milliseconds. */
  | { kind: 'late'; on?: string; after: number };

export interface Network {
  account: OpenRouter;
  clock: Clock;
  schedule: InProcessFault[];
  /** The calls that have come in. */
  calls: string[];
  /** How long an exchange takes, in milliseconds. */
  latency: number;
}

/** A transport to an account without a socket, in the time of `clock`. */
export function inProcessTransport(network: Network, baseUrl: string): Transport {
  const { account, clock, schedule, calls, latency } = network;
  return async ({ method, url, headers, body = '' }, signal) => {
    const path = url.slice(baseUrl.length);
    const call = account.callOf(method, path);
    calls.push(call);
    const commit = () =>
      account.handle({ method, path, authorization: headers['authorization'], body });
    const fault = takeFault(schedule, [call, `${method} ${path}`]);
    const underWay = async (isSent: boolean) => {
      const aborted = await sleep(clock, latency, signal);
      if (aborted !== undefined) throw new TransportError(aborted, { isSent });
    };

    await underWay(fault?.kind !== 'refused');
    if (fault?.kind === 'refused') throw new TransportError('refused', { isSent: false });
    if (fault?.kind === 'late') {
      clock.after(fault.after, commit);
      return silence(signal);
    }
    const answer = !fault || fault.applied ? commit() : undefined;
    await underWay(true);
    const date = account.now().toUTCString();
    if (!fault) return respond(answer?.status ?? 0, { date }, JSON.stringify(answer?.body));
    switch (fault.kind) {
      case 'answer':
        return respond(fault.status, { date, ...fault.headers }, fault.body ?? '');
      case 'silence':
      case 'stall':
      case 'trickle':
        return silence(signal);
      default:
        throw new TransportError(fault.kind, { isSent: true });
    }
  };
}

function respond(status: number, headers: HttpResponse['headers'], body: string): HttpResponse {
  return { status, headers, body };
}

function silence(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new TransportError(signal.reason.message, { isSent: true }));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
}

import { type VirtualClock, virtualClock } from '../../sandbox/virtual-clock.ts';
import type { Client } from '../../src/http/client.ts';
import { type EffectRecord, recordEffect } from '../../src/http/effect.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../src/http/transport.ts';
import { TransportError } from '../../src/http/transport.ts';
import { Cancellation } from '../../src/lib/cancellation.ts';
import { openRouter } from '../../src/openrouter/server.ts';
import { openClient, SILENT } from './client.ts';

/** A response, an error, or `'silence'` until the request is aborted. */
export type Reply = Partial<HttpResponse> | Error | 'silence';

/** A client in virtual time, and what it sends and logs. */
export interface RecordingClient {
  client: Client;
  clock: VirtualClock;
  sent: HttpRequest[];
  /** When each request was sent, in milliseconds. */
  sentAt: number[];
  /** A line for each request, and one for each retry. */
  requestLines: string[];
  retryLines: string[];
  effect: EffectRecord;
  /** Aborts requests and waits at once. */
  abort(reason: string): void;
  /** Cancels the run. */
  cancel(): void;
  passTo(ms: number): Promise<void>;
  /** Lets time pass until `work` settles; returns its error if it fails. */
  run<Value>(work: Promise<Value>): Promise<Value | Error>;
}

const TIMEOUT = 60_000;

/**
 * A client whose requests get `replies` in turn, and the last one from then on, or what `replies` returns
 * for each. Each takes 20 ms.
 * @param onSend called with the number of each request, counted from 1, before its response
 */
export function openRecordingClient(
  replies: readonly Reply[] | ((request: HttpRequest) => Reply),
  onSend: (n: number, recording: RecordingClient) => void = () => undefined,
): RecordingClient {
  const clock = virtualClock();
  const step = new AbortController();
  clock.after(TIMEOUT, () => step.abort(new Error('the timeout is over')));
  const [sent, sentAt]: [HttpRequest[], number[]] = [[], []];
  const [requestLines, retryLines]: [string[], string[]] = [[], []];
  const effect = recordEffect();
  const replyTo = (request: HttpRequest) =>
    typeof replies === 'function'
      ? replies(request)
      : (replies[Math.min(sent.length, replies.length - 1)] as Reply);
  const transport: Transport = async (request, signal) => {
    const reply = replyTo(request);
    sent.push(request);
    sentAt.push(clock.now());
    onSend(sent.length, recording);
    if (reply === 'silence') throw await abortOf(signal);
    await new Promise<void>((resolve) => clock.after(20, resolve));
    if (reply instanceof Error) throw reply;
    return { status: 200, headers: {}, body: '', ...reply };
  };
  const client = openClient({
    server: openRouter({
      apiUrl: 'https://openrouter.test/api/v1',
      managementKey: 'sk-or-v1-of-a-test',
    }),
    transport,
    clock,
    signal: step.signal,
    log: {
      ...SILENT,
      request: (line) => (line.startsWith('Could not ') ? retryLines : requestLines).push(line),
    },
    effect,
  });
  const recording: RecordingClient = {
    client,
    clock,
    sent,
    sentAt,
    requestLines,
    retryLines,
    effect,
    abort: (reason) => step.abort(new Error(reason)),
    cancel: () => step.abort(new Cancellation('SIGINT')),
    passTo: (ms) => new Promise((resolve) => clock.after(ms - clock.now(), resolve)),
    run: (work) => clock.run(work.catch((error: Error) => error)),
  };
  return recording;
}

/** Waits until `signal` aborts. Returns the error of a request that was in flight. */
async function abortOf(signal: AbortSignal): Promise<TransportError> {
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  return new TransportError(signal.reason.message, { isSent: true });
}

export const json = (body: unknown, status = 200): Partial<HttpResponse> => ({
  status,
  body: JSON.stringify(body),
});

/** No response: the connection was refused, or reset after the request was sent. */
export const refused = new TransportError('refused', { isSent: false });
export const reset = new TransportError('reset', { isSent: true });

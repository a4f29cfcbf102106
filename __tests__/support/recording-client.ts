import { type Client, createClient } from '../../src/http/client.ts';
import { type EffectRecord, recordEffect } from '../../src/http/effect.ts';
import type { HttpRequest, HttpResponse, Transport } from '../../src/http/transport.ts';
import { TransportError } from '../../src/http/transport.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

export type Reply = Partial<HttpResponse> | Error;

/** A client in virtual time, and what it sends and logs. */
export interface RecordingClient {
  client: Client;
  clock: VirtualClock;
  sent: HttpRequest[];
  /** When each request was sent, in milliseconds. */
  sentAt: number[];
  info: string[];
  debug: string[];
  effect: EffectRecord;
  /** Aborts the step. */
  abort(reason: string): void;
  /** Lets time pass until `work` settles; returns its error if it fails. */
  run<Value>(work: Promise<Value>): Promise<Value | Error>;
}

const TIMEOUT = 60_000;

/**
 * A client whose requests get `replies` in turn, and the last one from then on. Each takes 20 ms.
 * @param onSend called with the number of each request, counted from 1, before its response
 */
export function openRecordingClient(
  replies: readonly Reply[],
  onSend: (n: number, recording: RecordingClient) => void = () => undefined,
): RecordingClient {
  const clock = virtualClock();
  const step = new AbortController();
  clock.after(TIMEOUT, () => step.abort(new Error('the timeout is over')));
  const [sent, sentAt]: [HttpRequest[], number[]] = [[], []];
  const [info, debug]: [string[], string[]] = [[], []];
  const effect = recordEffect();
  const transport: Transport = async (request) => {
    const reply = replies[Math.min(sent.length, replies.length - 1)] as Reply;
    sent.push(request);
    sentAt.push(clock.now());
    onSend(sent.length, recording);
    await new Promise<void>((resolve) => clock.after(20, resolve));
    if (reply instanceof Error) throw reply;
    return { status: 200, headers: {}, body: '', ...reply };
  };
  const client = createClient({
    apiUrl: 'https://openrouter.test/api/v1',
    managementKey: 'sk-or-v1-of-a-test',
    transport,
    clock,
    random: () => 0.5,
    deadline: TIMEOUT,
    signal: step.signal,
    log: { info: (line) => info.push(line), debug: (line) => debug.push(line) },
    effect,
  });
  const recording: RecordingClient = {
    client,
    clock,
    sent,
    sentAt,
    info,
    debug,
    effect,
    abort: (reason) => step.abort(new Error(reason)),
    run: (work) => clock.run(work.catch((error: Error) => error)),
  };
  return recording;
}

/** A successful response with `body` as JSON. */
export const json = (body: unknown, status = 200): Reply => ({
  status,
  body: JSON.stringify(body),
});

/** No response: the connection was refused, or reset after the request was sent. */
export const refused = new TransportError('refused', { isSent: false });
export const reset = new TransportError('reset', { isSent: true });

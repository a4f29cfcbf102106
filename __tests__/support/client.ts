import type { VirtualClock } from '../../sandbox/virtual-clock.ts';
import { type Client, type ClientOptions, createClient } from '../../src/http/client.ts';
import { recordEffect } from '../../src/http/effect.ts';
import type { Log } from '../../src/lib/log.ts';

/** The log of what a test does not look at. */
export const SILENT: Log = { info() {}, request() {}, notice() {} };

type TestClientOptions = Pick<ClientOptions, 'server' | 'transport'> &
  Partial<ClientOptions> & {
    clock: VirtualClock;
    /** When it aborts its requests, in milliseconds from 0, unless it has a signal. */
    timeout?: number;
  };

/** A client of a server in virtual time: without a log, and with a timeout of a minute, unless `options` have others. */
export function openClient({ timeout = 60_000, ...options }: TestClientOptions): Client {
  const { clock, signal = abortAfter(timeout, clock) } = options;
  return createClient({
    random: () => 0.5,
    deadline: () => timeout,
    log: SILENT,
    effect: recordEffect(),
    ...options,
    signal,
  });
}

function abortAfter(ms: number, clock: VirtualClock): AbortSignal {
  const step = new AbortController();
  clock.after(ms, () => step.abort(new Error('the timeout is over')));
  return step.signal;
}

import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { virtualClock } from '../virtual-clock.ts';

/** Longer than a step waits before it sends a request again, and shorter than the timeout of a step. */
const MAX_PASSED_MS = 10_000;
/** What one turn of the event loop has ended, the next one may go on with. */
const MIN_IDLE_TURNS = 3;

/**
 * Makes the time of a step in this process that of a virtual clock: it stands still while a request is in
 * flight, and otherwise passes to the next timer. A step that gets no response would wait forever: it needs
 * a process of its own, in which a test can let time pass. Returns a function that ends this.
 */
export function enterVirtualTime(): () => void {
  const { setTimeout, clearTimeout } = globalThis;
  const { bigint } = process.hrtime;
  const clock = virtualClock();
  let inFlight = 0;
  let idleTurns = 0;

  const onStart = (message: unknown) => {
    inFlight += 1;
    (message as { request: ClientRequest }).request.once('close', () => {
      inFlight -= 1;
    });
  };
  const turns = setInterval(() => {
    idleTurns = inFlight === 0 ? idleTurns + 1 : 0;
    if (idleTurns >= MIN_IDLE_TURNS) clock.passToNext(MAX_PASSED_MS);
  }, 1);

  subscribe('http.client.request.start', onStart);
  process.hrtime.bigint = () => BigInt(Math.round(clock.now() * 1e6));
  Object.assign(globalThis, {
    // What the one returns, the other takes.
    setTimeout: (act: () => void, ms: number) => clock.after(ms, act),
    clearTimeout: (cancel: () => void) => cancel(),
  });

  return () => {
    clearInterval(turns);
    unsubscribe('http.client.request.start', onStart);
    process.hrtime.bigint = bigint;
    Object.assign(globalThis, { setTimeout, clearTimeout });
  };
}

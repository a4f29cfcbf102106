import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { virtualClock } from '../virtual-clock.ts';

/**
 * Longer than a step waits, and shorter than the timeout of a step, which is not to expire because this machine
 * is slow.
 */
const MAX_PASSED_MS = 60_000;
/** The timeout of a step that has no other. */
export const TIMEOUT = '4m';
/** What one turn of the event loop has ended, the next one may go on with. */
const MIN_IDLE_TURNS = 3;

const listeners = new Set<(ms: number) => void>();

/** Calls `listener` whenever time has passed in a step in this process. Returns a function that ends this. */
export function onTimePassed(listener: (ms: number) => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

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
  const passToNext = () => {
    const before = clock.now();
    clock.passToNext(MAX_PASSED_MS);
    const passed = clock.now() - before;
    if (passed > 0) for (const listener of listeners) listener(passed);
  };
  const turns = setInterval(() => {
    idleTurns = inFlight === 0 && !usesFiles() ? idleTurns + 1 : 0;
    if (idleTurns >= MIN_IDLE_TURNS) passToNext();
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

/** Whether this process waits for a file. */
function usesFiles(): boolean {
  return process.getActiveResourcesInfo().some((resource) => resource.startsWith('FSReq'));
}

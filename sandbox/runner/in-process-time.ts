import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** Longer than a step waits before it sends a request again, and shorter than it waits for a response. */
const MAX_SKIPPED_MS = 10_000;
/** What one turn of the event loop has ended, the next one may go on with. */
const MIN_IDLE_TURNS = 3;

/** A timer that has not fired. */
interface Waiting {
  at: number;
  fire(): void;
}

/**
 * Lets a step in this process wait no real time: while none of its requests is in flight, its next timer
 * fires at once, and its clock shows that the time has passed. Returns a function that ends this.
 */
export function skipWaits(): () => void {
  const { setTimeout, clearTimeout } = globalThis;
  const { bigint } = process.hrtime;
  const waiting = new Map<NodeJS.Timeout, Waiting>();
  let inFlight = 0;
  let skippedMs = 0;
  let idleTurns = 0;
  const now = () => Number(bigint()) / 1e6 + skippedMs;

  const onStart = (message: unknown) => {
    inFlight += 1;
    (message as { request: ClientRequest }).request.once('close', () => {
      inFlight -= 1;
    });
  };
  const turns = setInterval(() => {
    idleTurns = inFlight === 0 ? idleTurns + 1 : 0;
    const [next] = [...waiting.values()].sort((a, b) => a.at - b.at);
    if (!next || idleTurns < MIN_IDLE_TURNS) return;
    const left = Math.max(0, next.at - now());
    if (left > MAX_SKIPPED_MS) return;
    skippedMs += left;
    next.fire();
  }, 1);

  subscribe('http.client.request.start', onStart);
  process.hrtime.bigint = () => BigInt(Math.round(now() * 1e6));
  const set = (act: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
    const fire = () => {
      clear(timer);
      act(...args);
    };
    const timer = setTimeout(fire, ms);
    waiting.set(timer, { at: now() + ms, fire });
    return timer;
  };
  const clear = (timer: NodeJS.Timeout) => {
    waiting.delete(timer);
    clearTimeout(timer);
  };
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });

  return () => {
    clearInterval(turns);
    unsubscribe('http.client.request.start', onStart);
    process.hrtime.bigint = bigint;
    Object.assign(globalThis, { setTimeout, clearTimeout });
  };
}

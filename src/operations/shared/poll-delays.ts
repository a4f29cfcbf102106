import { sleep } from '../../lib/clock.ts';
import type { AbortableContext } from './context.ts';

/** Milliseconds from one look to the next. */
const WAITS_MS = [0, 1_000, 2_000];

/** When to look for what a POST without an answer has made: it may yet be carried out. */
export async function* pollDelays({ clock, signal }: AbortableContext): AsyncGenerator<void> {
  for (const wait of WAITS_MS) {
    // If time is over, the look says so.
    await sleep(clock, wait, signal).catch(() => undefined);
    yield;
  }
}

import { sleep } from '../../lib/clock.ts';
import type { AbortableContext } from './context.ts';

const DELAYS_MS = [0, 1_000, 2_000];

/**
 * Yields when to check again for what an ambiguous POST has created: the POST may be applied late.
 * An abort ends the delays early, and the lookup after it then reports the abort.
 */
export async function* pollDelays({ clock, signal }: AbortableContext): AsyncGenerator<void> {
  for (const delay of DELAYS_MS) {
    await sleep(clock, delay, signal);
    yield;
  }
}

import { sleep } from '../../lib/clock.ts';
import type { AbortableContext } from './context.ts';

/** When to check for what an ambiguous POST has created, in milliseconds after the check before. */
export const LATE_CREATION_DELAYS_MS = [0, 1_000, 2_000];

/**
 * When to try again to delete what OpenRouter reports as missing, although this step created it: reads
 * can lag behind a write.
 */
export const MISSING_DELAYS_MS = [...LATE_CREATION_DELAYS_MS, 4_000, 8_000];

/**
 * Yields each of `delays` once it is over. An abort ends the delays early, and the request after it then
 * reports the abort.
 */
export async function* pollDelays(
  delays: readonly number[],
  { clock, signal }: Pick<AbortableContext, 'clock' | 'signal'>,
): AsyncGenerator<number> {
  for (const delay of delays) {
    await sleep(clock, delay, signal);
    yield delay;
  }
}

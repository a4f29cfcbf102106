import { sleep } from '../../lib/clock.ts';
import type { Context } from './context.ts';

/** When to check for what an ambiguous POST has created, in milliseconds after the check before. */
export const LATE_CREATION_DELAYS_MS = [0, 1_000, 2_000];

const MISSING_DELAYS_MS = [...LATE_CREATION_DELAYS_MS, 4_000, 8_000];

/**
 * Yields when to try to delete what this step created, and again while OpenRouter reports that it is
 * missing: reads can lag behind a write. Ends early once the step is aborted.
 */
export async function* deletionAttempts(
  context: Pick<Context, 'clock' | 'signal'>,
): AsyncGenerator<void> {
  for await (const delay of pollDelays(MISSING_DELAYS_MS, context)) {
    // The first attempt reports an abort.
    if (delay > 0 && context.signal.aborted) return;
    yield;
  }
}

/**
 * Yields each of `delays` once it is over. An abort ends the delays early, and the request after it then
 * reports the abort.
 */
export async function* pollDelays(
  delays: readonly number[],
  { clock, signal }: Pick<Context, 'clock' | 'signal'>,
): AsyncGenerator<number> {
  for (const delay of delays) {
    await sleep(clock, delay, signal);
    yield delay;
  }
}

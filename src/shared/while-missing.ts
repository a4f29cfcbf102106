import type { Context } from './context.ts';

/** When to try, in milliseconds after the attempt before. */
const MISSING_DELAYS_MS = [0, 1_000, 2_000, 4_000, 8_000];

/**
 * Yields when to try something with what was just created, while OpenRouter reports that it is missing:
 * reads can lag behind a write. Ends early if the step is aborted.
 */
export async function* whileMissing({
  client,
  signal,
}: Pick<Context, 'client' | 'signal'>): AsyncGenerator<void> {
  for (const delay of MISSING_DELAYS_MS) {
    // The first attempt reports an abort.
    if (delay > 0 && signal.aborted) return;
    await client.pause(delay);
    yield;
  }
}

import { type CallFacts, linesOf, OpenRouterError } from '../../openrouter/api-error.ts';
import type { Client } from '../../openrouter/client.ts';

/** Whether a call may have landed, and a look can show it: time is not over, nor the run cancelled. */
export function canBeLookedInto({ status, again, mayHaveLanded }: CallFacts): boolean {
  return mayHaveLanded && (again || status !== undefined);
}

/**
 * Looks into what became of a POST that failed with `error`.
 * @throws {OpenRouterError} `error`, where the look has failed for good.
 */
export async function lookInto<Found>(
  error: OpenRouterError,
  look: () => Promise<Found>,
): Promise<Found> {
  try {
    return await look();
  } catch (failure) {
    if (!(failure instanceof OpenRouterError)) throw failure;
    const [first, ...notes] = linesOf(failure.facts);
    throw error.withNotes(`The lookup that followed failed: ${first}`, ...notes);
  }
}

/**
 * Waits for it after a look that found nothing, or fails for good with what is known by then.
 * `isOpen` says whether an earlier try may have landed, or may yet.
 */
export async function nextAttempt(
  error: OpenRouterError,
  isOpen: boolean,
  client: Client,
): Promise<void> {
  const known = told(error.with({ mayHaveLanded: false }), isOpen);
  if (!error.facts.again) throw known;
  await client.untilNextAttempt(known);
}

/** `error`, told with what earlier tries have left open. */
export function told(error: OpenRouterError, isOpen: boolean): OpenRouterError {
  return isOpen ? error.with({ mayHaveLanded: true }) : error;
}

import * as z from 'zod/mini';
import type { Client } from '../http/client.ts';
import { ApiError, type ApiErrorDetails, type RequestFacts, toApiError } from '../http/request.ts';
import { catching } from '../lib/catching.ts';

/** What became of a resource that was to be deleted. */
export type DeletionResult =
  /** This step deleted it: OpenRouter says so, or a DELETE was ambiguous and the resource is missing. */
  | { kind: 'deleted' }
  /** It did not exist, or another job deleted it. */
  | { kind: 'missing' }
  /** OpenRouter reports that it does not exist, but still returns it. */
  | { kind: 'unclear'; error: ApiError };

const deleted = z.pipe(
  z.object({ deleted: z.boolean().check(z.refine((isDeleted) => isDeleted)) }),
  z.transform(() => true),
);

/**
 * How long a lookup may lag behind a deletion: when to look up what was deleted, in milliseconds after the
 * lookup before.
 */
export const DELETION_LAG_MS = [500, 1_000, 2_000];

/**
 * Sends a DELETE. Its HTTP 404 counts only if a lookup confirms it.
 * @param lookUp looks up the resource once
 * @throws {ApiError} if a request fails
 */
export async function sendDeletion(
  client: Client,
  facts: Omit<RequestFacts, 'method'>,
  lookUp: () => Promise<unknown>,
): Promise<DeletionResult> {
  let mayBeApplied = false;
  for (const delay of DELETION_LAG_MS) {
    const response = await client.request({
      ...facts,
      method: 'DELETE',
      schema: deleted,
      on404: () => false,
      trusts404: true,
    });
    if (response.data) return { kind: 'deleted' };
    mayBeApplied ||= response.mayBeApplied;
    await client.pause(delay);
    const { value: found, error } = await catching(lookUp(), ApiError);
    if (error) {
      const conclusion = { ambiguous: mayBeApplied, lookupFailure: error.details };
      throw unconfirmed(facts, { reason: 'HTTP 404 Not Found', ...conclusion });
    }
    if (found === undefined) return { kind: mayBeApplied ? 'deleted' : 'missing' };
  }
  const reason = 'HTTP 404 Not Found, but OpenRouter still returns it';
  return { kind: 'unclear', error: unconfirmed(facts, { reason, ambiguous: false }) };
}

/** When to try, in milliseconds after the attempt before. */
const MISSING_DELAYS_MS = [0, 1_000, 2_000, 4_000, 8_000];

/**
 * Yields when to try something with what was just created, while OpenRouter reports that it is missing:
 * reads can lag behind a write. Ends early if the step is aborted.
 */
export async function* whileMissing({
  client,
  signal,
}: {
  client: Client;
  signal: AbortSignal;
}): AsyncGenerator<void> {
  for (const delay of MISSING_DELAYS_MS) {
    // The first attempt reports an abort.
    if (delay > 0 && signal.aborted) return;
    await client.pause(delay);
    yield;
  }
}

/**
 * Attempts something with what was just created, as often as `whileMissing` yields, until it is found. Undefined if
 * OpenRouter reports all along that it is missing.
 */
export async function untilFound<Result>(
  context: Parameters<typeof whileMissing>[0],
  attempt: () => Promise<Result | undefined>,
): Promise<Result | undefined> {
  for await (const _ of whileMissing(context)) {
    const result = await attempt();
    if (result !== undefined) return result;
  }
  return undefined;
}

/** Creates the error for a DELETE whose HTTP 404 no lookup confirmed. */
function unconfirmed(
  facts: Omit<RequestFacts, 'method'>,
  { reason, ...conclusion }: Pick<ApiErrorDetails, 'reason' | 'ambiguous' | 'lookupFailure'>,
): ApiError {
  const failure = { ...facts, server: 'OpenRouter', method: 'DELETE', kind: 'unexpected' } as const;
  return toApiError([{ ...failure, reason }], conclusion);
}

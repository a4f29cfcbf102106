import * as z from 'zod/mini';
import type { Client } from '../http/client.ts';
import { ApiError, type ApiErrorDetails, type RequestFacts } from '../http/request.ts';
import { catching } from '../lib/catching.ts';

/**
 * How long to wait before an HTTP 404 is confirmed, in milliseconds. A read can lag behind a write, and
 * a single 404 can be wrong.
 */
const CONFIRM_AFTER_MS = 1_000;

/**
 * Looks up a resource with `find`. Returns undefined only if a second lookup confirms that it is missing.
 * @throws {ApiError} what `find` throws
 */
export async function findConfirmed<Found>(
  client: Pick<Client, 'pause'>,
  find: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const found = await find();
  if (found !== undefined) return found;
  await client.pause(CONFIRM_AFTER_MS);
  return find();
}

/** What became of a resource that was to be deleted. */
export type Deletion =
  /** This step deleted it: OpenRouter says so, or a DELETE was ambiguous and the resource is missing. */
  | { kind: 'deleted' }
  /** It did not exist, or another job deleted it. */
  | { kind: 'missing' }
  /** OpenRouter reports that it does not exist, but still returns it. */
  | { kind: 'unclear'; error: ApiError };

const deleted = z.pipe(
  z.object({ deleted: z.literal(true) }),
  z.transform(() => true),
);

/** How often a DELETE is sent at most while its HTTP 404 and the lookup after it disagree. */
const MAX_DELETIONS = 2;

/**
 * Sends a DELETE. Its HTTP 404 counts only if a lookup confirms it.
 * @param find looks up the resource once
 * @throws {ApiError} if a request fails
 */
export async function sendDeletion(
  client: Client,
  facts: Omit<RequestFacts, 'method'>,
  find: () => Promise<unknown>,
): Promise<Deletion> {
  let mayBeApplied = false;
  for (let count = 0; count < MAX_DELETIONS; count += 1) {
    const response = await client.request({
      ...facts,
      method: 'DELETE',
      schema: deleted,
      on404: () => false,
    });
    if (response.data) return { kind: 'deleted' };
    mayBeApplied ||= response.mayBeApplied;
    await client.pause(CONFIRM_AFTER_MS);
    const { value: found, error } = await catching(find(), ApiError);
    if (error) {
      const conclusion = { ambiguous: mayBeApplied, lookupFailure: error.details };
      throw unconfirmed(facts, { reason: 'HTTP 404 Not Found', ...conclusion });
    }
    if (found === undefined) return { kind: mayBeApplied ? 'deleted' : 'missing' };
  }
  const reason = 'HTTP 404 Not Found, but OpenRouter still returns it';
  return { kind: 'unclear', error: unconfirmed(facts, { reason, ambiguous: false }) };
}

/** Creates the error for a DELETE whose HTTP 404 no lookup confirmed. */
function unconfirmed(
  facts: Omit<RequestFacts, 'method'>,
  conclusion: Pick<ApiErrorDetails, 'reason' | 'ambiguous' | 'lookupFailure'>,
): ApiError {
  return new ApiError({
    ...facts,
    method: 'DELETE',
    kind: 'unexpected',
    attempts: 1,
    wasThrottled: false,
    ...conclusion,
  });
}

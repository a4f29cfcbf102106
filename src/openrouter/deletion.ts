import * as z from 'zod/mini';
import type { RequestFacts } from './api-error.ts';
import type { Client } from './client.ts';

const deleted = z.pipe(
  z.object({ deleted: z.literal(true) }),
  z.transform(() => true),
);

/**
 * Sends a DELETE. Returns whether it deleted the resource; deleting a missing resource succeeds. A single
 * HTTP 404 can be wrong, so it counts only if a second one confirms it.
 * @throws {ApiError}
 */
export async function sendDeletion(
  client: Client,
  facts: Omit<RequestFacts, 'method'>,
): Promise<boolean> {
  const send = () =>
    client.request({ ...facts, method: 'DELETE', schema: deleted, notFound: () => false });
  const first = await send();
  if (first.data) return true;
  const second = await send();
  return second.data || first.mayBeApplied || second.mayBeApplied;
}

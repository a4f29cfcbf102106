import { OpenRouterError } from '../../openrouter/api-error.ts';
import type { Client } from '../../openrouter/client.ts';
import { deleteKey, type Key } from '../../openrouter/resources/keys.ts';

/** An API key that could not be deleted, and why. */
interface Undeleted {
  key: Key;
  error: OpenRouterError;
}

/**
 * Deletes `keys`, one whose deletion fails no less than the others. Returns those that are left;
 * `deleted` is told of each that is gone, at once.
 */
export async function deleteEach(
  keys: readonly Key[],
  client: Client,
  deleted: (key: Key) => void,
): Promise<Undeleted[]> {
  const outcomes = await Promise.all(
    keys.map(async (key) => {
      try {
        await deleteKey(client, key);
        deleted(key);
        return [];
      } catch (error) {
        if (!(error instanceof OpenRouterError)) throw error;
        return [{ key, error }];
      }
    }),
  );
  return outcomes.flat();
}

import { settle } from '../../lib/settle.ts';
import { ApiError } from '../../openrouter/api-error.ts';
import type { Client } from '../../openrouter/client.ts';
import { deleteKey, type Key } from '../../openrouter/resources/keys.ts';

/** An API key that could not be deleted, and why. */
export interface UndeletedKey {
  key: Key;
  error: ApiError;
}

/**
 * Deletes `keys`; one that fails does not stop the others. Returns those that could not be deleted.
 * `onDeleted` is called for each of the others at once.
 */
export async function deleteEach(
  keys: readonly Key[],
  client: Client,
  onDeleted: (key: Key) => void,
): Promise<UndeletedKey[]> {
  const outcomes = await Promise.all(
    keys.map(async (key) => {
      const { error } = await settle(deleteKey(client, key), ApiError);
      if (error) return [{ key, error }];
      onDeleted(key);
      return [];
    }),
  );
  return outcomes.flat();
}

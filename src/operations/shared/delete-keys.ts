import type { Client } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { deleteKey, type Key } from '../../openrouter/resources/keys.ts';

/** An API key that could not be deleted, and why. */
export interface UndeletedKey {
  key: Key;
  error: ApiError;
}

/**
 * Deletes API keys. A failure does not stop the other deletions. Returns the keys that could not be
 * deleted; a missing key is not one of them.
 * @param onDeleted called for each key as soon as this step has deleted it
 */
export async function deleteEach(
  keys: readonly Key[],
  client: Client,
  onDeleted: (key: Key) => void,
): Promise<UndeletedKey[]> {
  const outcomes = await Promise.all(
    keys.map(async (key) => {
      const { value: deletion, error } = await catching(deleteKey(client, key), ApiError);
      if (error) return [{ key, error }];
      if (deletion.kind === 'unclear') return [{ key, error: deletion.error }];
      if (deletion.kind === 'deleted') onDeleted(key);
      return [];
    }),
  );
  return outcomes.flat();
}

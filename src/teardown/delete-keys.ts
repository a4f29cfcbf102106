import type { Client } from '../http/client.ts';
import { forEachOf } from '../http/for-each.ts';
import { ApiError } from '../http/request.ts';
import { catching } from '../lib/catching.ts';
import { deleteKey, type Key } from '../openrouter/resources/keys.ts';

/** An API key that could not be deleted, and why. */
export interface UndeletedKey {
  key: Key;
  error: ApiError;
}

/**
 * Deletes API keys, a few at once. A failure does not stop the other deletions. Returns the keys that could
 * not be deleted; a missing key is not one of them.
 * @param onDeleted called for each key as soon as this step has deleted it
 */
export async function deleteEach(
  keys: readonly Key[],
  client: Client,
  onDeleted: (key: Key) => void,
): Promise<UndeletedKey[]> {
  const undeleted: UndeletedKey[] = [];
  await forEachOf(keys, async (key) => {
    const { value: deletion, error } = await catching(deleteKey(client, key), ApiError);
    if (error) undeleted.push({ key, error });
    else if (deletion.kind === 'unclear') undeleted.push({ key, error: deletion.error });
    else if (deletion.kind === 'deleted') onDeleted(key);
  });
  return undeleted;
}

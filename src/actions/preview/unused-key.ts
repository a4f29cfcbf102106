/** The keys that a run has created and not given out. No one has the secret of such a key, so it can never spend. */
import {
  disableRequest,
  isDisabled,
  type Key,
  type KeyReader,
  requestKey,
} from '../../openrouter/resources/keys.ts';
import { isUnusedKeyName, unusedKeyName } from '../../shared/key-name.ts';

/**
 * Disables a new API key, and marks it as one that no one gets. Returns the key as it is then; undefined if OpenRouter
 * does not find it.
 * @throws {ApiError}
 */
export async function disableUnused(reader: KeyReader, key: Key): Promise<Key | undefined> {
  const changes = { disabled: true, name: unusedKeyName(key.name) } as const;
  return (await requestKey(reader, disableRequest(key, changes))).key;
}

/** Whether `key` was disabled like that. */
export function isUnused(key: Key): boolean {
  return isDisabled(key) && isUnusedKeyName(key.name);
}

import * as z from 'zod/mini';
import { type Key, key } from '../../src/openrouter/resources/keys.ts';

/** The fields of an API key as OpenRouter sends them. */
export type KeyFields = Readonly<Record<string, unknown>>;

/** The API key that is read from `fields`. */
export function toKey(fields: KeyFields): Key {
  return z.parse(key, {
    hash: 'a1',
    name: 'Key',
    label: 'sk-or-v1-abc...123',
    workspace_id: 'w',
    ...fields,
  });
}

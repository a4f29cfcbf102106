import * as z from 'zod/mini';
import { type Key, key } from '../../src/openrouter/resources/keys.ts';
import type { SeenKey } from '../../src/openrouter/settlement.ts';

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

/** `key` as a list shows it that ended so many milliseconds ago; undefined while it works. */
export function seen(key: Key, endedFor: number | undefined): SeenKey {
  if (endedFor === undefined) return { key, state: 'works', endedFor: 0 };
  return { key, state: key['disabled'] === true ? 'disabled' : 'expired', endedFor };
}

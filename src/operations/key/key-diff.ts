import type { Log } from '../../lib/log.ts';
import { type CreateKeyRequest, type Key, tellKey } from '../../openrouter/resources/keys.ts';
import { type Change, tellAnswer } from '../shared/diff.ts';

const COMPARED = ['limit', 'limit_reset', 'include_byok_in_limit'] as const;

/** Warns where OpenRouter has answered with another limit or expiry than it was asked for. */
export function warnOfKeyDrift(key: Key, asked: CreateKeyRequest, log: Log): void {
  const changes: Change[] = COMPARED.filter((field) => asked[field] !== undefined)
    .filter((field) => key[field] !== undefined && key[field] !== asked[field])
    .map((field) => ({ field, from: asked[field], to: key[field] }));
  const { expires_at } = key;
  if (expires_at !== undefined && secondOf(expires_at) !== secondOf(asked.expires_at)) {
    changes.push({ field: 'expires_at', from: asked.expires_at, to: expires_at });
  }
  if (changes.length === 0) return;
  log.warning(`The API key ${tellKey(key)} is not quite what was asked for`, tellAnswer(changes));
}

/** Milliseconds may be dropped. */
function secondOf(time: unknown): number | null {
  return typeof time === 'string' ? Math.floor(Date.parse(time) / 1000) : null;
}

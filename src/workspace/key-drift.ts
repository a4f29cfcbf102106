import type { Log } from '../log.ts';
import { type CreateKeyRequest, type Key, tellKey } from '../openrouter/keys.ts';

const COMPARED = ['limit', 'limit_reset', 'include_byok_in_limit'] as const;

/** Warns where OpenRouter has answered with another limit or expiry than it was asked for. */
export function warnOfKeyDrift(key: Key, asked: CreateKeyRequest, log: Log): void {
  const lines = COMPARED.filter((field) => asked[field] !== undefined)
    .filter((field) => key[field] !== undefined && key[field] !== asked[field])
    .map((field) => tell(field, asked[field], key[field]));
  const { expires_at } = key;
  if (expires_at !== undefined && secondOf(expires_at) !== secondOf(asked.expires_at)) {
    lines.push(tell('expires_at', asked.expires_at, expires_at));
  }
  if (lines.length === 0) return;
  log.warning(`The API key ${tellKey(key)} is not quite what was asked for`, [
    'OpenRouter has answered with other values:',
    ...lines,
  ]);
}

function tell(field: string, asked: unknown, answered: unknown): string {
  return `${field}: ${JSON.stringify(asked)} → ${JSON.stringify(answered)}`;
}

/** Milliseconds may be dropped. */
function secondOf(time: unknown): number | null {
  return typeof time === 'string' ? Math.floor(Date.parse(time) / 1000) : null;
}

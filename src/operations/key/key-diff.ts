import type { Change } from '../../lib/change.ts';
import type { CreateKeyRequest, Key } from '../../openrouter/resources/keys.ts';
import type { Context } from '../shared/context.ts';

const COMPARED_FIELDS = ['limit', 'limit_reset', 'include_byok_in_limit'] as const;

/** Warns if OpenRouter returned another limit or expiry than requested. */
export function warnOnKeyDrift(
  key: Key,
  desired: CreateKeyRequest,
  { warn }: Pick<Context, 'warn'>,
): void {
  const changes: Change[] = COMPARED_FIELDS.filter((field) => desired[field] !== undefined)
    .filter((field) => key[field] !== undefined && key[field] !== desired[field])
    .map((field) => ({ field, from: desired[field], to: key[field] }));
  const { expires_at } = key;
  if (expires_at !== undefined && secondOf(expires_at) !== secondOf(desired.expires_at)) {
    changes.push({ field: 'expires_at', from: desired.expires_at, to: expires_at });
  }
  if (changes.length > 0) warn('unexpected-key-fields', { key, changes });
}

/** The time in seconds: OpenRouter may drop milliseconds. */
function secondOf(time: unknown): number | null {
  return typeof time === 'string' ? Math.floor(Date.parse(time) / 1000) : null;
}

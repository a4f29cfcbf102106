import { isDisabled, type Key } from './resources/keys.ts';
import { readTime } from './time.ts';

/** Why OpenRouter rejects each request with an API key. */
export type UnusableState = 'disabled' | 'expired';

/**
 * Why OpenRouter rejects each request with `key`; undefined if it does not.
 * @param now in milliseconds since 1970; if undefined, no key is known to have expired
 */
export function unusableState(key: Key, now: number | undefined): UnusableState | undefined {
  if (isDisabled(key)) return 'disabled';
  const expiry = readTime(key['expires_at']);
  return expiry !== undefined && now !== undefined && expiry <= now ? 'expired' : undefined;
}

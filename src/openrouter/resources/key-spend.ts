import { sumUsd, toUsd, type Usd } from '../../lib/usd.ts';
import type { ApiRequest } from '../api-request.ts';
import type { Client } from '../client.ts';
import { envelope } from '../envelope.ts';
import { type Key, key } from './keys.ts';

/** The spending limit of an API key. */
export interface KeyLimit {
  amount: Usd;
  /** How often the limit resets: `daily`; undefined for never. */
  reset: string | undefined;
  /** What is left until the limit resets; negative after an overshoot; undefined if unknown. */
  remaining: Usd | undefined;
}

/** The limit of `key`; undefined if it has none. */
export function limitOf(key: Key): KeyLimit | undefined {
  const amount = toUsd(key['limit']);
  const reset = key['limit_reset'];
  if (amount === undefined) return undefined;
  return {
    amount,
    reset: typeof reset === 'string' ? reset : undefined,
    remaining: toUsd(key['limit_remaining']),
  };
}

/** What `keys` have spent in their lives; null if OpenRouter does not report it for all of them. */
export function totalSpent(keys: readonly Key[]): Usd | null {
  const amounts = keys.flatMap((key) => toUsd(key['usage']) ?? []);
  return amounts.length === keys.length ? sumUsd(amounts) : null;
}

/**
 * `GET /keys/{hash}`: the request for an API key, whose absence is a result and not an error.
 * @param name what the key is called in messages
 */
export function keyRequest(hash: string, name: string): ApiRequest<Key | undefined> {
  return {
    operation: `read the API key ${name}`,
    method: 'GET',
    path: `/keys/${encodeURIComponent(hash)}`,
    schema: envelope(key),
    notFound: () => undefined,
    findMismatch: (returned) =>
      returned && returned.hash !== hash
        ? `the response is about the API key with the hash ${returned.hash}`
        : undefined,
  };
}

/**
 * `GET /keys/{hash}`: looks up an API key.
 * @throws {ApiError}
 */
export async function findKey(client: Client, hash: string): Promise<Key | undefined> {
  const { data } = await client.request(keyRequest(hash, `with the hash ${hash}`));
  return data;
}

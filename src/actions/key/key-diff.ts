import type { Change } from '../../lib/format.ts';
import type { CreateKeyRequest, Key } from '../../openrouter/resources/keys.ts';
import { readTime } from '../../openrouter/time.ts';

/** The values of a new key that differ from what was requested. */
export interface KeyDifferences {
  /** With them, the key may spend more or live longer. */
  looser: readonly Change[];
  /** With them, it may not. */
  stricter: readonly Change[];
}

/** Whether a returned value keeps what the requested one promises. */
type Comparison = 'same' | keyof KeyDifferences;

type Compare = (returned: unknown, desired: CreateKeyRequest) => Comparison;

/**
 * The fields of a key that limit it. A response without a field has no such limit; only `expires_at` may
 * be absent (https://openrouter.ai/docs/api/api-reference/api-keys/create-keys).
 */
const COMPARISONS = {
  limit(returned, { limit: requested }) {
    const amount = typeof returned === 'bigint' ? returned : undefined;
    if (requested === undefined) return amount === undefined ? 'same' : 'stricter';
    if (amount === undefined || amount < 0n || amount > requested) return 'looser';
    return amount < requested ? 'stricter' : 'same';
  },
  // Any other interval is another limit: 5 USD each day are not 5 USD in all.
  limit_reset: (returned, { limit, limit_reset }) =>
    limit === undefined || (returned ?? undefined) === limit_reset ? 'same' : 'looser',
  include_byok_in_limit(returned, { include_byok_in_limit: requested }) {
    if (requested === undefined || (returned === true) === requested) return 'same';
    return requested ? 'looser' : 'stricter';
  },
  expires_at(returned, { expires_at: requested }) {
    const time = readTime(returned);
    if (requested === null) return time === undefined ? 'same' : 'stricter';
    if (returned === undefined) return 'stricter';
    if (time === undefined) return 'looser';
    const later = time - Date.parse(requested);
    if (later === 0) return 'same';
    return later > 0 ? 'looser' : 'stricter';
  },
} as const satisfies Partial<Record<keyof CreateKeyRequest, Compare>>;

/** Compares the values that limit a new key with the requested ones. */
export function compareKey(key: Key, desired: CreateKeyRequest): KeyDifferences {
  const differences = (comparison: Comparison) =>
    (Object.keys(COMPARISONS) as (keyof typeof COMPARISONS)[])
      .filter((field) => COMPARISONS[field](key[field], desired) === comparison)
      .map(
        (field): Change => ({
          field,
          from: desired[field] ?? null,
          to: key[field],
        }),
      );
  return { looser: differences('looser'), stricter: differences('stricter') };
}

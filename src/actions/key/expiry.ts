import { type Change, formatAge } from '../../lib/format.ts';
import type { CreateKeyRequest, Key } from '../../openrouter/resources/keys.ts';
import { createdAt, readTime } from '../../openrouter/time.ts';
import { type DifferingClocks, differingClocks } from '../../shared/time-window.ts';

/** What the expiry of a new key follows from. Times in milliseconds since 1970. */
interface ExpiryFacts {
  /** The time until the key expires; null for never. */
  expiresInMs: number | null;
  /** OpenRouter's time, if it is known, and the runner's. */
  server: number | undefined;
  runner: number;
  /** When what OpenRouter has listed was created: a clock that shows an earlier time is wrong. */
  recorded: readonly number[];
  /** At least 0 and below 1. */
  random: number;
}

/**
 * The expiry of a new key in ISO 8601, with random milliseconds that identify an orphan; null for never.
 * If the clocks differ, the earlier one decides, unless the key would then have expired before something
 * that exists was created.
 */
export function planExpiry({ expiresInMs, server, runner, recorded, random }: ExpiryFacts): {
  expiresAt: string | null;
  clocks: DifferingClocks | undefined;
} {
  if (expiresInMs === null) return { expiresAt: null, clocks: undefined };
  const clocks = differingClocks({ server, runner });
  const [earlier, later] = clocks
    ? [Math.min(clocks.server, runner), Math.max(clocks.server, runner)]
    : [server ?? runner, server ?? runner];
  const now = earlier + expiresInMs > Math.max(...recorded, 0) ? earlier : later;
  // Never 0 milliseconds: an expiry that a person wrote has none.
  const ms = 1 + Math.floor(random * 999);
  const expiresAt = new Date(Math.floor(now / 1000) * 1000 + expiresInMs + ms).toISOString();
  return { expiresAt, clocks };
}

/** `expires at 2026-01-01T06:00:00.417Z`, or `never expires` for null. */
export function describeExpiry(expiresAt: string | null): string {
  return expiresAt === null ? 'never expires' : `expires at ${expiresAt}`;
}

/** The tolerance for the time from the plan of a key to its creation, in milliseconds. */
const TOLERANCE_MS = 60_000;

/**
 * How long a new key lives by OpenRouter's own times, if that is not as requested: the clock that decided
 * was the wrong one. Undefined also if OpenRouter does not report when the key was created.
 */
export function unexpectedLifetime(
  key: Key,
  desired: Pick<CreateKeyRequest, 'expires_at'>,
  expiresInMs: number | null,
): Change | undefined {
  const [created, expires] = [createdAt(key), readTime(key['expires_at'] ?? desired.expires_at)];
  if (expiresInMs === null || created === undefined || expires === undefined) return undefined;
  const lifetime = expires - created;
  if (lifetime > 0 && lifetime <= expiresInMs + TOLERANCE_MS) return undefined;
  return {
    kind: 'field',
    field: 'lifetime',
    from: formatAge(expiresInMs),
    to: formatAge(lifetime),
  };
}

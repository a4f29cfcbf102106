import { type Change, formatAge } from '../../lib/format.ts';
import type { CreateKeyRequest, Key } from '../../openrouter/resources/keys.ts';
import { createdAt, formatMinute, isSameYear, readTime } from '../../openrouter/time.ts';

/**
 * The expiry of a new key in ISO 8601, in whole seconds; null for never.
 * @param expiresInMs the time until the key expires, in milliseconds; null for never
 * @param now in milliseconds since 1970
 */
export function planExpiry(expiresInMs: number | null, now: number): string | null {
  if (expiresInMs === null) return null;
  return new Date(Math.floor(now / 1000) * 1000 + expiresInMs).toISOString();
}

/** `expires at 2026-01-01T06:00:00.000Z`, or `never expires` for null. By default, as in the log. */
export function describeExpiry(
  expiresAt: string | null,
  show = (time: string): string => time,
): string {
  return expiresAt === null ? 'never expires' : `expires at ${show(expiresAt)}`;
}

/** `may work until 1 Jan 2026 06:00 UTC`, or `may work until someone deletes it` for null. */
export function describeLife(expiresAt: string | null): string {
  return `may work until ${expiresAt === null ? 'someone deletes it' : formatExpiry(expiresAt)}`;
}

/**
 * An expiry for people, with the year if it is not that of `created`, in milliseconds since 1970. What is no time that
 * OpenRouter documents stays as it is.
 */
export function formatExpiry(expiresAt: string, created?: number): string {
  const time = readTime(expiresAt);
  if (time === undefined) return expiresAt;
  return formatMinute(time, { withYear: created === undefined || !isSameYear(created, time) });
}

/** The tolerance for the time from the plan of a key to its creation, in milliseconds. */
const TOLERANCE_MS = 60_000;

/**
 * How long a new key lives by OpenRouter's own times, if that is not as requested: the clock that decided
 * about its expiry is wrong. Undefined also if OpenRouter does not report when the key was created.
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
    field: 'lifetime',
    from: formatAge(expiresInMs),
    to: formatAge(lifetime),
  };
}

/** The expiry of the new key as it was returned; the requested one if it was not. Null for never. */
export function expiryOf({ expires_at: returned }: Key, desired: CreateKeyRequest): string | null {
  if (returned === undefined) return desired.expires_at;
  return returned === null ? null : String(returned);
}

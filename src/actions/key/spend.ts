import { ApiError, type ApiRequest, formatAttempt } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import {
  describeKey,
  disableRequest,
  isLimitUsedUp,
  type Key,
  type KeyIdentity,
  keyRequest,
  limitOf,
} from '../../openrouter/resources/keys.ts';
import { settlesIn, spentOf } from '../../openrouter/settlement.ts';
import type { Context } from '../../shared/context.ts';
import { keyLimitUsedUp } from './failures.ts';
import type { KeySpend } from './key-spend.ts';

export interface SpendContext extends Context {
  /** Called with what the created key has spent, if that can be read. */
  onSpend(spend: KeySpend): void;
}

/** How long it may take to disable or to read a key, at most, in milliseconds: what follows matters more. */
const WITHIN_MS = 5_000;

/**
 * Disables the created key before it is revoked, and reports what it has spent: after the revocation, that
 * cannot be read. If the key cannot be disabled, that is a log line, because the revocation matters more.
 * Returns whether the key is disabled.
 */
export async function disableAndReport(
  created: KeyIdentity,
  context: SpendContext,
): Promise<boolean> {
  // The revocation shows whether HTTP 404 was right.
  const reading = await read({ ...disableRequest(created), trusts404: true }, context);
  reportSpend(created, reading, context);
  return reading.found !== undefined;
}

/** Reports what the created key, which stays, has spent. If that cannot be read, that is a log line. */
export async function readAndReport(created: KeyIdentity, context: SpendContext): Promise<void> {
  const request = keyRequest(created.hash, describeKey(created));
  reportSpend(created, await read(request, context), context);
}

async function read(request: ApiRequest<Key | undefined>, { client }: Context): Promise<Reading> {
  const brief = client.within(Math.min(WITHIN_MS, client.timeLeft() / 4));
  const { value, error } = await catching(brief.request(request), ApiError);
  return error ? { error } : { found: value.data, now: value.serverTime };
}

/** What a step knows of the counter of a key. */
export interface Reading {
  /** The key as OpenRouter returned it; undefined if it did not. */
  found?: Key | undefined;
  /** OpenRouter's time then, in milliseconds since 1970; undefined if unknown. */
  now?: number | undefined;
  /** Why it did not; anything but an `ApiError` means that it does not find the key. */
  error?: Error | undefined;
}

/** Reports what the created key has spent. */
export function reportSpend(
  created: KeyIdentity,
  { found, now, error }: Reading,
  { log, warn, onSpend }: SpendContext,
): void {
  const one = found && { key: found, settlesIn: settlesIn(found, now) };
  const spent = one && spentOf(one);
  if (!spent) {
    const reason = one ? 'OpenRouter does not report it' : describeMissing(error);
    log.info(`What the API key ${describeKey(created)} has spent is unknown: ${reason}.`);
    return;
  }
  const { key } = one;
  const limit = limitOf(key);
  const spend = {
    name: created.name,
    spent,
    byok: key.byok_usage,
    isSoFar: one.settlesIn === undefined,
  };
  const isUsedUp = limit !== undefined && isLimitUsedUp(limit, spent.amount);
  onSpend({ ...spend, limit, isUsedUp });
  if (limit && isUsedUp) warn(keyLimitUsedUp, { spend: { ...spend, limit } });
}

function describeMissing(error: Error | undefined): string {
  return error instanceof ApiError
    ? formatAttempt(error.details)
    : 'OpenRouter does not find the key (HTTP 404)';
}

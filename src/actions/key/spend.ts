import { ApiError, formatAttempt } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import {
  describeKey,
  disableKey,
  isLimitUsedUp,
  type Key,
  type KeyIdentity,
  keyRequest,
  limitOf,
  requestKey,
} from '../../openrouter/resources/keys.ts';
import { isWorking, spentOf, toSeen } from '../../openrouter/settlement.ts';
import type { Context } from '../../shared/context.ts';
import type { KeySpend } from './key-spend.ts';
import type { KeyTask } from './task.ts';

/** How long it may take to disable or to read a key, at most, in milliseconds: what follows matters more. */
const WITHIN_MS = 5_000;

/** What a step has read of a key. */
export interface Reading {
  /** The key as OpenRouter returned it; undefined if it did not. */
  found?: Key | undefined;
  /** OpenRouter's time then, in milliseconds since 1970; undefined if unknown. */
  now?: number | undefined;
  /** Why it did not; without it, OpenRouter does not find the key. */
  error?: ApiError | undefined;
}

/**
 * Reads the created key. One that ends is disabled by that, because what it has spent cannot be read after its deletion. A
 * failure is no error, because the deletion matters more.
 */
export async function readOnce(
  created: KeyIdentity,
  { afterJob }: Pick<KeyTask, 'afterJob'>,
  { client, counters }: Context,
): Promise<Reading> {
  const brief = client.within(Math.min(WITHIN_MS, client.timeLeft() / 4));
  const reader = { client: brief, counters };
  const request = { ...keyRequest(created.hash, describeKey(created)), isOptional: true };
  const { value, error } = await catching(
    afterJob === 'ends'
      ? // The deletion shows whether HTTP 404 was right.
        disableKey(reader, created, { isOptional: true, trusts404: true })
      : requestKey(reader, request),
    ApiError,
  );
  return error ? { error } : { found: value.key, now: value.serverTime };
}

/**
 * What the created key has spent, by the most that the step has read of it; undefined if that is unknown, which is a log
 * line.
 */
export function keySpendIn(
  { found, now, error }: Reading,
  created: KeyIdentity,
  { counters, log }: Pick<Context, 'counters' | 'log'>,
): KeySpend | undefined {
  const one = found && toSeen(counters.see(found), now);
  const spent = one && spentOf(one);
  if (!spent) {
    const reason = one ? 'OpenRouter does not report it' : whyUnread(error);
    log.info(`What the API key ${describeKey(created)} has spent is unknown: ${reason}.`);
    return undefined;
  }
  const limit = limitOf(one.key);
  return {
    name: created.name,
    hash: created.hash,
    spent,
    byok: one.key.byok_usage,
    limit,
    isUsedUp: limit !== undefined && isLimitUsedUp(limit, spent.amount),
    isSoFar: isWorking(one),
  };
}

function whyUnread(error: ApiError | undefined): string {
  return error ? formatAttempt(error.details) : 'OpenRouter does not find the key (HTTP 404)';
}

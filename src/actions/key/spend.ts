import { formatAttempt } from '../../http/request.ts';
import { toUsd, type Usd } from '../../lib/usd.ts';
import {
  describeKey,
  isLimitUsedUp,
  type Key,
  type KeyIdentity,
  type KeyLimit,
  keyRequest,
  limitOf,
} from '../../openrouter/resources/keys.ts';
import type { Context } from '../../shared/context.ts';
import { keyLimitUsedUp } from './failures.ts';

/** What an API key has spent in its life. */
export interface KeySpend {
  name: string;
  /** What OpenRouter charged. */
  spent: Usd;
  /** What providers charged for requests with your own provider keys; undefined if unknown. */
  byok: Usd | undefined;
  /** Undefined if the key has none, or if that could not be read. */
  limit: KeyLimit | undefined;
  /** Whether nothing is left of a limit above 0. That is a warning. */
  isUsedUp: boolean;
}

export interface SpendContext extends Context {
  /** Called with what the created key has spent, if that can be read. */
  onSpend(spend: KeySpend): void;
  /** The inputs that limit the key; by default, `limit-usd`. */
  limitInputs?: string | undefined;
}

/** The most that the revocation may be delayed, in milliseconds. */
const READ_WITHIN_MS = 1_500;

/**
 * Reports what the created key has spent, and warns if its limit is used up. Must come before the
 * revocation, after which it cannot be read. If it cannot be read, that is a log line: the revocation
 * matters more, so there is one attempt, whose throttling does not delay other requests.
 */
export async function reportSpend(created: KeyIdentity, context: SpendContext): Promise<void> {
  const { client, log } = context;
  const described = describeKey(created);
  const outcome = await client.sendBriefly(keyRequest(created.hash, described), READ_WITHIN_MS);
  if (outcome.kind !== 'succeeded') {
    log.info(
      `What the API key ${described} has spent is unknown: ${formatAttempt(outcome.failure)}.`,
    );
    return;
  }
  reportSpendOf(created, outcome.response.data, context);
}

/** Reports what the created key has spent, from a response about it; undefined if that does not find it. */
export function reportSpendOf(
  created: KeyIdentity,
  key: Key | undefined,
  { log, warn, onSpend, limitInputs }: SpendContext,
): void {
  const described = describeKey(created);
  const spent = toUsd(key?.['usage']);
  if (!key || spent === undefined) {
    const reason = key
      ? 'OpenRouter does not report it'
      : 'OpenRouter does not find the key (HTTP 404)';
    log.info(`What the API key ${described} has spent is unknown: ${reason}.`);
    return;
  }
  const limit = limitOf(key);
  const spend = { name: created.name, spent, byok: toUsd(key['byok_usage']) };
  const isUsedUp = limit !== undefined && isLimitUsedUp(limit, spent);
  onSpend({ ...spend, limit, isUsedUp });
  if (limit && isUsedUp) warn(keyLimitUsedUp, { ...spend, limit, limitInputs });
}

import { formatExactUsd, formatUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import type { Usd } from '../../lib/usd.ts';
import type { KeyLimit } from '../../openrouter/resources/keys.ts';

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
  /** Whether the key was not disabled before, so that it may spend more. */
  isSoFar: boolean;
}

/**
 * What a key has spent: `Spent $0.0421 of $5.00 so far`. A limit that resets is not one of its whole life.
 * @param where `at OpenRouter`, for a title that stands alone
 */
export function formatSpend(
  { spent, byok, limit, isSoFar }: Pick<KeySpend, 'spent' | 'byok' | 'limit' | 'isSoFar'>,
  where?: string,
): string {
  const amount =
    limit && !limit.reset
      ? `${formatUsdNextTo(limit.amount, spent)} of ${formatExactUsd(limit.amount)}`
      : `${formatUsd(spent)}${limit ? ' in total' : ''}`;
  const ownKeys = describeByok(byok);
  return [
    `Spent ${amount}`,
    where ? ` ${where}` : '',
    isSoFar ? ' so far' : '',
    ownKeys && `, and ${ownKeys} with your own provider keys`,
  ].join('');
}

/** `$0.80`, or words for an amount that is unknown; empty if providers charged nothing. */
function describeByok(byok: Usd | undefined): string {
  if (byok === undefined) return 'an unknown amount';
  return byok > 0n ? formatUsd(byok) : '';
}

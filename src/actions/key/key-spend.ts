import { formatExactUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import type { Usd } from '../../lib/usd.ts';
import type { KeyLimit } from '../../openrouter/resources/keys.ts';
import { isUncounted, type Spent } from '../../openrouter/settlement.ts';
import { formatSpent } from '../../shared/describe-spent.ts';

/** What an API key has spent in its life. */
export interface KeySpend {
  name: string;
  hash: string;
  /** What OpenRouter charged. */
  spent: Spent;
  /** What providers charged for requests with your own provider keys; undefined if unknown. */
  byok: Usd | undefined;
  /** Undefined if the key has none, or if that could not be read. */
  limit: KeyLimit | undefined;
  /** Whether nothing is left of a limit above 0. That is a warning. */
  isUsedUp: boolean;
  /** Whether the key works, so that it may spend more. */
  isSoFar: boolean;
}

/**
 * What a key has spent: `Spent at least $0.0421 of $5.00 so far`. A limit that resets is not one of its whole life.
 * @param where `at OpenRouter`, for a title that stands alone
 */
export function formatSpend(
  { spent, byok, limit, isSoFar }: Pick<KeySpend, 'spent' | 'byok' | 'limit' | 'isSoFar'>,
  where?: string,
): string {
  const at = where ? ` ${where}` : '';
  const amount = `${amountOf(spent, limit)}${at}${isSoFar ? ' so far' : ''}`;
  const ownKeys = describeByok(byok, spent);
  return [
    isUncounted(spent) ? `Spending${at} not yet counted` : `Spent ${amount}`,
    ownKeys && `, and ${ownKeys} with your own provider keys`,
  ].join('');
}

function amountOf(spent: Spent, limit: KeyLimit | undefined): string {
  if (!limit) return formatSpent(spent);
  if (limit.reset) return `${formatSpent(spent)} in total`;
  const amount = formatSpent(spent, (...one) => formatUsdNextTo(limit.amount, ...one));
  return `${amount} of ${formatExactUsd(limit.amount)}`;
}

/** `at least $0.80`, or words for an amount that is unknown; empty if providers charged nothing. */
function describeByok(byok: Usd | undefined, { isExact }: Spent): string {
  if (byok === undefined) return 'an unknown amount';
  return byok > 0n ? formatSpent({ amount: byok, isExact }) : '';
}

import { formatCount } from './format.ts';
import { exactUsd, sumUsd, toUsd, type Usd } from './usd.ts';

/** The decimals of an amount, and of one below $0.10, of which two would say little. */
const DECIMALS = 2;
const DECIMALS_OF_SMALL = 4;
const SMALL = toUsd(0.1);

/** `down` for "at least" and for what remains, `up` for "at most": the sentence stays true. */
export type Rounding = 'nearest' | 'down' | 'up';

/**
 * An amount for a title or a sentence: `$1,250.00`. A small one has up to four decimals: `$0.0421`, `<$0.0001`. What
 * would be rounded down to 0 is exact.
 */
export function formatUsd(amount: Usd, rounding: Rounding = 'nearest'): string {
  const shown = roundShown(amount, rounding);
  if (shown !== 0n || amount <= 0n) return formatExactUsd(shown);
  return rounding === 'down' ? formatExactUsd(amount) : LESS_THAN_SHOWN;
}

/**
 * `formatUsd` next to a limit that is shown with all decimals. If the rounded amount compares differently with the
 * limit, the amount has all its decimals, too: `$4.999 of $5.00`.
 */
export function formatUsdNextTo(limit: Usd, amount: Usd, rounding: Rounding = 'nearest'): string {
  const compare = (one: Usd) => (one < limit ? -1 : Number(one > limit));
  const isSame = compare(roundShown(amount, rounding)) === compare(amount);
  return isSame ? formatUsd(amount, rounding) : formatExactUsd(amount);
}

/** An amount with all decimals, for a limit that an author wrote, and for what is compared: `$0.299999999`. */
export function formatExactUsd(amount: Usd, minDecimals = DECIMALS): string {
  if (amount < 0n) return `-${formatExactUsd(-amount, minDecimals)}`;
  const [whole = '', fraction] = exactUsd(amount, minDecimals).split('.');
  return `$${formatCount(BigInt(whole))}.${fraction}`;
}

/**
 * Returns a function that formats the amounts of a column with equally many decimals: two, or four if one of
 * `amounts` is small, or if the rounded amounts do not add up to the rounded total.
 * @param amounts all of the column, those that are folded included
 * @param total what the column shows as their total
 */
export function columnFormat(
  amounts: readonly Usd[],
  total = sumUsd(amounts),
): (amount: Usd, rounding?: Rounding) => string {
  const cents = (amount: Usd) => roundTo(DECIMALS, amount, 'nearest');
  const isSmall = (amount: Usd) => amount > 0n && amount < SMALL;
  const needsMore = amounts.some(isSmall) || sumUsd(amounts.map(cents)) !== cents(total);
  const decimals = needsMore ? DECIMALS_OF_SMALL : DECIMALS;
  return (amount, rounding = 'nearest') => {
    const shown = roundTo(decimals, amount, rounding);
    const isHidden = shown === 0n && amount > 0n && rounding === 'nearest';
    return isHidden ? LESS_THAN_SHOWN : formatExactUsd(shown, decimals);
  };
}

const LESS_THAN_SHOWN = '<$0.0001';

function roundShown(amount: Usd, rounding: Rounding): Usd {
  const isSmall = -SMALL < amount && amount < SMALL;
  return roundTo(isSmall ? DECIMALS_OF_SMALL : DECIMALS, amount, rounding);
}

/** A negative amount, such as a refund, is rounded to the nearest. */
function roundTo(decimals: number, amount: Usd, rounding: Rounding): Usd {
  if (amount < 0n) return -roundTo(decimals, -amount, 'nearest');
  const unit = toUsd(10 ** -decimals);
  const added = { nearest: unit / 2n, down: 0n, up: unit - 1n }[rounding];
  return amount + added - ((amount + added) % unit);
}

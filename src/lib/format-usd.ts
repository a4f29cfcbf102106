import { formatCount } from './format.ts';
import {
  decimalText,
  roundDown,
  roundHalfEven,
  roundUp,
  sizeOf,
  sumUsd,
  toUsd,
  type Usd,
  unitOfDecimals,
} from './usd.ts';

/** The decimals of an amount, and of one so small that two would say little of it. */
const DECIMALS = 2;
const DECIMALS_OF_SMALL = 4;

/** Below this size, an amount is small: $0.10. */
const SMALL = 10n * unitOfDecimals(2);

/** `down` for "at least" and for what remains, `up` for "at most": the sentence stays true. */
export type Rounding = keyof typeof ROUND;

const ROUND = { nearest: roundHalfEven, down: roundDown, up: roundUp };

/**
 * An amount for a title or a sentence: `$1,250.00`. A small one has up to four decimals: `$0.0421`, `<$0.0001`. What
 * would be rounded down to 0 is exact.
 */
export function formatUsd(amount: Usd, rounding: Rounding = 'nearest'): string {
  const shown = roundShown(amount, rounding);
  if (shown !== 0n || amount <= 0n) return withDollar(shown);
  return rounding === 'down' ? withDollar(amount) : LESS_THAN_SHOWN;
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
export function formatExactUsd(amount: Usd | number): string {
  const exact = typeof amount === 'number' ? toUsd(amount) : amount;
  return exact === undefined ? `$${amount}` : withDollar(exact);
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
    return isHidden ? LESS_THAN_SHOWN : withDollar(shown, decimals);
  };
}

const LESS_THAN_SHOWN = `<${withDollar(unitOfDecimals(DECIMALS_OF_SMALL))}`;

function roundShown(amount: Usd, rounding: Rounding): Usd {
  return roundTo(sizeOf(amount) < SMALL ? DECIMALS_OF_SMALL : DECIMALS, amount, rounding);
}

function roundTo(decimals: number, amount: Usd, rounding: Rounding): Usd {
  return ROUND[rounding](amount, unitOfDecimals(decimals));
}

function withDollar(amount: Usd, decimals = DECIMALS): string {
  const [whole = '', fraction] = decimalText(sizeOf(amount), decimals).split('.');
  return `${amount < 0n ? '-' : ''}$${formatCount(BigInt(whole))}.${fraction}`;
}

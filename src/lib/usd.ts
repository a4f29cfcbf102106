import * as z from 'zod/mini';

/**
 * An amount in nano-dollars, 10^-9 USD: sums and comparisons of integers are exact. As numbers in USD, 0.1 + 0.2
 * exceeds 0.3.
 */
export type Usd = bigint;

const DECIMALS = 9;

/** Far above any amount, and small enough to be counted in nano-dollars. */
const MAX = 1e12;

/** A number in USD in JSON, rounded to nine decimals: what is smaller is noise of binary floating point. */
export const usd = z.pipe(z.number().check(z.gte(-MAX), z.lte(MAX)), z.transform(toUsd));

/** The amount of a number in USD. */
export function toUsd(dollars: number): Usd {
  return BigInt(Math.round(dollars * 10 ** DECIMALS));
}

/** The amount as a number in USD, as JSON has it. */
export function toNumber(amount: Usd): number {
  return Number(amount) / 10 ** DECIMALS;
}

/** Sums up amounts. */
export function sumUsd(amounts: readonly Usd[]): Usd {
  return amounts.reduce((sum, amount) => sum + amount, 0n);
}

/** The larger of two amounts. */
export function maxUsd(a: Usd, b: Usd): Usd {
  return a < b ? b : a;
}

/** The smaller of two amounts. */
export function minUsd(a: Usd, b: Usd): Usd {
  return a < b ? a : b;
}

/** An amount as a decimal, for outputs: `1.2345`, `0.0000005`, `5`. */
export function exactUsd(amount: Usd, minDecimals = 0): string {
  if (amount < 0n) return `-${exactUsd(-amount, minDecimals)}`;
  const digits = String(amount).padStart(DECIMALS + 1, '0');
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, '').padEnd(minDecimals, '0');
  return digits.slice(0, -DECIMALS) + (fraction && `.${fraction}`);
}

/** How the comment of a preview remembers an amount: as an exact decimal in USD. */
import * as z from 'zod/mini';
import { exactUsd, parseUsd, sumUsd, toUsd, type Usd } from '../../lib/usd.ts';

/** Longer than any amount that OpenRouter returns. */
const MAX_LENGTH = 40;

export function isAmount(text: string): boolean {
  return text.length <= MAX_LENGTH && /^(0|[1-9]\d*)(\.\d+)?$/.test(text);
}

/** An exact decimal; null if unknown. */
export const amount = () => z.nullable(z.string().check(z.refine(isAmount)));

export type Amount = z.infer<ReturnType<typeof amount>>;

/** The amount in a value of a JSON response. */
export function amountOf(value: unknown): Amount {
  const usd = toUsd(value);
  const text = usd === undefined ? '' : exactUsd(usd);
  return isAmount(text) ? text : null;
}

/** Of equal amounts, the longer text, so that the result does not depend on the order. */
export function largerOf<One extends Amount>(a: One, b: One): One {
  const [usdA, usdB] = [usdOf(a), usdOf(b)];
  if (usdA === usdB) return String(a) < String(b) ? b : a;
  return usdA < usdB ? b : a;
}

/** An unknown amount is less than any other. */
export const UNKNOWN: Usd = -1n;

/** `UNKNOWN`, or what `text` says. */
export function usdOf(text: Amount): Usd {
  return text === null ? UNKNOWN : (parseUsd(text) as Usd);
}

/** The sum of `amounts`, as far as these are known. */
export function sumKnown(amounts: readonly Usd[]): Usd {
  return sumUsd(amounts.filter((one) => one !== UNKNOWN));
}

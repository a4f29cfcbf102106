/** What was spent, in words. */
import { columnFormat, formatUsd } from '../lib/format-usd.ts';
import { isUncounted, type Spent, sumSpent } from '../openrouter/settlement.ts';

/** `$0.84`, `at least $0.84`, or `not yet counted` */
export function formatSpent(spent: Spent, format: typeof formatUsd = formatUsd): string {
  if (isUncounted(spent)) return 'not yet counted';
  const { amount, isExact } = spent;
  return isExact ? format(amount) : `at least ${format(amount, 'down')}`;
}

/** `$0.84 spent`, `at least $0.84 spent`, or `spending not yet counted` */
export function describeSpent(spent: Spent): string {
  const amount = formatSpent(spent);
  return isUncounted(spent) ? `spending ${amount}` : `${amount} spent`;
}

/** Why an amount is a lower bound, or not yet counted. */
export const COUNTED_LATE = 'OpenRouter can count what is spent up to an hour late.';

/** Why `spent` is a lower bound, once in a summary; empty if it is not. */
export function whyAtLeast({ isExact }: Spent): string[] {
  return isExact ? [] : [COUNTED_LATE];
}

/** Returns how a column about what was spent shows its `amounts`, and their total. An amount may be unknown. */
export function spentFormat(amounts: readonly (Spent | undefined)[]) {
  const format = columnFormat(amounts.flatMap((spent) => spent?.amount ?? []));
  return (spent: Spent | undefined) => (spent ? formatSpent(spent, format) : 'unknown');
}

/** The last row of a table with `amounts` in its last column; undefined if it would repeat the only one. */
export function totalRow(
  cells: readonly string[],
  amounts: readonly (Spent | undefined)[],
): string[] | undefined {
  const isKnown = amounts.some((spent) => spent !== undefined);
  if (amounts.length < 2 || !isKnown) return undefined;
  return [...cells, spentFormat(amounts)(sumSpent(amounts))];
}

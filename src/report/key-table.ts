import { sortedBy } from '../lib/format.ts';
import type { Table } from '../lib/table.ts';
import { formatUsd, sumUsd, type Usd } from '../lib/usd.ts';
import { type Key, totalSpent } from '../openrouter/resources/keys.ts';

/**
 * A table of API keys for a summary; undefined if there are none. By default, its total does not look like the
 * cost of a workspace, which may have had other keys.
 */
export function keysTable(
  keys: readonly Key[],
  total = 'Total of the keys it still had',
): Table | undefined {
  if (keys.length === 0) return undefined;
  const spent = (key: Key) => totalSpent([key]);
  return {
    header: ['API key', 'Label', { numbers: 'Spent' }],
    rows: sortedBy(keys, ({ name }) => name).map((key) => [
      { code: key.name },
      { code: key.label },
      formatSpent(spent(key)),
    ]),
    total: totalRow([total, ''], keys.map(spent)),
  };
}

/** A cell of a column about what was spent. */
export function formatSpent(amount: Usd | null): string {
  return amount === null ? 'unknown' : formatUsd(amount);
}

/** The last row of a table with `amounts` in its last column; undefined if it would repeat the only one. */
export function totalRow(
  cells: readonly string[],
  amounts: readonly (Usd | null)[],
  options: { isLowerBound?: boolean } = {},
): string[] | undefined {
  const isKnown = amounts.some((amount) => amount !== null);
  return amounts.length > 1 && isKnown ? [...cells, formatSum(amounts, options)] : undefined;
}

/** What all `amounts` are together: a lower bound if one of them is, or is unknown. */
export function formatSum(
  amounts: readonly (Usd | null)[],
  { isLowerBound = false }: { isLowerBound?: boolean } = {},
): string {
  const known = amounts.filter((amount) => amount !== null);
  const atLeast = isLowerBound || known.length < amounts.length ? 'at least ' : '';
  return `${atLeast}${formatUsd(sumUsd(known))}`;
}

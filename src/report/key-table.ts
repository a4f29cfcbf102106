import { sortedBy } from '../lib/format.ts';
import { columnFormat, formatUsd } from '../lib/format-usd.ts';
import type { Folded, Table } from '../lib/table.ts';
import { sumUsd, type Usd } from '../lib/usd.ts';
import { type Key, totalSpent } from '../openrouter/resources/keys.ts';

/**
 * A table of API keys for a summary; undefined if there are none. By default, its total does not look like the
 * cost of a workspace, which may have had other keys.
 * @param stateOf whether a key works, in a word
 */
export function keysTable(
  keys: readonly Key[],
  total = 'Total of the keys it still had',
  stateOf?: (key: Key) => string,
): Table | undefined {
  if (keys.length === 0) return undefined;
  const sorted = sortedBy(keys, ({ name }) => name);
  const amounts = sorted.map((key) => totalSpent([key]));
  const format = spentFormat(amounts);
  return {
    header: ['API key', { numbers: 'Spent' }],
    rows: sorted.map((key, at) => [
      // In one column, because GitHub hides the last one of three on a phone.
      [{ code: key.name }, '\n', { code: key.label }, ...(stateOf ? [` ${stateOf(key)}`] : [])],
      format(amounts[at] ?? null),
    ]),
    total: totalRow([total], amounts),
  };
}

/**
 * `keysTable`, folded below how many keys there are and what they had spent together: `API keys: 3, $8.21 spent`. Empty if
 * there are none.
 */
export function foldedKeys(heading: string, keys: readonly Key[], total?: string): Folded[] {
  if (keys.length === 0) return [];
  const amounts = keys.map((key) => totalSpent([key]));
  return [
    { title: `${heading}: ${countAndSum(keys.length, amounts)}`, table: keysTable(keys, total) },
  ];
}

/**
 * How many there are, and what they had spent together: `38, $20.12 spent`. Only how many, without any `amounts`.
 */
export function countAndSum(
  count: number,
  amounts: readonly (Usd | null)[],
  options: LowerBound = {},
): string {
  if (amounts.length === 0) return `${count}`;
  const isUnknown = amounts.every((amount) => amount === null);
  return `${count}, ${isUnknown ? 'cost unknown' : `${formatSum(amounts, options)} spent`}`;
}

/** Returns how a column about what was spent shows its `amounts`, and their total. */
export function spentFormat(amounts: readonly (Usd | null)[]) {
  const format = columnFormat(amounts.filter((amount) => amount !== null));
  return (amount: Usd | null, { isLowerBound = false }: LowerBound = {}): string => {
    if (amount === null) return 'unknown';
    return `${isLowerBound ? 'at least ' : ''}${format(amount, isLowerBound ? 'down' : 'nearest')}`;
  };
}

/** The last row of a table with `amounts` in its last column; undefined if it would repeat the only one. */
export function totalRow(
  cells: readonly string[],
  amounts: readonly (Usd | null)[],
  options: LowerBound = {},
): string[] | undefined {
  const isKnown = amounts.some((amount) => amount !== null);
  if (amounts.length < 2 || !isKnown) return undefined;
  const { sum, isLowerBound } = sumOf(amounts, options);
  return [...cells, spentFormat(amounts)(sum, { isLowerBound })];
}

/** What all `amounts` are together, in a sentence: a lower bound if one of them is, or is unknown. */
export function formatSum(amounts: readonly (Usd | null)[], options: LowerBound = {}): string {
  const { sum, isLowerBound } = sumOf(amounts, options);
  return isLowerBound ? `at least ${formatUsd(sum, 'down')}` : formatUsd(sum);
}

interface LowerBound {
  isLowerBound?: boolean | undefined;
}

function sumOf(amounts: readonly (Usd | null)[], { isLowerBound = false }: LowerBound) {
  const known = amounts.filter((amount) => amount !== null);
  return { sum: sumUsd(known), isLowerBound: isLowerBound || known.length < amounts.length };
}

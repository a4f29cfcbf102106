import { sortedBy } from '../lib/format.ts';
import type { Folded, Table } from '../lib/table.ts';
import { type SeenKey, spentBy, spentOf } from '../openrouter/settlement.ts';
import { describeSpent, spentFormat, totalRow, whyAtLeast } from './describe-spent.ts';

/**
 * A table of API keys for a summary; undefined if there are none. By default, its total does not look like the
 * cost of a workspace, which may have had other keys.
 * @param stateOf whether a key works, in a word
 */
export function keysTable(
  keys: readonly SeenKey[],
  total = 'Total of the keys it still had',
  stateOf?: (one: SeenKey) => string,
): Table | undefined {
  if (keys.length === 0) return undefined;
  const sorted = sortedBy(keys, ({ key }) => key.name);
  const amounts = sorted.map(spentOf);
  const format = spentFormat(amounts);
  return {
    header: ['API key', { numbers: 'Spent' }],
    rows: sorted.map((one, at) => [
      // In one column, because GitHub hides the last one of three on a phone.
      [
        { code: one.key.name },
        '\n',
        { code: one.key.label },
        ...(stateOf ? [` ${stateOf(one)}`] : []),
      ],
      format(amounts[at]),
    ]),
    total: totalRow([total], amounts),
  };
}

/**
 * `keysTable`, folded below how many keys there are and what they had spent together: `API keys: 3, $8.21 spent`. Empty if
 * there are none.
 */
export function foldedKeys(heading: string, keys: readonly SeenKey[], total?: string): Folded[] {
  if (keys.length === 0) return [];
  const spent = spentBy(keys);
  return [
    {
      title: `${heading}: ${keys.length}, ${describeSpent(spent)}`,
      paragraphs: whyAtLeast(spent),
      table: keysTable(keys, total),
    },
  ];
}

import type { Heading, Table } from '../lib/table.ts';
import { formatUsd, type Usd } from '../lib/usd.ts';
import { type Key, totalSpent } from '../openrouter/resources/keys.ts';

/** A table of API keys for a summary; undefined if there are none. */
export function keysTable(keys: readonly Key[]): Table | undefined {
  if (keys.length === 0) return undefined;
  return {
    header: ['API key', 'Label', spentHeader(totalSpent(keys))],
    rows: keys.map((key) => [
      { code: key.name },
      { code: key.label },
      formatSpent(totalSpent([key])),
    ]),
  };
}

/** The header of a column about what API keys had spent, with its total. */
export function spentHeader(total: Usd | null): Heading {
  return { numbers: total === null ? 'Keys spent' : `Keys spent (total ${formatUsd(total)})` };
}

/** A cell of that column. */
export function formatSpent(amount: Usd | null): string {
  return amount === null ? 'unknown' : formatUsd(amount);
}

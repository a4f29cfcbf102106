import { exactUsd, formatUsd, type Usd } from '../lib/usd.ts';
import { totalSpent } from '../openrouter/resources/key-spend.ts';
import type { Key } from '../openrouter/resources/keys.ts';
import type { DeleteRequest, DeleteResult } from '../operations/teardown/delete.ts';
import type { Outputs } from './outputs.ts';
import type { Heading, Summary, Table } from './summary.ts';

/** The outputs for the result of the step. */
export function deleteOutputs({ deleted, keys }: DeleteResult, { dryRun }: DeleteRequest): Outputs {
  const spent = totalSpent(keys);
  return {
    deleted: String(deleted),
    'deleted-keys': String(dryRun ? 0 : keys.length),
    'keys-cost-usd': spent === null ? '' : exactUsd(spent),
  };
}

/** The summary of a step that succeeded. */
export function deleteSummary(
  { workspace, deleted, keys }: DeleteResult,
  request: DeleteRequest,
): Summary {
  if (!workspace) {
    return { title: `✅ Nothing to delete: no OpenRouter workspace is ${request.workspace}` };
  }
  const { name, slug, id } = workspace;
  const label = request.dryRun
    ? 'API keys that would be deleted with it'
    : 'API keys deleted by this step';
  return {
    title: titleOf(name, { deleted, dryRun: request.dryRun }),
    paragraphs: [`Slug ${slug}, id ${id}. ${label}: ${keys.length}.`],
    table: keysTable(keys),
  };
}

function titleOf(name: string, { deleted, dryRun }: { deleted: boolean; dryRun: boolean }): string {
  if (dryRun) return `🔎 Dry run: would delete the OpenRouter workspace ${name}`;
  return deleted
    ? `✅ Deleted the OpenRouter workspace ${name}`
    : `✅ Already deleted by another job: the OpenRouter workspace ${name}`;
}

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

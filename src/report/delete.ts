import type { DeleteResult } from '../operations/teardown/delete.ts';
import { tableOfKeys } from '../operations/teardown/teardown.ts';
import type { Outputs } from './create.ts';
import type { Summary } from './summary.ts';

/** The outputs that say what was done. */
export function outputsOfDelete({ deleted, keys }: DeleteResult, dryRun: boolean): Outputs {
  return { deleted: String(deleted), 'deleted-keys': String(dryRun ? 0 : keys.length) };
}

/** The summary of a step that ended well; `asked` is the id or slug that it was asked for. */
export function summaryOfDelete(
  { workspace, keys }: DeleteResult,
  { asked, dryRun }: { asked: string; dryRun: boolean },
): Summary {
  if (!workspace) {
    return { title: `✅ Gone already: the OpenRouter workspace ${asked}` };
  }
  const { name, slug, id } = workspace;
  const [done, withIt] = dryRun
    ? ['🔎 Dry run: would delete', 'API keys that would be deleted with it']
    : ['✅ Deleted', 'API keys deleted with it'];
  return {
    title: `${done} the OpenRouter workspace ${name}`,
    paragraphs: [`Slug ${slug}, id ${id}. ${withIt}: ${keys.length}.`],
    table: tableOfKeys(keys),
  };
}

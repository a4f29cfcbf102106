import { exactUsd } from '../../lib/usd.ts';
import { spentBy } from '../../openrouter/settlement.ts';
import { foldedKeys } from '../../report/key-table.ts';
import type { Outputs } from '../../report/outputs.ts';
import type { Summary } from '../../report/summary.ts';
import { deletionTitle } from '../../teardown/deletion-title.ts';
import type { DeleteRequest, DeleteResult } from './delete-workspace.ts';

/** The outputs for the result of the step. */
export function deleteOutputs({ deleted, keys }: DeleteResult, { dryRun }: DeleteRequest): Outputs {
  const spent = spentBy(keys);
  return {
    deleted: String(deleted),
    'deleted-keys': String(dryRun ? 0 : keys.length),
    'keys-cost-usd': spent.isExact ? exactUsd(spent.amount) : '',
  };
}

/** The summary of a step that succeeded. */
export function deleteSummary(
  { workspace, deleted, keys }: DeleteResult,
  request: DeleteRequest,
): Summary {
  const slug = workspace?.slug ?? request.workspace;
  const title = deletionTitle(`workspace "${slug}"`, workspace && { deleted }, request);
  if (!workspace) return { title };
  const heading = request.dryRun
    ? 'API keys that would be deleted with it'
    : 'API keys deleted by this step';
  return {
    title,
    paragraphs: [['Name: ', { code: workspace.name }]],
    folded: foldedKeys(heading, keys),
  };
}

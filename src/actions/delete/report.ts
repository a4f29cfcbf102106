import { exactUsd } from '../../lib/usd.ts';
import { spentBy } from '../../openrouter/settlement.ts';
import type { Outputs } from '../../report/outputs.ts';
import type { Summary } from '../../report/summary.ts';
import { foldedKeys } from '../../shared/key-table.ts';
import { deletionTitle } from '../../teardown/report.ts';
import type { DeleteRequest, DeleteResult } from './delete-workspace.ts';

/** The outputs for the result of the step. */
export function deleteOutputs(
  result: DeleteResult | undefined,
  { dryRun }: DeleteRequest,
): Outputs {
  const keys = result?.keys ?? [];
  const spent = spentBy(keys);
  return {
    deleted: String(result?.outcome === 'deleted'),
    'deleted-keys': String(dryRun ? 0 : keys.length),
    'keys-cost-usd': spent.isExact ? exactUsd(spent.amount) : '',
  };
}

/** The summary of a step that succeeded. */
export function deleteSummary(result: DeleteResult | undefined, request: DeleteRequest): Summary {
  const what = `the OpenRouter workspace "${result?.workspace.slug ?? request.workspace}"`;
  const nothing = `${what} does not exist`;
  const title = deletionTitle(result ? [result] : [], { what: () => what, nothing });
  if (!result) return { title };
  const heading = request.dryRun
    ? 'API keys that would be deleted with it'
    : 'API keys deleted by this step';
  return {
    title,
    paragraphs: [['Name: ', { code: result.workspace.name }]],
    folded: foldedKeys(heading, result.keys),
  };
}

import { exactUsd } from '../../lib/usd.ts';
import { limitOf } from '../../openrouter/resources/keys.ts';
import { keysTable } from '../../report/key-table.ts';
import { type Outputs, toJsonList } from '../../report/outputs.ts';
import type { Report } from '../../report/report.ts';
import type { Summary } from '../../report/summary.ts';
import { deletionTitle } from '../../teardown/deletion-title.ts';
import { sweepOutputs, sweepSummary } from '../../teardown/report.ts';
import { createSummary } from '../create/report.ts';
import { isNew } from '../create/request.ts';
import type { KeyResult } from '../key/create-key.ts';
import { type Allowance, describeAllowance, isAlmostSpent } from './cap.ts';
import type { DeletedPreview, Preview, PreviewDeletion } from './delete-preview.ts';
import { describePreview } from './naming.ts';
import type { PreviewRequest, PreviewResult } from './run-preview.ts';

/** The outputs that describe the key of a preview, without its secret. */
export function previewKeyOutputs({ key, expiresAt }: KeyResult): Outputs {
  const limit = limitOf(key);
  return {
    'key-hash': key.hash,
    'key-limit-usd': limit ? exactUsd(limit.amount) : '',
    'expires-at': expiresAt ?? '',
  };
}

/** Reports a run that has no preview. */
export function reportSkipped(reason: string, report: Report): void {
  report.notice(`No preview: ${reason}.`);
  report.output({ state: 'skipped' });
  report.summarize({ title: `⏭️ No preview: ${reason}` });
}

/** What a run did for a preview, or for all of them. */
type Result = Exclude<PreviewResult, { state: 'skipped' }>;

/** The outputs for the result of the step. The state is set as soon as it is known. */
export function previewOutputs(result: Result): Outputs {
  if (result.state === 'clean-up') {
    const { deleted = '', failed = '', count = '' } = sweepOutputs(result.result);
    return { deleted, failed, count };
  }
  if (result.state === 'open') return {};
  return deletedOutputs(result.deletion.kind === 'deletion' ? result.deletion : undefined);
}

/** The outputs about the deletion of a workspace; undefined if there was none. */
export function deletedOutputs(preview: DeletedPreview | undefined): Outputs {
  const spent = preview?.keysSpent ?? null;
  const entries = preview?.deleted ? [toEntry(preview.workspace)] : [];
  return {
    deleted: toJsonList(entries, 'workspaces'),
    'keys-cost-usd': spent === null ? '' : exactUsd(spent),
  };
}

function toEntry({ id, slug, created_at = null }: DeletedPreview['workspace']): object {
  return { id, slug, created_at, reason: 'its pull request or branch is closed' };
}

/** The summary of a step that succeeded. */
export function previewSummary(result: Result, request: PreviewRequest): Summary {
  if (result.state === 'clean-up') {
    return sweepSummary(result.result, { kind: 'clean-up', deleteKeys: true });
  }
  if (result.state === 'closed') return endSummary(result.preview, result.deletion, request);
  const { preview, opened, key, allowance } = result;
  const { slug } = preview.identity;
  const of = `${describePreview(preview.identity)}.`;
  if (!opened) {
    return {
      title: `✅ Left the OpenRouter workspace ${slug} alone: it is open again`,
      paragraphs: [of],
    };
  }
  const { title, url, table, paragraphs = [] } = createSummary(opened.result, opened.request);
  const isKeyPlanned = request.dryRun && request.keyMode !== 'none';
  return {
    title,
    url,
    // What a new one has is no news to its author, but what a push changes is.
    table: isNew(opened.result) ? undefined : table,
    paragraphs: [
      ...paragraphs,
      of,
      ...(allowance ? [warningOf(allowance) + describeAllowance(allowance)] : []),
      ...(isKeyPlanned ? ['A real run also creates an API key.'] : []),
      ...(key ? [['Created the API key ', { code: key.key.name }]] : []),
    ],
  };
}

function warningOf({ cap, spent, limit }: Allowance): string {
  return limit < cap.limit || isAlmostSpent(spent, cap.amount) ? '⚠️ ' : '';
}

/** The summary about a preview that is not needed any more. */
export function endSummary(
  { identity }: Pick<Preview, 'identity'>,
  deletion: PreviewDeletion,
  request: Pick<PreviewRequest, 'dryRun'>,
): Summary {
  const found = deletion.kind === 'deletion' ? deletion : undefined;
  return {
    title: deletionTitle(identity.slug, found, request),
    paragraphs: [`${describePreview(identity)}.`],
    ...(found && {
      table: keysTable(found.deletedKeys, 'Total'),
      notes: found.keysSpent === null ? [MAY_BE_MORE] : [],
    }),
  };
}

/** Another job may have deleted others, or the comment that remembers them cannot be read. */
const MAY_BE_MORE = 'The API keys of the workspace may have spent more than shown.';

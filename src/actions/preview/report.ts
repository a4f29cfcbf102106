import { formatExactUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import { exactUsd } from '../../lib/usd.ts';
import { limitOf } from '../../openrouter/resources/keys.ts';
import { dashboardUrl } from '../../openrouter/resources/workspaces.ts';
import { foldedKeys } from '../../report/key-table.ts';
import { type Outputs, toJsonList } from '../../report/outputs.ts';
import type { Report } from '../../report/report.ts';
import type { Summary } from '../../report/summary.ts';
import { deletionTitle } from '../../teardown/deletion-title.ts';
import { sweepOutputs, sweepSummary } from '../../teardown/report.ts';
import { describeResult } from '../create/report.ts';
import { isNew } from '../create/request.ts';
import type { KeyResult } from '../key/create-key.ts';
import { describeKeyLimit, nameOf } from '../key/report.ts';
import { type Allowance, describeAllowance, isAlmostSpent } from './cap.ts';
import type { DeletedPreview, Preview, PreviewDeletion } from './delete-preview.ts';
import { describePreview } from './naming.ts';
import type { Opened, PreviewRequest, PreviewResult } from './run-preview.ts';
import type { Subject } from './subject.ts';

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
  report.summarize({ title: `⏭️ No OpenRouter preview: ${reason}` });
}

/** What a run did for a preview, or for all of them. */
type Result = Exclude<PreviewResult, { state: 'skipped' }>;
type OpenResult = Extract<PreviewResult, { state: 'open' }>;

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
  const { preview, opened } = result;
  const of = `${describePreview(preview.identity)}.`;
  if (!opened) {
    return {
      title: `✅ Left the OpenRouter preview "${preview.identity.slug}" alone: it is open again`,
      paragraphs: [of],
    };
  }
  return openSummary({ ...result, opened }, request);
}

/** The summary about a preview that is open. */
function openSummary(
  { preview, opened, key, allowance }: OpenResult & { opened: Opened },
  request: PreviewRequest,
): Summary {
  const { slug } = preview.identity;
  const { remedy, table, ...shown } = describeResult(opened.result, opened.request);
  const isTightened = allowance !== undefined && isTight(allowance);
  const isWarning = shown.isWarning || isTightened;
  const { workspace } = opened.result;
  return {
    title: key
      ? `${isWarning ? '⚠️' : '✅'} OpenRouter preview "${slug}": key ${describeLimit(request, allowance)}`
      : shown.titleFor(`OpenRouter preview "${slug}"`),
    url: workspace && dashboardUrl(slug),
    // What a new one has is no news to its author, but what a push changes is.
    table: isNew(opened.result) ? undefined : table,
    paragraphs: [
      ...remedy,
      // Without a key, no title says so.
      ...(allowance ? [(isTightened && !key ? '⚠️ ' : '') + describeAllowance(allowance)] : []),
      ...(request.dryRun && request.keyMode !== 'none'
        ? ['A real run also creates an API key.']
        : []),
      `${isNew(opened.result) && !request.dryRun ? 'Created. ' : ''}${describePreview(preview.identity)}.`,
    ],
    folded: key ? [nameOf(key.key)] : [],
  };
}

/** `with $1.00`, or `with $0.67, not $1.00` if the cap leaves no more. */
function describeLimit({ key }: PreviewRequest, allowance: Allowance | undefined): string {
  if (!allowance || allowance.limit >= allowance.cap.limit) return describeKeyLimit(key);
  const { cap, limit } = allowance;
  return `with ${formatUsdNextTo(cap.limit, limit, 'down')}, not ${formatExactUsd(cap.limit)}`;
}

/** Whether a reader should notice how little is left. */
function isTight({ cap, spent, limit }: Allowance): boolean {
  return limit < cap.limit || isAlmostSpent(spent, cap.amount);
}

/** The summary about a preview that is not needed any more. */
export function endSummary(
  { identity, subject }: Pick<Preview, 'identity' | 'subject'>,
  deletion: PreviewDeletion,
  request: Pick<PreviewRequest, 'dryRun'>,
): Summary {
  const found = deletion.kind === 'deletion' ? deletion : undefined;
  const title = deletionTitle(`preview "${identity.slug}"`, found, request);
  return {
    title: found ? `${title}: ${REASONS[subject.kind]}` : title,
    paragraphs: [
      ...(found && !request.dryRun ? ['Its API keys are deleted, too: nothing can spend.'] : []),
      `${describePreview(identity)}: ${REASONS[subject.kind]}.`,
    ],
    ...(found && {
      folded: foldedKeys('API keys', found.deletedKeys, 'Total'),
      notes: found.keysSpent === null ? [MAY_BE_MORE] : [],
    }),
  };
}

/** Why a preview is not needed any more. */
const REASONS: Readonly<Record<Subject['kind'], string>> = {
  pull: 'the pull request is closed',
  branch: 'the branch does not exist any more',
};

/** Another job may have deleted others, or the comment that remembers them cannot be read. */
const MAY_BE_MORE = 'The API keys of the workspace may have spent more than shown.';

import { countKeys } from '../../lib/format.ts';
import { exactUsd } from '../../lib/usd.ts';
import { dashboardUrl } from '../../openrouter/resources/workspaces.ts';
import { sumSpent } from '../../openrouter/settlement.ts';
import type { Outputs } from '../../report/outputs.ts';
import type { Report } from '../../report/report.ts';
import type { Summary } from '../../report/summary.ts';
import { foldedKeys } from '../../shared/key-table.ts';
import { withOutcome } from '../../teardown/outcome.ts';
import { sweepOutputs, sweepSummary } from '../../teardown/report.ts';
import { describeResult } from '../create/report.ts';
import { isNew } from '../create/request.ts';
import type { NewKey } from '../key/create-key.ts';
import { describeKeyLimit, nameOf } from '../key/report.ts';
import { CLEAN_UP } from './clean-up.ts';
import { describePreview } from './naming.ts';
import type { OpenedPreview } from './open-preview.ts';
import type { SubjectState } from './read-subject.ts';
import type { Preview, PreviewRequest } from './request.ts';
import type { PreviewResult } from './run-preview.ts';
import type { Subject } from './subject.ts';

/** The outputs that describe the key of a preview, without its secret. */
export function previewKeyOutputs({ key, expiresAt }: NewKey): Outputs {
  return { 'key-hash': key.hash, 'expires-at': expiresAt ?? '' };
}

/** The output about a pull request or branch. An open one from another repository is skipped. */
export function subjectOutputs({ isOpen, isOwn }: SubjectState): Outputs {
  if (!isOpen) return { state: 'closed' };
  return { state: isOwn ? 'open' : 'skipped' };
}

/** Reports a run that has no preview. */
export function reportSkipped(reason: string, report: Report): void {
  report.notice(`No preview: ${reason}.`);
  report.output({ state: 'skipped' });
  report.summarize({ title: `⏭️ No OpenRouter preview: ${reason}` });
}

/** What a run did for a preview, or for all of them. */
type Result = Exclude<PreviewResult, { state: 'skipped' }>;

/** The outputs for the result of the step. The state is set as soon as it is known. */
export function previewOutputs(result: Result): Outputs {
  if (result.state !== 'clean-up') return {};
  const { deleted = '', failed = '', count = '' } = sweepOutputs(result.result);
  const spent = withOutcome(result.result, 'deleted').map((one) => one.spent);
  const { amount, isExact } = sumSpent(spent);
  const cost = isExact && spent.length > 0 ? exactUsd(amount) : '';
  return { deleted, failed, count, 'keys-cost-usd': cost };
}

/** The summary of a step that succeeded. */
export function previewSummary(result: Result, request: PreviewRequest): Summary {
  if (result.state === 'clean-up') {
    return sweepSummary(result.result, CLEAN_UP, { deleteKeys: true });
  }
  if (result.state === 'closed') return closedSummary(result);
  const { preview, opened } = result;
  if (opened) return openSummary(preview, opened, request);
  return {
    title: `✅ Left the OpenRouter preview "${preview.identity.slug}" alone: it is open again`,
    paragraphs: [`${describePreview(preview.identity)}.`],
  };
}

/** The summary about a preview that is open. */
function openSummary(
  { identity }: Preview,
  opened: OpenedPreview,
  request: PreviewRequest,
): Summary {
  const { result, key } = opened;
  const { remedy, table, ...shown } = describeResult(result, opened.request);
  return {
    title: key
      ? `${shown.isWarning ? '⚠️' : '✅'} OpenRouter preview "${identity.slug}": key ${describeKeyLimit(request.key)}`
      : shown.titleFor(`OpenRouter preview "${identity.slug}"`),
    url: result.workspace && dashboardUrl(identity.slug),
    // What a new one has is no news to its author, but what a push changes is.
    table: isNew(result) ? undefined : table,
    paragraphs: [
      ...remedy,
      ...(request.dryRun && request.keyMode !== 'none'
        ? ['A real run also creates an API key.']
        : []),
      `${isNew(result) && !request.dryRun ? 'Created. ' : ''}${describePreview(identity)}.`,
    ],
    folded: key ? [nameOf(key.key)] : [],
  };
}

/** The summary about a preview that is closed. */
function closedSummary({ preview, closed }: Extract<Result, { state: 'closed' }>): Summary {
  const { identity, subject } = preview;
  const what = `the OpenRouter preview "${identity.slug}"`;
  const [first] = closed;
  const keys = closed.flatMap((one) => one.keys);
  const disabled = countKeys(closed.reduce((sum, one) => sum + one.disabled, 0));
  const isDryRun = first?.outcome === 'would-end';
  return {
    title: first
      ? `${isDryRun ? '🔎 Dry run: would close' : '✅ Closed'} ${what}: ${REASONS[subject.kind]}`
      : `✅ Nothing to close: ${what} does not exist`,
    paragraphs: [
      ...(first
        ? [
            isDryRun
              ? `${disabled} would be disabled.`
              : `${disabled} disabled. A clean-up writes the bill and deletes the workspace, an hour after its last key has ended at the earliest.`,
          ]
        : []),
      `${describePreview(identity)}: ${REASONS[subject.kind]}.`,
    ],
    folded: foldedKeys('API keys', keys, 'Total'),
  };
}

/** Why a preview is not needed any more. */
const REASONS: Readonly<Record<Subject['kind'], string>> = {
  pull: 'the pull request is closed',
  branch: 'the branch does not exist any more',
};

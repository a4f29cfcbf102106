import { countKeys } from '../../lib/format.ts';
import { formatExactUsd, formatUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import { describeLimit, type Key } from '../../openrouter/resources/keys.ts';
import { dashboardUrl } from '../../openrouter/resources/workspaces.ts';
import { keysTable } from '../../report/key-table.ts';
import type { Outputs } from '../../report/outputs.ts';
import type { Report } from '../../report/report.ts';
import type { Summary } from '../../report/summary.ts';
import type { KeyRequest, KeyResult } from './create-key.ts';
import { describeByok } from './failures.ts';
import type { KeySpend } from './spend.ts';

/** The outputs that describe the key, without its secret. */
export function keyOutputs({ key, workspace, expiresAt }: KeyResult): Outputs {
  return {
    name: key.name,
    hash: key.hash,
    label: key.label,
    'expires-at': expiresAt ?? '',
    'workspace-id': workspace.id,
    'workspace-slug': workspace.slug,
  };
}

/** The summary of a step that succeeded. */
export function keySummary({ key, workspace, expiresAt }: KeyResult, request: KeyRequest): Summary {
  return {
    title: `✅ Created the OpenRouter API key ${key.name}`,
    table: {
      header: ['Field', 'Value'],
      rows: [
        ['Label', { code: key.label }],
        ['Workspace', { text: workspace.slug, url: dashboardUrl(workspace.slug) }],
        ['Limit', formatLimit(request)],
        ['Expires', expiresAt === null ? 'never' : { code: expiresAt }],
        ['Revoked after the job', request.revokeAfterJob ? 'yes' : 'no'],
      ],
    },
  };
}

/** The summary of a post step about the older keys that it has deleted. */
export function replacedSummary(deleted: readonly Key[]): Summary {
  return {
    title: `✅ Deleted ${countKeys(deleted.length)} that the new one replaces`,
    table: keysTable(deleted, 'Total'),
  };
}

/** Returns what shows the spend of a key in the log and in the summary of its post step. */
export function spendReporter({ info, summarize }: Pick<Report, 'info' | 'summarize'>) {
  return (spend: KeySpend) => {
    const text = formatSpend(spend);
    const { name, isUsedUp } = spend;
    info(`${text} (API key ${JSON.stringify(name)}).`);
    // Otherwise, the warning says so in the summary.
    if (!isUsedUp) {
      summarize({ title: `💵 ${text}`, paragraphs: [['API key ', { code: name }]] });
    }
  };
}

function formatLimit({ desired: { limit, limit_reset } }: KeyRequest): string {
  if (limit === undefined) return 'none';
  const amount = formatExactUsd(limit);
  return limit_reset === undefined ? amount : `${amount}, resets ${limit_reset}`;
}

/** `Spent $0.0421 of the limit of $5.00 so far` */
export function formatSpend({
  spent,
  byok,
  limit,
  isSoFar,
}: Pick<KeySpend, 'spent' | 'byok' | 'limit' | 'isSoFar'>): string {
  const soFar = isSoFar ? ' so far' : '';
  const byokText = describeByok(byok);
  const ownKeys = byokText && `, and ${byokText} with your own provider keys`;
  if (!limit?.reset) {
    const spentOf = limit
      ? `${formatUsdNextTo(limit.amount, spent)} of the limit of ${formatExactUsd(limit.amount)}`
      : formatUsd(spent);
    return `Spent ${spentOf}${soFar}${ownKeys}`;
  }
  return `Spent ${formatUsd(spent)} in total${soFar}${ownKeys}. ${describeLimit(limit)}`;
}

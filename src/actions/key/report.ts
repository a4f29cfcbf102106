import { countOf, unbroken } from '../../lib/format.ts';
import { formatExactUsd } from '../../lib/format-usd.ts';
import type { Folded } from '../../lib/table.ts';
import { describeLimit, type KeyIdentity } from '../../openrouter/resources/keys.ts';
import { dashboardUrl } from '../../openrouter/resources/workspaces.ts';
import { type SeenKey, spentBy } from '../../openrouter/settlement.ts';
import { createdAt } from '../../openrouter/time.ts';
import type { Outputs } from '../../report/outputs.ts';
import type { Report } from '../../report/report.ts';
import type { Summary } from '../../report/summary.ts';
import { whyAtLeast } from '../../shared/describe-spent.ts';
import { keysTable } from '../../shared/key-table.ts';
import type { KeyRequest, NewKey } from './create-key.ts';
import { formatExpiry } from './expiry.ts';
import { keyLimitUsedUp } from './failures.ts';
import { formatSpend, type KeySpend } from './key-spend.ts';

/** The outputs that describe the key, without its secret. */
export function keyOutputs({ key, workspace, expiresAt }: NewKey): Outputs {
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
export function keySummary({ key, workspace, expiresAt }: NewKey, request: KeyRequest): Summary {
  return {
    title: `✅ Created an OpenRouter API key ${describeKeyLimit(request)}`,
    table: {
      header: ['Field', 'Value'],
      rows: [
        ['Workspace', { text: workspace.slug, url: dashboardUrl(workspace.slug) }],
        [
          'Expires',
          expiresAt === null ? 'never' : unbroken(formatExpiry(expiresAt, createdAt(key))),
        ],
        lifeOf(request),
      ],
    },
    folded: [nameOf(key)],
  };
}

/** The row about what becomes of the key. */
function lifeOf({ endsAfterJob, isSealed }: KeyRequest): [string, string] {
  if (!isSealed) return ['When the job ends', endsAfterJob ? 'it is revoked' : 'it stays'];
  return ['When the jobs that use it end', endsAfterJob ? 'end-key revokes it' : 'it stays'];
}

/** The name of a key, which is long, and its label. */
export function nameOf({ name, label }: KeyIdentity): Folded {
  return {
    title: 'Name of the API key',
    paragraphs: [{ code: name }, ['Label: ', { code: label }]],
  };
}

/** `with $5.00`, `with $5.00 daily` or `without a limit` */
export function describeKeyLimit({ desired }: Pick<KeyRequest, 'desired'>): string {
  const { limit, limit_reset: reset } = desired;
  if (limit === undefined) return 'without a limit';
  return `with ${formatExactUsd(limit)}${reset === undefined ? '' : ` ${reset}`}`;
}

/** The summary of a post step about the older keys that it has deleted. */
export function replacedSummary(deleted: readonly SeenKey[]): Summary {
  return {
    title: `✅ Deleted ${countOf(deleted.length, 'OpenRouter API key')} that the new one replaces`,
    table: keysTable(deleted, 'Total'),
    notes: whyAtLeast(spentBy(deleted)),
  };
}

/** Shows the spend of a key in the log and in the summary of its post step. */
export function reportSpend(
  spend: KeySpend,
  { info, summarize, warn }: Pick<Report, 'info' | 'summarize' | 'warn'>,
): void {
  const { name, hash, spent, limit, isUsedUp } = spend;
  // By its hash alone, also once the key was deleted, and its workspace.
  const howToRead = `To read the amount then, run the action usage with key-hash ${hash} and without workspace.`;
  const details = [
    ...(limit?.reset ? [`${describeLimit(limit)}.`] : []),
    ...whyAtLeast(spent).map((why) => `${why} ${howToRead}`),
  ];
  info(`${formatSpend(spend)} (API key ${JSON.stringify(name)}).`);
  details.forEach(info);
  // A warning says so in the summary, too.
  if (limit && isUsedUp) warn(keyLimitUsedUp, { spend: { ...spend, limit } });
  else
    summarize({
      title: `💵 ${formatSpend(spend, 'at OpenRouter')}`,
      paragraphs: [...(spend.isSoFar ? [] : ['The API key does not work any more.']), ...details],
      folded: [{ title: 'Name of the API key', paragraphs: [{ code: name }] }],
    });
}

import type { Repository } from '../../github/repository.ts';
import type { Cell, Table } from '../../lib/table.ts';
import { formatUsd, parseUsd } from '../../lib/usd.ts';
import { dashboardUrl } from '../../openrouter/resources/workspaces.ts';
import { formatTime } from '../../openrouter/time.ts';
import type { Report } from '../../report/report.ts';
import { summaryHtml } from '../../report/summary.ts';
import type { Redact } from '../../report/text.ts';
import {
  type CommentData,
  formatMarker,
  type KeyData,
  limitComment,
  newestFirst,
  sumOf,
  type Total,
  totalOf,
  type WorkspaceData,
} from './comment.ts';

/** GitHub accepts 65,536 characters. */
const MAX_LENGTH = 60_000;

/** More rows never fit. */
const MAX_ROWS = 400;

/** The maximum length of the name of a key, in characters. */
const MAX_NAME = 200;

export interface CommentOptions {
  /** The id of the workspace that exists. */
  existing: string | undefined;
  repository: Pick<Repository, 'name' | 'serverUrl' | 'isGitea'>;
  redact: Redact;
}

/** Renders the comment of a preview, with its data. The oldest keys, if not all fit, share a row. */
export function renderComment(data: CommentData, options: CommentOptions): string {
  const toName = (name: string) => [...options.redact(name)].slice(0, MAX_NAME).join('');
  let limited = data;
  for (let maxRows = MAX_ROWS; ; maxRows = Math.floor(maxRows * 0.9)) {
    limited = limitComment(limited, { maxRows, toName });
    const body = `${formatMarker(limited)}\n${htmlOf(limited, options)}`;
    if (body.length <= MAX_LENGTH || maxRows === 0) return body;
  }
}

function htmlOf(data: CommentData, options: CommentOptions): string | undefined {
  const { existing, redact } = options;
  const workspaces = Object.entries(data.workspaces);
  const living = workspaces.filter(([id, { deletion }]) => deletion === 'none' || id === existing);
  const deleted = living.length === 0 ? ['Deleted'] : [];
  const summary = {
    title: 'OpenRouter preview',
    paragraphs: living.map(([, { slug }]) => ({ text: slug, url: dashboardUrl(slug) })),
    table: tableOf(workspaces, options),
    notes: [`Total: ${formatTotal(totalOf(data))}`, ...deleted],
  };
  return summaryHtml(summary, { redact, maxBytes: Number.POSITIVE_INFINITY });
}

function tableOf(
  workspaces: readonly [string, WorkspaceData][],
  { repository }: CommentOptions,
): Table | undefined {
  const keys = newestFirst(workspaces).map(({ key }) => key);
  if (keys.length === 0) return undefined;
  const rows = keys.flatMap((key) => (key.row ? [rowOf(key, key.row, repository)] : []));
  const older = keys.filter(({ row }) => !row);
  const what = older.length === 1 ? 'older key' : 'older keys';
  const last = ['', `… and ${older.length} ${what}`, formatTotal(sumOf(older)), ''];
  return {
    header: ['Run', 'API key', { numbers: 'Cost' }, { numbers: 'Limit' }],
    rows: older.length > 0 ? [...rows, last] : rows,
  };
}

function rowOf(
  key: KeyData,
  { at, name, limit }: NonNullable<KeyData['row']>,
  repository: CommentOptions['repository'],
): Cell[] {
  const { amount, isComplete } = sumOf([key]);
  return [
    runOf(name, repository) || (at > 0 ? formatTime(at * 1000) : ''),
    { code: name },
    isComplete ? formatUsd(amount) : 'unknown',
    limit === null ? '–' : formatUsd(parseUsd(limit) ?? 0n),
  ];
}

/**
 * The run in the name of a key, with its link. The name consists of the repository, workflow, run and
 * attempt, job, and a suffix.
 */
function runOf(name: string, repository: CommentOptions['repository']): Cell {
  const [start, ...parts] = name.split(' / ');
  // The last one, because the name of a workflow can look like a run, but not that of a job.
  const [run, attempt] =
    parts.findLast((part) => /^\d{1,15}\.\d{1,5}$/.test(part))?.split('.') ?? [];
  if (start !== repository.name || run === undefined) return '';
  const url = `${repository.serverUrl}/${repository.name}/actions/runs/${run}`;
  return {
    text: `${run}, attempt ${attempt}`,
    // Gitea and Forgejo have no page for an attempt.
    url: repository.isGitea ? url : `${url}/attempts/${attempt}`,
  };
}

function formatTotal({ amount, isComplete }: Total): string {
  return `${isComplete ? '' : 'at least '}${formatUsd(amount)}`;
}

/** Returns a function that renders the comment of a preview in `repository`. */
export function commentRenderer(
  { repository }: Pick<CommentOptions, 'repository'>,
  { redact }: Pick<Report, 'redact'>,
) {
  return (data: CommentData, existing: string | undefined) =>
    renderComment(data, { existing, repository, redact });
}

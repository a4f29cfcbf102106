import type { Repository } from '../../github/repository.ts';
import type { Cell, Table } from '../../lib/table.ts';
import { formatUsd, sumUsd, toUsd } from '../../lib/usd.ts';
import type { Key } from '../../openrouter/resources/keys.ts';
import { dashboardUrl } from '../../openrouter/resources/workspaces.ts';
import { createdAt, formatTime } from '../../openrouter/time.ts';
import type { Report } from '../../report/report.ts';
import { summaryHtml } from '../../report/summary.ts';
import type { Redact } from '../../report/text.ts';
import { type CommentFacts, formatMarker, limitComment, type Total, totalOf } from './comment.ts';

/** GitHub accepts 65,536 characters. */
const MAX_LENGTH = 60_000;

/** How many keys have a row: the newest. */
const MAX_ROWS = 50;

/** The maximum length of the name of a key, in characters. */
const MAX_NAME = 200;

export interface CommentOptions {
  repository: Pick<Repository, 'name' | 'serverUrl' | 'isGitea'>;
  redact: Redact;
}

/** Renders the comment of a preview, with its data. What does not fit is left out: rows first, then data. */
export function renderComment(facts: CommentFacts, options: CommentOptions): string {
  const limited = { ...facts, data: limitComment(facts.data) };
  for (let maxRows = MAX_ROWS; maxRows > 0; maxRows = Math.floor(maxRows * 0.8)) {
    const body = bodyOf(limited, { ...options, maxRows });
    if (body.length <= MAX_LENGTH) return body;
  }
  const without = { ...options, maxRows: 0 };
  const isCut = { ...facts, data: { ...facts.data, isCut: true } };
  const data = limitComment(facts.data, MAX_LENGTH - htmlOf(isCut, without).length - 1);
  return bodyOf({ ...facts, data }, without);
}

type RowOptions = CommentOptions & { maxRows: number };

function bodyOf(facts: CommentFacts, options: RowOptions): string {
  return `${formatMarker(facts.data)}\n${htmlOf(facts, options)}`;
}

function htmlOf(facts: CommentFacts, options: RowOptions): string {
  const { existing } = facts;
  const summary = {
    title: 'OpenRouter preview',
    paragraphs: existing.map(({ workspace: { slug } }) => ({
      text: slug,
      url: dashboardUrl(slug),
    })),
    table: tableOf(facts, options),
    notes: [
      `Total: ${formatTotal(totalOf(facts))}${facts.isBeingDeleted ? ', being deleted' : ''}`,
      ...(existing.length === 0 ? ['Deleted'] : []),
    ],
  };
  return summaryHtml(summary, { redact: options.redact, maxBytes: Number.POSITIVE_INFINITY });
}

function tableOf(facts: CommentFacts, options: RowOptions): Table | undefined {
  const { data, existing } = facts;
  const remembered = Object.values(data.workspaces).flatMap(({ keys }) => Object.keys(keys));
  if (remembered.length === 0) return undefined;
  const listed = existing.flatMap(({ keys }) => keys).sort(compareAge);
  const shown = listed.slice(0, options.maxRows);
  const rows = shown.map((key) => rowOf(key, options));
  const older = Math.max(remembered.length, listed.length) - shown.length;
  const rest = totalOf(facts).amount - sumUsd(shown.map((key) => toUsd(key['usage']) ?? 0n));
  const what = older === 1 ? 'older key' : 'older keys';
  const last = ['', `… and ${older} ${what}`, formatUsd(rest), ''];
  return {
    header: ['Run', 'API key', { numbers: 'Cost' }, { numbers: 'Limit' }],
    rows: older > 0 ? [...rows, last] : rows,
  };
}

/** The newest first. */
function compareAge(a: Key, b: Key): number {
  return (createdAt(b) ?? 0) - (createdAt(a) ?? 0) || (a.hash < b.hash ? -1 : 1);
}

function rowOf(key: Key, { repository, redact }: RowOptions): Cell[] {
  // Cut behind the secrets that it may have.
  const name = [...redact(key.name)].slice(0, MAX_NAME).join('');
  const time = createdAt(key);
  const [spent, limit] = [toUsd(key['usage']), toUsd(key['limit'])];
  return [
    runOf(name, repository) || (time === undefined ? '' : formatTime(time)),
    { code: name },
    spent === undefined ? 'unknown' : formatUsd(spent),
    limit === undefined ? '–' : formatUsd(limit),
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
  return (facts: CommentFacts) => renderComment(facts, { repository, redact });
}

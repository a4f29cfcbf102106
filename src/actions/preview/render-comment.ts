import type { Repository } from '../../github/repository.ts';
import { countOf } from '../../lib/format.ts';
import { formatExactUsd, formatUsd, formatUsdNextTo } from '../../lib/format-usd.ts';
import type { Cell, Table } from '../../lib/table.ts';
import { sumUsd, toUsd, type Usd } from '../../lib/usd.ts';
import { isLimitUsedUp, type Key, limitOf, usedOf } from '../../openrouter/resources/keys.ts';
import { dashboardUrl } from '../../openrouter/resources/workspaces.ts';
import { createdAt, formatMinute, readTime } from '../../openrouter/time.ts';
import { documentUrl } from '../../report/description.ts';
import { formatSum, spentFormat } from '../../report/key-table.ts';
import type { Report } from '../../report/report.ts';
import { type Summary, summaryHtml } from '../../report/summary.ts';
import type { Redact } from '../../report/text.ts';
import { readKeyName } from '../../shared/key-name.ts';
import { isAlmostSpent } from './cap.ts';
import {
  areFinal,
  type CommentData,
  type CommentFacts,
  doubtOf,
  formatMarker,
  goneIn,
  type ListedWorkspace,
  limitComment,
  listedIn,
  spentIn,
  type Total,
  totalOf,
  unlistedIn,
  type WorkspaceData,
} from './comment.ts';

/** GitHub accepts 65,536 characters. */
const MAX_LENGTH = 60_000;

/** More than the figures become longer when data are left out: $1.2345 can be a part of $2.00. */
const MARGIN = 100;

/** How many keys have a row, and how many of these are not folded: the newest. */
const MAX_ROWS = 50;
const MAX_UNFOLDED = 5;

/** The maximum length of the title of a row, in characters. */
const MAX_TITLE = 200;

export interface CommentOptions {
  repository: Pick<Repository, 'name' | 'serverUrl' | 'isGitea'>;
  /** The URL of what the documents say about the comment. */
  aboutUrl: string;
  redact: Redact;
}

/** Renders the comment of a preview, with its data. What does not fit is left out: rows first, then data. */
export function renderComment(facts: CommentFacts, options: CommentOptions): string {
  const limited = { ...facts, data: limitComment(facts.data) };
  const marker = formatMarker(limited.data);
  // Rendered once and not for each number of rows, because a workspace can have thousands of keys.
  const fits = marker.length < MAX_LENGTH;
  for (
    let maxRows = MAX_ROWS;
    fits && maxRows > MAX_UNFOLDED;
    maxRows = Math.floor(maxRows * 0.8)
  ) {
    const body = `${marker}\n${htmlOf(limited, { ...options, maxRows })}`;
    if (body.length <= MAX_LENGTH) return body;
  }
  const without = { ...options, maxRows: 0 };
  const isCut = { ...facts, data: { ...facts.data, isCut: true } };
  const data = limitComment(facts.data, MAX_LENGTH - htmlOf(isCut, without).length - MARGIN);
  return `${formatMarker(data)}\n${htmlOf({ ...facts, data }, without)}`;
}

type RowOptions = CommentOptions & { maxRows: number };

function htmlOf(facts: CommentFacts, options: RowOptions): string {
  const { redact } = options;
  const isDeleted = facts.existing.length === 0;
  const counted = countedOf(facts);
  const describe = isDeleted ? describeDeleted : describeExisting;
  const withYear = spansYears(facts);
  const { paragraphs, ...parts } = describe(facts, { ...options, counted, withYear });
  const { amount, doubt } = counted ?? { ...totalOf(facts), doubt: doubtOf(facts) };
  const total = { amount, isComplete: doubt === undefined };
  const spent = counted ? formatNextTo(counted.cap, total) : formatTotal(total);
  const ofCap = counted ? ` of ${formatExactUsd(counted.cap)}` : '';
  const warning = counted && isAlmostSpent(amount, counted.cap) ? '⚠️ ' : '';
  const summary = {
    title: `OpenRouter preview: ${warning}${spent}${ofCap}${isDeleted ? ', deleted' : ''}`,
    paragraphs: [...(doubt ? [`At least: ${doubt}.`] : []), ...paragraphs],
    ...parts,
  };
  return summaryHtml(summary, { redact, maxBytes: Number.POSITIVE_INFINITY });
}

/** What follows from the facts, and more than one part of the text needs. */
interface PartOptions extends RowOptions {
  counted: TowardsCap | undefined;
  /** Whether times are shown with their year. */
  withYear: boolean;
}

/**
 * Whether the keys and deletions of a comment are of more than one year: a key that works for a year may be from
 * this November or the last. The time of the run does not matter, because runs must agree about the text.
 */
function spansYears({ data, existing }: CommentFacts): boolean {
  const keys = existing.flatMap((one) => one.keys);
  const deletions = Object.values(data.workspaces).flatMap(({ deletion }) => deletion ?? []);
  const times = [
    ...keys.flatMap((key) => [createdAt(key), readTime(key['expires_at'])]),
    ...deletions.map(({ at }) => at * 1000),
  ].filter((time) => time !== undefined);
  const years = new Set(times.map((time) => new Date(time).getUTCFullYear()));
  return years.size > 1 || keys.some((key) => key['expires_at'] === null);
}

/** What counts towards a cap. */
interface TowardsCap {
  amount: Usd;
  /** Why it is only a lower bound; undefined if it is exact. */
  doubt: string | undefined;
  cap: Usd;
}

/**
 * What counts towards the cap, as the log of a step shows it: only the keys that exist, in the workspace that
 * exists. Undefined if there is no cap, or more than one workspace.
 */
function countedOf(facts: CommentFacts): TowardsCap | undefined {
  const [one, ...others] = facts.existing;
  if (!one || others.length > 0) return undefined;
  const cap = toUsd(facts.data.workspaces[one.workspace.id]?.cap?.usd);
  if (cap === undefined) return undefined;
  const listed = { ...facts, data: listedIn(facts.data, one) };
  return { amount: totalOf(listed).amount + byokOf(one.keys), doubt: doubtOf(listed), cap };
}

/** What was paid with one's own provider keys, if that counts towards the limit of the newest key. */
function byokOf(keys: readonly Key[]): Usd {
  const [newest] = newestFirst(keys);
  if (newest?.['include_byok_in_limit'] !== true) return 0n;
  return sumUsd(keys.map((key) => toUsd(key['byok_usage']) ?? 0n));
}

function newestFirst(keys: readonly Key[]): Key[] {
  return keys.toSorted(
    (a, b) => (createdAt(b) ?? 0) - (createdAt(a) ?? 0) || (a.hash < b.hash ? -1 : 1),
  );
}

interface Parts extends Omit<Summary, 'title'> {
  paragraphs: readonly Cell[];
}

/** What is shown of workspaces that exist: several if the prefix of their slugs was changed. */
function describeExisting(facts: CommentFacts, options: PartOptions): Parts {
  const { existing } = facts;
  const spenders = spendersOf(facts, options);
  return {
    paragraphs: [overviewOf(existing, spenders)],
    ...tablesOf(spenders, options.maxRows),
    notes: [
      ...restLines(facts, options),
      [
        ...(facts.isBeingDeleted
          ? []
          : ['The workspace and its keys are deleted when this pull request is closed. ']),
        { text: 'What is this?', url: options.aboutUrl },
      ],
    ],
  };
}

/** What is shown of workspaces that are gone: the last one, and how many were before it. */
function describeDeleted(facts: CommentFacts, { repository, withYear }: PartOptions): Parts {
  const beganAt = ({ deletion }: WorkspaceData) => deletion?.at ?? 0;
  const [last, ...earlier] = goneIn(facts).sort((a, b) => beganAt(b) - beganAt(a));
  if (!last) return { paragraphs: [] };
  const { slug, deletion, keys } = last;
  const count = Object.keys(keys).length;
  const what = count > 0 ? `and its ${countOf(count, 'key')} were` : 'was';
  const time = formatMinute(beganAt(last) * 1000, { withYear });
  const moment = deletion?.run ? { text: time, url: runUrl(deletion.run, repository) } : time;
  return {
    paragraphs: [
      [`The workspace ${slug} ${what} deleted`, ...(deletion ? [' on ', moment] : []), '.'],
    ],
    notes: earlierLine(earlier, facts.data),
  };
}

/**
 * What has no rows: keys that were deleted, and workspaces that are gone. With a cap, these do not count towards
 * it, so the title has no total: it follows.
 */
function restLines(facts: CommentFacts, { counted }: PartOptions): string[] {
  const { data, existing } = facts;
  const unlisted = existing.map((one) => ({ keys: unlistedIn(data, one) }));
  const earlier = goneIn(facts);
  const lines = [...deletedLine(unlisted), ...earlierLine(earlier, data)];
  if (!counted || (lines.length === 0 && !data.isCut)) return lines;
  const amount = counted.amount + spentIn([...unlisted, ...earlier]);
  const doubt = doubtOf(facts);
  const sentences = lines.map(
    (line) => `${line}, not counted in the ${formatExactUsd(counted.cap)}.`,
  );
  const total = `In total: ${formatTotal({ amount, isComplete: doubt === undefined })}.`;
  return [
    ...sentences.slice(0, -1),
    [...sentences.slice(-1), total].join(' '),
    ...(doubt && !counted.doubt ? [`At least: ${doubt}.`] : []),
  ];
}

/** What a key had spent when it was listed last is a lower bound. */
function deletedLine(unlisted: readonly Pick<WorkspaceData, 'keys'>[]): string[] {
  const count = unlisted.flatMap(({ keys }) => Object.keys(keys)).length;
  return sumLine(count, 'deleted key', { amount: spentIn(unlisted), isComplete: false });
}

function earlierLine(earlier: readonly WorkspaceData[], data: CommentData): string[] {
  const isComplete = !data.isCut && areFinal(earlier);
  return sumLine(earlier.length, 'earlier workspace', { amount: spentIn(earlier), isComplete });
}

/** A line about what has no rows, if there is any. */
function sumLine(count: number, what: string, total: Total): string[] {
  return count > 0 ? [`${countOf(count, what)}: ${formatTotal(total)}`] : [];
}

function formatTotal({ amount, isComplete }: Total): string {
  return isComplete ? formatUsd(amount) : `at least ${formatUsd(amount, 'down')}`;
}

function formatNextTo(limit: Usd, { amount, isComplete }: Total): string {
  return isComplete
    ? formatUsdNextTo(limit, amount)
    : `at least ${formatUsdNextTo(limit, amount, 'down')}`;
}

/** An API key of a workspace that exists, as its row shows it. */
interface Spender {
  title: Cell;
  /** The run that created it, and its attempt: `17000000012.1`; undefined if its name does not say that. */
  run: string | undefined;
  /** Null if unknown. */
  spent: Usd | null;
  limit: string;
}

const NO_LIMIT = '–';
// Not broken into lines on a phone.
const USED_UP = '⚠️\u00a0used\u00a0up';

/** The newest first. */
function spendersOf({ existing }: CommentFacts, options: PartOptions): Spender[] {
  return newestFirst(existing.flatMap(({ keys }) => keys)).map((key) => {
    const spent = toUsd(key['usage']) ?? null;
    return { ...titleOfKey(key, options), spent, limit: partOfLimit(key, spent) };
  });
}

/** The workspaces with their links, and what matters most of their keys. */
function overviewOf(existing: readonly ListedWorkspace[], spenders: readonly Spender[]): Cell {
  const usedUp = spenders.filter(({ limit }) => limit === USED_UP).length;
  const parts = [
    ...existing.map(({ workspace: { slug } }) => ({ text: slug, url: dashboardUrl(slug) })),
    `${countOf(spenders.length, 'key')} so far`,
    ...(usedUp === 1 ? ['⚠️ one has used up its limit'] : []),
    ...(usedUp > 1 ? [`⚠️ ${usedUp} have used up their limits`] : []),
  ];
  return parts.flatMap((part, at) => (at > 0 ? [' · ', part] : [part]));
}

/** The rows, all but the newest folded. */
function tablesOf(
  spenders: readonly Spender[],
  maxRows: number,
): Pick<Summary, 'table' | 'folded'> {
  const hasLimits = spenders.some(({ limit }) => limit !== NO_LIMIT);
  const format = spentFormat(spenders.map(({ spent }) => spent));
  const columnsOf = <Column>(columns: readonly Column[]) => columns.slice(0, hasLimits ? 3 : 2);
  const tableOf = (rows: readonly Spender[]): Table => ({
    header: columnsOf(['Job', { numbers: 'Cost' }, { numbers: 'Of its limit' }]),
    rows: rows.map(({ title, spent, limit }) => columnsOf([title, format(spent), limit])),
  });
  const shown = spenders.slice(0, maxRows);
  const earlier = spenders.slice(MAX_UNFOLDED);
  const sum = formatSum(earlier.map(({ spent }) => spent));
  const folded = {
    title: `${countOf(earlier.length, 'earlier key')}: ${sum}`,
    table: { ...tableOf(shown.slice(MAX_UNFOLDED)), more: spenders.length - shown.length },
  };
  return {
    table: shown.length > 0 ? tableOf(shown.slice(0, MAX_UNFOLDED)) : undefined,
    folded: shown.length > MAX_UNFOLDED ? [folded] : [],
  };
}

/** How much of its limit a key has used, in the current period of the limit. */
function partOfLimit(key: Key, spent: Usd | null): string {
  if (key['limit'] === null) return NO_LIMIT;
  const limit = limitOf(key);
  const used = limit ? usedOf(limit, spent) : null;
  if (!limit || used === null) return 'unknown';
  if (isLimitUsedUp(limit, spent)) return USED_UP;
  const { amount, reset } = limit;
  const percent = amount > 0n ? (100n * used) / amount : 0n;
  return `${percent}\u00a0% of\u00a0${formatUsd(amount)}${reset ? ` ${reset}` : ''}`;
}

/** What a key was created for, by its name; the whole name, if that is not one of this repository. */
function titleOfKey(key: Key, { repository, redact, withYear }: PartOptions) {
  const name = redact(key.name);
  const known = readKeyName(name);
  const own = known.kind !== 'other' && known.repository === repository.name ? known : undefined;
  const run = own?.kind === 'job' ? own.run : undefined;
  // Cut behind the secrets that it may have.
  const text = [...(own?.job || name)].slice(0, MAX_TITLE).join('');
  const link = run ? { text, url: runUrl(run, repository) } : { code: text };
  const time = createdAt(key);
  const attempt = run?.split('.')[1];
  const details =
    (time ? `, ${formatMinute(time, { withYear })}` : '') +
    (Number(attempt) > 1 ? `, attempt ${attempt}` : '');
  return { run, title: [link, details] };
}

/** The page of a run and its attempt, such as `17000000012.1`. */
function runUrl(run: string, { serverUrl, name, isGitea }: CommentOptions['repository']): string {
  const [id, attempt] = run.split('.');
  const url = `${serverUrl}/${name}/actions/runs/${id}`;
  // Gitea and Forgejo have no page for an attempt.
  return isGitea ? url : `${url}/attempts/${attempt}`;
}

/** The section of the documents that says what the comment means. */
const ABOUT = 'preview-environments.md#the-comment';

/** Returns a function that renders the comment of a preview in `repository`. */
export function commentRenderer(
  { repository }: Pick<CommentOptions, 'repository'>,
  { redact }: Pick<Report, 'redact'>,
) {
  const options = { repository, aboutUrl: documentUrl(ABOUT), redact };
  return (facts: CommentFacts) => renderComment(facts, options);
}

/** The rows of the comment of a preview: an API key each. */
import type { Repository } from '../../github/repository.ts';
import { countOf } from '../../lib/format.ts';
import { formatUsd } from '../../lib/format-usd.ts';
import type { Cell, Folded, Table } from '../../lib/table.ts';
import { isLimitUsedUp, type Key, limitOf, usedOf } from '../../openrouter/resources/keys.ts';
import { type SeenKey, type Spent, spentOf, sumSpent } from '../../openrouter/settlement.ts';
import {
  createdAt,
  formatDay,
  formatDayTime,
  isSameYear,
  readTime,
  yearOf,
} from '../../openrouter/time.ts';
import type { Redact } from '../../report/text.ts';
import { formatSpent, spentFormat } from '../../shared/describe-spent.ts';
import { type KeyName, readKeyName, shortenWorkflow } from '../../shared/key-name.ts';

/** How many keys have a row that is not folded: the newest. */
const MAX_UNFOLDED = 5;

/** How many keys have a row. */
const MAX_ROWS = 50;

/** The maximum length of the title of a row, in characters. */
const MAX_TITLE = 200;

export interface KeyOptions {
  repository: Pick<Repository, 'name' | 'serverUrl' | 'isGitea'>;
  redact: Redact;
}

/** An API key, as its row shows it. */
export interface KeyRow {
  title: Cell;
  /** Undefined if unknown. */
  spent: Spent | undefined;
  /** How much of its limit it has used. */
  limit: string;
}

/** The rows of `keys`, the newest first. */
export function rowsOf(keys: readonly SeenKey[], { repository, redact }: KeyOptions): KeyRow[] {
  const sorted = newestFirst(keys);
  const named = sorted.map((one) => ({ ...one, name: redact(one.key.name) }));
  const names = named.map(({ name }) => readKeyName(name));
  const options = {
    repository,
    withYear: new Set(sorted.flatMap(({ key }) => yearsOf(key))).size > 1,
    formatLabel: labelFormat(names.flatMap((name) => (name.kind === 'other' ? [] : name.job))),
  };
  const deployed = new Set<string>();
  return named.map(({ name, ...one }, at) => {
    const { key } = one;
    const parts = names[at] ?? { kind: 'other' as const };
    const isDeployment = parts.kind === 'deployment' && parts.job !== '';
    const isReplaced = isDeployment && deployed.has(parts.job);
    if (isDeployment) deployed.add(parts.job);
    const spent = spentOf(one);
    const use = { ...one, spent };
    const details = isDeployment ? deploymentState(use, { isReplaced }) : creationOf(key, options);
    const link = linkOf(name, parts, options);
    return {
      title: details ? [link, `, ${details}`] : [link],
      spent,
      limit: limitPart(use, { isOwnUse: parts.kind === 'other' }),
    };
  });
}

/** The newest first. */
function newestFirst(keys: readonly SeenKey[]): SeenKey[] {
  return keys.toSorted(
    ({ key: a }, { key: b }) =>
      (createdAt(b) ?? 0) - (createdAt(a) ?? 0) || (a.hash < b.hash ? -1 : 1),
  );
}

/** When a key was created, as a list with no or one year. */
function yearsOf(key: Key): number[] {
  const created = createdAt(key);
  return created === undefined ? [] : [yearOf(created)];
}

/** Between the name of a workflow and that of a job. */
const SEPARATOR = ' / ';

/** The workflow of a label, with the separator, and its job. The key of a deployment has a workflow in full. */
function partsOf(label: string): { workflow: string; job: string } {
  const end = label.lastIndexOf(SEPARATOR);
  if (end < 0) return { workflow: '', job: label };
  const workflow = shortenWorkflow(label.slice(0, end)) + SEPARATOR;
  return { workflow, job: label.slice(end + SEPARATOR.length) };
}

/** Returns how labels are shown: without their workflow, if they have only one. A phone has little space for it. */
function labelFormat(labels: readonly string[]): (label: string) => string {
  const workflows = new Set(labels.map((label) => partsOf(label).workflow).filter(Boolean));
  return (label) => {
    const { workflow, job } = partsOf(label);
    return workflows.size > 1 ? workflow + job : job;
  };
}

/** A key, and how it stands. */
interface KeyUse extends SeenKey {
  spent: Spent | undefined;
}

const NO_LIMIT = '–';

/**
 * How much of its limit a key has used, in the current period of the limit; only the limit while that is not counted
 * yet. It breaks into two lines on a phone.
 */
function limitPart({ key, state, spent }: KeyUse, { isOwnUse }: { isOwnUse: boolean }): string {
  if (key.limit === null) return isOwnUse && state === 'works' ? '⚠️ no\u00a0limit' : NO_LIMIT;
  const limit = limitOf(key);
  const used = limit ? usedOf(limit, spent?.amount) : undefined;
  if (!limit || used === undefined) return 'unknown';
  const { amount, reset } = limit;
  const whole = `of\u00a0${formatUsd(amount)}${reset ? ` ${reset}` : ''}`;
  if (isLimitUsedUp(limit, spent?.amount)) return `⚠️\u00a0all ${whole}`;
  if (!spent?.isExact) return whole;
  const percent = amount > 0n ? (100n * used) / amount : 0n;
  return `${percent === 0n && used > 0n ? '<1' : percent}\u00a0% ${whole}`;
}

interface LinkOptions extends Pick<KeyOptions, 'repository'> {
  formatLabel(label: string): string;
}

/** What a key was created for, by its name; the whole name, if that is not one of this repository. */
function linkOf(name: string, parts: KeyName, { repository, formatLabel }: LinkOptions): Cell {
  const own = parts.kind !== 'other' && parts.repository === repository.name ? parts : undefined;
  // Cut behind the secrets that it may have.
  const text = [...(own?.job ? formatLabel(own.job) : name)].slice(0, MAX_TITLE).join('');
  const run = own?.kind === 'job' ? own.run : undefined;
  return run ? { text, url: runUrl(run, repository) } : { code: text };
}

/** When a key was created; empty if that is unknown. */
function creationOf(key: Key, { withYear }: { withYear: boolean }): string {
  const created = createdAt(key);
  // One that works for a year may be from this November or the last.
  const isLong = expiresInOtherYear(key) || key['expires_at'] === null;
  return created ? formatDayTime(created, { withYear: withYear || isLong }) : '';
}

/** Whether the key of a deployment works, and how long. */
function deploymentState(
  { key, state, spent }: KeyUse,
  { isReplaced }: { isReplaced: boolean },
): string {
  if (state === 'disabled') return isReplaced ? 'replaced' : 'disabled';
  const expiry = readTime(key['expires_at']);
  const day = expiry && formatDay(expiry, { withYear: expiresInOtherYear(key) });
  if (state === 'expired') return `expired\u00a0${day}`;
  const limit = limitOf(key);
  if (limit && isLimitUsedUp(limit, spent?.amount)) return 'used\u00a0up';
  return day ? `works\u00a0until\u00a0${day}` : 'works';
}

/** Whether a key expires in another year than that of its creation. */
function expiresInOtherYear(key: Key): boolean {
  const [created, expiry] = [createdAt(key), readTime(key['expires_at'])];
  return created && expiry ? !isSameYear(created, expiry) : false;
}

/** The page of a run and its attempt, such as `17000000012.1`. */
function runUrl(run: string, { serverUrl, name, isGitea }: KeyOptions['repository']): string {
  const [id, attempt] = run.split('.');
  const url = `${serverUrl}/${name}/actions/runs/${id}`;
  // Gitea and Forgejo have no page for an attempt.
  return isGitea ? url : `${url}/attempts/${attempt}`;
}

/** The rows, all but the newest folded. */
export function keyTables(rows: readonly KeyRow[]): { table: Table | undefined; folded: Folded[] } {
  const hasLimits = rows.some(({ limit }) => limit !== NO_LIMIT);
  const earlier = rows.slice(MAX_UNFOLDED);
  const format = spentFormat(rows.map(({ spent }) => spent));
  const columnsOf = <Column>(columns: readonly Column[]) => columns.slice(0, hasLimits ? 3 : 2);
  const tableOf = (shown: readonly KeyRow[]): Table => ({
    header: columnsOf(['Job (UTC)', { numbers: 'Cost' }, { numbers: 'Of its limit' }]),
    rows: shown.map(({ title, spent, limit }) => columnsOf([title, format(spent), limit])),
  });
  const sum = formatSpent(sumSpent(earlier.map(({ spent }) => spent)));
  const folded = {
    title: `${countOf(earlier.length, 'earlier key')}: ${sum}`,
    table: {
      ...tableOf(rows.slice(MAX_UNFOLDED, MAX_ROWS)),
      more: Math.max(0, rows.length - MAX_ROWS),
    },
  };
  return {
    table: rows.length > 0 ? tableOf(rows.slice(0, MAX_UNFOLDED)) : undefined,
    folded: earlier.length > 0 ? [folded] : [],
  };
}

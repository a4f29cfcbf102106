/** The rows of the comment of a preview: a key each, and whether it has used up its limit. */
import type { Repository } from '../../github/repository.ts';
import { countOf } from '../../lib/format.ts';
import { formatUsd } from '../../lib/format-usd.ts';
import type { Cell, Folded, Table } from '../../lib/table.ts';
import { toUsd, type Usd } from '../../lib/usd.ts';
import { isLimitUsedUp, type Key, limitOf, usedOf } from '../../openrouter/resources/keys.ts';
import {
  createdAt,
  formatDay,
  formatDayTime,
  isSameYear,
  readTime,
} from '../../openrouter/time.ts';
import { type UnusableState, unusableState } from '../../openrouter/unusable-key.ts';
import { formatSum, spentFormat } from '../../report/key-table.ts';
import type { Redact } from '../../report/text.ts';
import { type KeyName, readKeyName } from '../../shared/key-name.ts';
import type { ListedWorkspace } from './comment.ts';

/** How many keys have a row that is not folded: the newest. */
export const MAX_UNFOLDED = 5;

/** The maximum length of the title of a row, in characters. */
const MAX_TITLE = 200;

export interface KeyOptions {
  repository: Pick<Repository, 'name' | 'serverUrl' | 'isGitea'>;
  redact: Redact;
  /** Whether all times are shown with their year. */
  withYear: boolean;
  formatLabel(label: string): string;
}

/** An API key of a workspace that exists, as its row shows it. */
export interface Spender {
  title: Cell;
  /** Null if unknown. */
  spent: Usd | null;
  /** How much of its limit it has used. */
  limit: string;
  /** What a reader should notice of it. */
  warning?: 'used-up' | 'no-limit' | undefined;
  /** What it was created for. */
  name: Cell;
  /** Whether that is a job. */
  hasJob: boolean;
  /** When it was created; empty if unknown. */
  created: string;
  /** `deployed` if what is deployed uses it, and `ended` if OpenRouter rejects each request with it. */
  use: 'deployed' | 'working' | 'ended';
}

/** The newest first. */
export function newestFirst(keys: readonly Key[]): Key[] {
  return keys.toSorted(
    (a, b) => (createdAt(b) ?? 0) - (createdAt(a) ?? 0) || (a.hash < b.hash ? -1 : 1),
  );
}

/**
 * A time that is not after now, in milliseconds since 1970: when the newest of `keys` was created. The time of the
 * run does not matter, because runs must agree about the text.
 */
export function latestCreation(keys: readonly Key[]): number {
  return keys.reduce((latest, key) => Math.max(latest, createdAt(key) ?? 0), 0);
}

/** The keys of the workspaces that exist, the newest first. */
export function spendersOf(
  existing: readonly ListedWorkspace[],
  { redact, ...options }: KeyOptions,
): Spender[] {
  const keys = newestFirst(existing.flatMap((one) => one.keys));
  const now = latestCreation(keys);
  const deployed = new Set<string>();
  return keys.map((key) => {
    const name = redact(key.name);
    const known = readKeyName(name);
    const isDeployment = known.kind === 'deployment' && known.job !== '';
    const isReplaced = isDeployment && deployed.has(known.job);
    if (isDeployment) deployed.add(known.job);
    const unusable = unusableState(key, now);
    const spent = toUsd(key['usage']) ?? null;
    const limit = limitPart(key, { spent, isOwnUse: known.kind === 'other' && !unusable });
    const isUsedUp = limit.warning === 'used-up';
    const created = creationOf(key, options);
    const details = isDeployment
      ? deploymentState(key, { unusable, isReplaced, isUsedUp })
      : created;
    const working = isDeployment ? 'deployed' : 'working';
    const named = nameOf({ ...options, name, known });
    return {
      ...named,
      title: details ? [named.name, `, ${details}`] : [named.name],
      created,
      spent,
      ...limit,
      use: unusable ? 'ended' : working,
    };
  });
}

const NO_LIMIT = '–';

/** How much of its limit a key has used, in the current period of the limit. It breaks into two lines on a phone. */
function limitPart(
  key: Key,
  { spent, isOwnUse }: { spent: Usd | null; isOwnUse: boolean },
): Pick<Spender, 'limit' | 'warning'> {
  if (key['limit'] === null) {
    return isOwnUse ? { limit: '⚠️ no\u00a0limit', warning: 'no-limit' } : { limit: NO_LIMIT };
  }
  const limit = limitOf(key);
  const used = limit ? usedOf(limit, spent) : null;
  if (!limit || used === null) return { limit: 'unknown' };
  const { amount, reset } = limit;
  const whole = `of\u00a0${formatUsd(amount)}${reset ? ` ${reset}` : ''}`;
  if (isLimitUsedUp(limit, spent)) return { limit: `⚠️\u00a0all ${whole}`, warning: 'used-up' };
  const percent = amount > 0n ? (100n * used) / amount : 0n;
  const isHidden = percent === 0n && used > 0n;
  return { limit: `${isHidden ? '<1' : percent}\u00a0% ${whole}` };
}

interface NameOptions extends Omit<KeyOptions, 'redact'> {
  /** Without secrets. */
  name: string;
  known: KeyName;
}

/** What a key was created for, by its name; the whole name, if that is not one of this repository. */
function nameOf({
  name,
  known,
  repository,
  formatLabel,
}: NameOptions): Pick<Spender, 'name' | 'hasJob'> {
  const own = known.kind !== 'other' && known.repository === repository.name ? known : undefined;
  // Cut behind the secrets that it may have.
  const text = [...(own?.job ? formatLabel(own.job) : name)].slice(0, MAX_TITLE).join('');
  const run = own?.kind === 'job' ? own.run : undefined;
  const link = run ? { text, url: runUrl(run, repository) } : { code: text };
  return { name: link, hasJob: Boolean(own?.job) };
}

/** When a key was created; empty if that is unknown. */
function creationOf(key: Key, { withYear }: Pick<KeyOptions, 'withYear'>): string {
  const created = createdAt(key);
  // One that works for a year may be from this November or the last.
  const isLong = expiresInOtherYear(key) || key['expires_at'] === null;
  return created ? formatDayTime(created, { withYear: withYear || isLong }) : '';
}

interface DeploymentFacts {
  unusable: UnusableState | undefined;
  /** Whether a newer key is for the same deployment. */
  isReplaced: boolean;
  isUsedUp: boolean;
}

/** Whether the key of a deployment works, and how long. */
function deploymentState(key: Key, { unusable, isReplaced, isUsedUp }: DeploymentFacts): string {
  if (unusable === 'disabled') return isReplaced ? 'replaced' : 'disabled';
  const expiry = readTime(key['expires_at']);
  const day = expiry && formatDay(expiry, { withYear: expiresInOtherYear(key) });
  if (unusable === 'expired') return `expired\u00a0${day}`;
  if (isUsedUp) return 'used\u00a0up';
  return day ? `works\u00a0until\u00a0${day}` : 'works';
}

/** Whether a key expires in another year than that of its creation. */
function expiresInOtherYear(key: Key): boolean {
  const [created, expiry] = [createdAt(key), readTime(key['expires_at'])];
  return created && expiry ? !isSameYear(created, expiry) : false;
}

/** The page of a run and its attempt, such as `17000000012.1`. */
export function runUrl(
  run: string,
  { serverUrl, name, isGitea }: KeyOptions['repository'],
): string {
  const [id, attempt] = run.split('.');
  const url = `${serverUrl}/${name}/actions/runs/${id}`;
  // Gitea and Forgejo have no page for an attempt.
  return isGitea ? url : `${url}/attempts/${attempt}`;
}

/**
 * What a reader should notice of the keys, a line each: first what fails now, then what is over.
 * @param isCapShort whether the cap leaves little: then a larger limit of each key does not help
 */
export function keyWarnings(
  spenders: readonly Spender[],
  { isCapShort }: { isCapShort: boolean },
): Cell[] {
  const usedUpIn = (use: Spender['use']) =>
    spenders.filter((one) => one.warning === 'used-up' && one.use === use);
  const [deployed, working, ended] = [usedUpIn('deployed'), usedUpIn('working'), usedUpIn('ended')];
  const unlimited = spenders.filter(({ warning }) => warning === 'no-limit').length;
  const advise = (advice: string) => (isCapShort ? '' : ` ${advice}`);
  const raise = advise('If a job needs more, raise limit-usd.');
  return [
    ...failingLine(deployed, {
      what: 'deployed key',
      effect: 'the requests of what is deployed fail',
      advice: advise('To go on, raise limit-usd and push.'),
    }),
    ...failingLine(working, {
      what: 'key',
      effect: working.length === 1 ? 'its requests fail' : 'their requests fail',
      // Said once.
      advice: ended.length > 0 ? '' : raise,
      other: deployed.length > 0 ? 'other ' : '',
    }),
    ...endedLine(ended, {
      advice: raise,
      other: deployed.length + working.length > 0 ? 'other ' : '',
    }),
    ...(unlimited === 0 ? [] : [`⚠️ Without a limit: ${countOf(unlimited, 'key')} made by hand.`]),
  ];
}

interface UsedUpLine {
  /** Follows the sentence, after a space. */
  advice: string;
  /** `other ` if a line before this one counts keys. */
  other?: string;
}

/** How many keys a line names. */
const MAX_NAMED = 3;

/** A line about keys that would work if they had not used up their limits. */
function failingLine(
  keys: readonly Spender[],
  { what, effect, advice, other = '' }: UsedUpLine & { what: string; effect: string },
): Cell[] {
  const [first] = keys;
  if (!first) return [];
  if (keys.length === 1) {
    return [
      [`⚠️ The ${what} `, ...describeOne(first), ` has used up its limit: ${effect}.${advice}`],
    ];
  }
  const named = keys
    .slice(0, MAX_NAMED)
    .flatMap(({ name, created }, at) => [at > 0 ? '; ' : '', name, created ? `, ${created}` : '']);
  const more = keys.length > MAX_NAMED ? `; ${keys.length - MAX_NAMED} more` : '';
  const usedUp = `⚠️ ${countOf(keys.length, other + what)} have used up their limits`;
  return [[`${usedUp}, and ${effect}: `, ...named, `${more}.${advice}`]];
}

/** A line about keys that had used up their limits before they were disabled or expired: none of them fails now. */
function endedLine(keys: readonly Spender[], { advice, other }: UsedUpLine): Cell[] {
  const [first] = keys;
  if (!first) return [];
  if (keys.length === 1) {
    const end = `had used up its limit: some of its requests may have failed.${advice}`;
    return [['The key ', ...describeOne(first), ` ${end}`]];
  }
  const what = keys.every(({ hasJob }) => hasJob) ? 'job' : 'key';
  const end = `had used up their limits: some of their requests may have failed.${advice}`;
  return [`${countOf(keys.length, other + what)} ${end}`];
}

/** One key within a sentence: `of evals, 28 Nov 07:12,` */
function describeOne({ name, hasJob, created }: Spender): Cell[] {
  return [hasJob ? 'of ' : '', name, created ? `, ${created},` : ''];
}

/** The rows, all but the newest folded. */
export function keyTables(
  spenders: readonly Spender[],
  maxRows: number,
): { table: Table | undefined; folded: Folded[] } {
  const hasLimits = spenders.some(({ limit }) => limit !== NO_LIMIT);
  const earlier = spenders.slice(MAX_UNFOLDED);
  const format = spentFormat(spenders.map(({ spent }) => spent));
  const columnsOf = <Column>(columns: readonly Column[]) => columns.slice(0, hasLimits ? 3 : 2);
  const tableOf = (rows: readonly Spender[]): Table => ({
    header: columnsOf(['Job (UTC)', { numbers: 'Cost' }, { numbers: 'Of its limit' }]),
    rows: rows.map(({ title, spent, limit }) => columnsOf([title, format(spent), limit])),
  });
  const shown = spenders.slice(0, maxRows);
  const folded = {
    title: titleOfFolded(earlier),
    table: { ...tableOf(shown.slice(MAX_UNFOLDED)), more: spenders.length - shown.length },
  };
  return {
    table: shown.length > 0 ? tableOf(shown.slice(0, MAX_UNFOLDED)) : undefined,
    folded: shown.length > MAX_UNFOLDED ? [folded] : [],
  };
}

/** `7 earlier keys: $2.35, ⚠️ 1 used up` */
function titleOfFolded(earlier: readonly Spender[]): string {
  const countWith = (one: Spender['warning']) =>
    earlier.filter(({ warning }) => warning === one).length;
  const [usedUp, unlimited] = [countWith('used-up'), countWith('no-limit')];
  return [
    `${countOf(earlier.length, 'earlier key')}: ${formatSum(earlier.map(({ spent }) => spent))}`,
    ...(usedUp > 0 ? [`⚠️ ${usedUp} used up`] : []),
    ...(unlimited > 0 ? [`⚠️ ${unlimited} without a limit`] : []),
  ].join(', ');
}

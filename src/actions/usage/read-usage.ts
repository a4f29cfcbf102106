import { formatSeconds } from '../../lib/format.ts';
import { maxUsd, sumUsd, type Usd } from '../../lib/usd.ts';
import {
  costOf,
  type ModelUsage,
  queryUsage,
  type UsageByModel,
  type UsageFilter,
  type UsageQuery,
} from '../../openrouter/resources/analytics.ts';
import {
  describeKey,
  isLimitUnread,
  type Key,
  keyRequest,
  limitOf,
  listKeys,
  requestKey,
} from '../../openrouter/resources/keys.ts';
import {
  describeFound,
  findWorkspace,
  type Workspace,
} from '../../openrouter/resources/workspaces.ts';
import type { Spent } from '../../openrouter/settlement.ts';
import { createdAt } from '../../openrouter/time.ts';
import type { Context } from '../../shared/context.ts';
import { Failure } from '../../shared/failure.ts';
import { workspaceNotFound } from '../../shared/failures.ts';
import { type Clocks, currentTime } from '../../shared/time-window.ts';
import { keyNotFound, usageUnknown } from './failures.ts';
import { type Counted, type Period, type Since, spentAtLeast, startOf } from './period.ts';
import type { KeyCost, UsageResult } from './result.ts';
import { gapOfClocks, gapOfLength, gapsIn, type UsageGap } from './usage-gap.ts';

/** Whose usage the author of the workflow requested. */
export type RequestedSpender =
  /** The id or the slug of a workspace, and the hash of an API key in it; undefined for the whole workspace. */
  | { workspace: string; keyHash: string | undefined }
  /** The hash of an API key alone: the key and its workspace may have been deleted. */
  | { workspace: undefined; keyHash: string };

/** What to sum up, as the author of the workflow requested it. */
export type UsageRequest = RequestedSpender & UsageOptions;

interface UsageOptions {
  since: Since;
  /** The cost above which the step warns, and the one above which it fails. */
  warnAbove: Usd | undefined;
  failAbove: Usd | undefined;
  /** What must remain of the limit of the key, or the step fails. */
  failBelowRemaining: Usd | undefined;
  /** Whether the step fails if any figure is incomplete. */
  failIfIncomplete: boolean;
}

/**
 * Reads what a workspace or an API key has used and cost. Changes nothing.
 * @throws {ApiError}
 * @throws {Failure} `workspace-not-found`, `key-not-found`, `usage-unknown`
 */
export async function readUsage(request: UsageRequest, context: Context): Promise<UsageResult> {
  const { clock, log } = context;
  const start = clock.now();
  const result =
    request.workspace === undefined
      ? await readKey(request, undefined, context)
      : await readInWorkspace(request, context);
  log.info(`Read in ${formatSeconds(clock.now() - start)}.`);
  return result;
}

async function readInWorkspace(
  { workspace: idOrSlug, keyHash, since }: Extract<UsageRequest, { workspace: string }>,
  context: Context,
): Promise<UsageResult> {
  const { client, log, timeOfDay } = context;
  log.info(`Reading the usage of the workspace ${JSON.stringify(idOrSlug)}.`);
  const { workspace, serverTime } = await findWorkspace(client, idOrSlug);
  if (!workspace) throw new Failure(workspaceNotFound, { workspace: idOrSlug });
  log.info(`Found ${describeFound(workspace, idOrSlug)}.`);
  if (keyHash !== undefined) return readKey({ keyHash, since }, workspace, context);
  const clocks = { server: serverTime, runner: timeOfDay() };
  const scope = { since, clocks, to: endOfSecond(clocks, [workspace]) };
  return readWorkspaceUsage(workspace, scope, context);
}

/**
 * Reads the usage of an API key.
 * @param workspace where the key must be; undefined if it can be anywhere, and can have been deleted
 */
async function readKey(
  { keyHash: hash, since }: { keyHash: string; since: Since },
  workspace: Workspace | undefined,
  context: Context,
): Promise<UsageResult> {
  const { log, timeOfDay } = context;
  if (!workspace) log.info(`Reading the usage of the API key with the hash ${hash}.`);
  const { key, serverTime } = await requestKey(context, keyRequest(hash, `with the hash ${hash}`));
  const clocks = { server: serverTime, runner: timeOfDay() };
  const scope = { since, clocks, to: endOfSecond(clocks, key ? [key] : []) };
  if (key && (!workspace || key.workspace_id === workspace.id)) {
    return readKeyUsage(key, workspace, scope, context);
  }
  if (workspace) throw new Failure(keyNotFound, { hash, workspace, warnings: [] });
  return readDeletedKeyUsage(hash, scope, context);
}

/** The end of the second in which a response shows resources, because its `Date` is at the beginning. */
function endOfSecond(clocks: Clocks, shown: readonly (Workspace | Key)[]): number {
  return Math.floor(currentTime(clocks, shown) / 1000) * 1000 + 1000;
}

/** What all kinds of usage are read for. */
interface Scope {
  since: Since;
  to: number;
  /** The time of the response that shows the workspace or the API key, with which the period ends. */
  clocks: Clocks;
}

async function readWorkspaceUsage(
  workspace: Workspace,
  scope: Scope,
  context: Context,
): Promise<UsageResult> {
  const { id, slug } = workspace;
  const workspaceCreated = createdAt(workspace);
  const from = startOf(scope, workspaceCreated);
  const query = {
    filter: { field: 'workspace', value: id },
    subject: `the workspace "${slug}"`,
  } as const;
  const [analyzed, keys] = await Promise.all([
    analyze({ ...query, from }, scope, context),
    countKeys(workspace, { from, to: scope.to, workspaceCreated }, context),
  ]);
  return {
    spender: { kind: 'workspace', workspace },
    keys: costsOf(keys),
    limit: undefined,
    ...combine(analyzed, keys, scope),
  };
}

/** An API key, and what its counters show of the period. */
interface CountedKey {
  key: Key;
  credits: Counted;
  byok: Counted;
}

/** What the counters of all existing keys of a workspace show. */
async function countKeys(
  workspace: Workspace,
  period: Pick<Period, 'from' | 'to' | 'workspaceCreated'>,
  context: Context,
): Promise<CountedKey[]> {
  const { clock, timeOfDay } = context;
  const start = clock.now();
  const { keys, serverTime } = await listKeys(context, workspace);
  const tookMs = clock.now() - start;
  const readAt = endOfSecond({ server: serverTime, runner: timeOfDay() }, [workspace, ...keys]);
  return keys.map((key) => countKey(key, { ...period, readAt, tookMs }));
}

function countKey(key: Key, period: Period): CountedKey {
  return {
    key,
    credits: spentAtLeast(key, 'usage', period),
    byok: spentAtLeast(key, 'byok_usage', period),
  };
}

/** What each of `keys` that has spent, or may have, has spent, the most expensive first. */
function costsOf(keys: readonly CountedKey[]): KeyCost[] {
  return keys
    .filter(({ credits, byok }) => mayHaveSpent(credits) || mayHaveSpent(byok))
    .toSorted((a, b) => byAmount(a.credits, b.credits) || byAmount(a.byok, b.byok))
    .map(({ key, credits, byok }) => ({ key, spent: toSpent(credits), byok: toSpent(byok) }));
}

function mayHaveSpent({ amount = 0n, unread }: Counted): boolean {
  return unread !== undefined || amount > 0n;
}

function byAmount({ amount: a = 0n }: Counted, { amount: b = 0n }: Counted): number {
  return Number(b - a);
}

function toSpent({ amount = 0n, isExact, unread }: Counted): Spent | undefined {
  return unread && amount === 0n ? undefined : { amount, isExact };
}

async function readKeyUsage(
  key: Key,
  workspace: Workspace | undefined,
  scope: Scope,
  context: Context,
): Promise<UsageResult> {
  const subject = `the API key ${describeKey(key)}`;
  context.log.info(`The API key is ${describeKey(key)}.`);
  const from = startOf(scope, createdAt(key));
  const filter = { field: 'api_key_id', value: key.hash } as const;
  const analyzed = await analyze({ filter, subject, from }, scope, context);
  const { models, warnings } = analyzed.analytics;
  const workspaceCreated = workspace && createdAt(workspace);
  const counted = countKey(key, { from, to: scope.to, readAt: scope.to, workspaceCreated });
  // Without rows, either a warning says that analytics does not know the key, or it has spent nothing.
  const isUnresolved = warnings.length > 0 || key.usage === undefined;
  // Neither source knows anything of the period: 0 would be a guess.
  if (models.length === 0 && isUnresolved && counted.credits.amount === undefined) {
    throw new Failure(usageUnknown, { key, warnings });
  }
  const limitGaps = isLimitUnread(key) ? [{ kind: 'limit-unread' } as const] : [];
  return {
    spender: { kind: 'key', key, workspace },
    keys: [],
    limit: limitOf(key),
    ...combine({ ...analyzed, gaps: [...analyzed.gaps, ...limitGaps] }, [counted], scope),
  };
}

/**
 * Reads what analytics knows of an API key that OpenRouter does not have any more. OpenRouter does not report when it was
 * created, so its whole life is as long as analytics goes back.
 * @throws {Failure} `key-not-found` without any usage: 0 would be a guess. Also with a warning, which is about a hash that
 *   could not be resolved: then rows may not be those of the key
 *   (https://openrouter.ai/docs/api/api-reference/analytics/query-analytics)
 */
async function readDeletedKeyUsage(
  hash: string,
  requested: Scope,
  context: Context,
): Promise<UsageResult> {
  context.log.info(
    'OpenRouter has no API key with this hash. Its analytics keeps what a deleted key has spent.',
  );
  const since = requested.since === 'created' ? MAX_DAYS.api_key_id * DAY_MS : requested.since;
  const scope = { ...requested, since };
  const from = startOf(scope, undefined);
  const filter = { field: 'api_key_id', value: hash } as const;
  const subject = `the API key with the hash ${hash}`;
  const analyzed = await analyze({ filter, subject, from }, scope, context);
  const { models, warnings } = analyzed.analytics;
  if (models.length === 0 || warnings.length > 0) {
    throw new Failure(keyNotFound, { hash, workspace: undefined, warnings });
  }
  return {
    spender: { kind: 'deleted-key', hash },
    keys: [],
    limit: undefined,
    ...combine(analyzed, [], scope),
  };
}

/**
 * How many days analytics goes back, by the field of the filter
 * (https://openrouter.ai/docs/api/api-reference/analytics/query-analytics).
 */
const MAX_DAYS: Readonly<Record<UsageFilter['field'], number>> = { workspace: 31, api_key_id: 365 };

const DAY_MS = 86_400_000;

/** What analytics shows of a period. */
interface Analyzed {
  analytics: UsageByModel;
  /** The beginning of the requested period. */
  from: number;
  /** Why the period may be wrong, or longer than analytics goes back. */
  gaps: readonly UsageGap[];
}

/** Reads what analytics has of the period since `from`, as far as it goes back. */
async function analyze(
  { filter, subject, from }: Pick<UsageQuery, 'filter' | 'subject'> & { from: number | undefined },
  { to, clocks }: Scope,
  { client }: Context,
): Promise<Analyzed> {
  const maxDays = MAX_DAYS[filter.field];
  const earliest = to - maxDays * DAY_MS;
  const served = Math.max(from ?? earliest, earliest);
  const analytics = await queryUsage(client, { filter, from: served, to, subject });
  const gaps = [...gapOfClocks(clocks), ...gapOfLength(from, { earliest, maxDays })];
  return { analytics, from: from ?? earliest, gaps };
}

/**
 * The cost is the larger of what analytics and the counters of `keys` show: both are late, and only analytics
 * knows of deleted keys. All other figures are those of analytics.
 */
function combine(
  { analytics, from, gaps }: Analyzed,
  keys: readonly CountedKey[],
  { since, to, clocks }: Scope,
): Omit<UsageResult, 'spender' | 'keys' | 'limit'> {
  const { models } = analytics;
  return {
    since,
    from,
    to,
    serverTime: clocks.server,
    cost: maxUsd(
      sumUsd(models.map(costOf)),
      sumUsd(keys.map(({ credits }) => credits.amount ?? 0n)),
    ),
    byok: maxUsd(
      sumUsd(models.map(({ byok_usage }) => byok_usage)),
      sumUsd(keys.map(({ byok }) => byok.amount ?? 0n)),
    ),
    requests: models.reduce((sum, { request_count }) => sum + request_count, 0n),
    tokens: models.reduce((sum, { tokens_total }) => sum + tokens_total, 0n),
    models: models.toSorted(byCost),
    gaps: [...gaps, ...gapsIn(analytics), ...unreadGaps(keys)],
  };
}

function unreadGaps(keys: readonly CountedKey[]): UsageGap[] {
  const kinds = { credits: 'keys-unread', byok: 'byok-unread' } as const;
  return (['credits', 'byok'] as const).flatMap((amount) =>
    (['invalid', 'midnight'] as const).flatMap((cause) => {
      const unread = keys.filter((key) => key[amount].unread === cause).length;
      return unread > 0 ? [{ kind: kinds[amount], keys: unread, cause }] : [];
    }),
  );
}

/** The most expensive first; of those that cost the same, the one with the most tokens. */
function byCost(a: ModelUsage, b: ModelUsage): number {
  if (costOf(a) === costOf(b)) return Number(b.tokens_total - a.tokens_total);
  return costOf(a) < costOf(b) ? 1 : -1;
}

import { formatSeconds } from '../../lib/format.ts';
import { maxUsd, sumUsd, type Usd } from '../../lib/usd.ts';
import {
  costOf,
  type ModelUsage,
  queryUsage,
  type UsageByModel,
  type UsageFilter,
} from '../../openrouter/resources/analytics.ts';
import {
  describeKey,
  isLimitUnread,
  type Key,
  type KeyReading,
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
import { gapOfClocks, gapsIn, type UsageGap } from './usage-gap.ts';

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
  const { clocks, ...result } =
    request.workspace === undefined
      ? await readByHash(request, context)
      : await readInWorkspace(request, context);
  log.info(`Read in ${formatSeconds(clock.now() - start)}.`);
  return {
    ...result,
    serverTime: clocks.server,
    gaps: [...gapOfClocks(clocks), ...result.gaps],
  };
}

/** A request with a workspace, or without one. */
type RequestOf<Named extends string | undefined> = Extract<UsageRequest, { workspace: Named }>;

/** What was read, and the time of the response with which the period ends. */
interface Read extends ScopedResult {
  clocks: Clocks;
}

async function readInWorkspace(
  { workspace: idOrSlug, keyHash, since }: RequestOf<string>,
  context: Context,
): Promise<Read> {
  const { client, log, timeOfDay } = context;
  log.info(`Reading the usage of the workspace ${JSON.stringify(idOrSlug)}.`);
  const { workspace, serverTime } = await findWorkspace(client, idOrSlug);
  if (!workspace) throw new Failure(workspaceNotFound, { workspace: idOrSlug });
  log.info(`Found ${describeFound(workspace, idOrSlug)}.`);
  const clocks = { server: serverTime, runner: timeOfDay() };
  const scope = { since, to: endOfSecond(clocks, [workspace]) };
  if (keyHash === undefined) {
    return { clocks, ...(await readWorkspaceUsage(workspace, scope, context)) };
  }
  const { key, serverTime: keyTime } = await findKey(keyHash, context);
  if (key?.workspace_id !== workspace.id) {
    throw new Failure(keyNotFound, { hash: keyHash, workspace, warnings: [] });
  }
  const readAt = endOfSecond({ server: keyTime, runner: timeOfDay() }, [workspace, key]);
  return { clocks, ...(await readKeyUsage({ key, readAt, workspace }, scope, context)) };
}

/** Reads the usage of an API key, which may have been deleted, as may its workspace. */
async function readByHash(
  { keyHash: hash, since }: RequestOf<undefined>,
  context: Context,
): Promise<Read> {
  context.log.info(`Reading the usage of the API key with the hash ${hash}.`);
  const { key, serverTime } = await findKey(hash, context);
  const clocks = { server: serverTime, runner: context.timeOfDay() };
  const to = endOfSecond(clocks, key ? [key] : []);
  const result = key
    ? readKeyUsage({ key, readAt: to, workspace: undefined }, { since, to }, context)
    : readDeletedKeyUsage(hash, { since, to }, context);
  return { clocks, ...(await result) };
}

function findKey(hash: string, context: Context): Promise<KeyReading> {
  return requestKey(context, keyRequest(hash, `with the hash ${hash}`));
}

/** The end of the second in which a response shows resources, because its `Date` is at the beginning. */
function endOfSecond(clocks: Clocks, shown: readonly (Workspace | Key)[]): number {
  return Math.floor(currentTime(clocks, shown) / 1000) * 1000 + 1000;
}

/** What all kinds of usage are read for. */
interface Scope {
  since: Since;
  to: number;
}

type ScopedResult = Omit<UsageResult, 'serverTime'>;

async function readWorkspaceUsage(
  workspace: Workspace,
  { since, to }: Scope,
  context: Context,
): Promise<ScopedResult> {
  const { id, slug } = workspace;
  const workspaceCreated = createdAt(workspace);
  const from = startOf(since, { created: workspaceCreated, to });
  const range = servedRange({ from, to, maxDays: MAX_DAYS.workspace });
  const [analytics, keys] = await Promise.all([
    queryUsage(context.client, {
      filter: { field: 'workspace', value: id },
      from: range.from,
      to,
      subject: `the workspace "${slug}"`,
    }),
    countKeys(workspace, { from, to, workspaceCreated }, context),
  ]);
  return {
    spender: { kind: 'workspace', workspace },
    keys: costsOf(keys),
    limit: undefined,
    since,
    from: range.requested,
    to,
    ...combine(analytics, keys, range.gaps),
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

function mayHaveSpent(counted: Counted): boolean {
  return counted.unread !== undefined || amountOf(counted) > 0n;
}

function byAmount(a: Counted, b: Counted): number {
  return Number(amountOf(b) - amountOf(a));
}

function toSpent(counted: Counted): Spent | undefined {
  const { isExact, unread } = counted;
  const amount = amountOf(counted);
  return unread && amount === 0n ? undefined : { amount, isExact };
}

function amountOf({ amount = 0n }: Counted): Usd {
  return amount;
}

async function readKeyUsage(
  { key, readAt, workspace }: { key: Key; readAt: number; workspace: Workspace | undefined },
  { since, to }: Scope,
  { client, log }: Context,
): Promise<ScopedResult> {
  log.info(`The API key is ${describeKey(key)}.`);
  const from = startOf(since, { created: createdAt(key), to });
  const range = servedRange({ from, to, maxDays: MAX_DAYS.api_key_id });
  const analytics = await queryUsage(client, {
    filter: { field: 'api_key_id', value: key.hash },
    from: range.from,
    to,
    subject: `the API key ${describeKey(key)}`,
  });
  const workspaceCreated = workspace && createdAt(workspace);
  const counted = countKey(key, { from, to, readAt, workspaceCreated });
  // Without rows, either a warning says that analytics does not know the key, or it has spent nothing.
  const isUnresolved = analytics.warnings.length > 0 || key.usage === undefined;
  // Neither source knows anything of the period: 0 would be a guess.
  if (analytics.models.length === 0 && isUnresolved && counted.credits.amount === undefined) {
    throw new Failure(usageUnknown, { key, warnings: analytics.warnings });
  }
  const limitGaps = isLimitUnread(key) ? [{ kind: 'limit-unread' } as const] : [];
  return {
    spender: { kind: 'key', key, workspace },
    keys: [],
    limit: limitOf(key),
    since,
    from: range.requested,
    to,
    ...combine(analytics, [counted], [...range.gaps, ...limitGaps]),
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
  scope: Scope,
  { client, log }: Context,
): Promise<ScopedResult> {
  log.info(
    'OpenRouter has no API key with this hash. Its analytics keeps what a deleted key has spent.',
  );
  const maxDays = MAX_DAYS.api_key_id;
  const { to } = scope;
  const since = scope.since === 'created' ? maxDays * DAY_MS : scope.since;
  const range = servedRange({ from: startOf(since, { created: undefined, to }), to, maxDays });
  const analytics = await queryUsage(client, {
    filter: { field: 'api_key_id', value: hash },
    from: range.from,
    to,
    subject: `the API key with the hash ${hash}`,
  });
  const { models, warnings } = analytics;
  if (models.length === 0 || warnings.length > 0) {
    throw new Failure(keyNotFound, { hash, workspace: undefined, warnings });
  }
  return {
    spender: { kind: 'deleted-key', hash },
    keys: [],
    limit: undefined,
    since,
    from: range.requested,
    to,
    ...combine(analytics, [], range.gaps),
  };
}

/**
 * How many days analytics goes back, by the field of the filter
 * (https://openrouter.ai/docs/api/api-reference/analytics/query-analytics).
 */
const MAX_DAYS: Readonly<Record<UsageFilter['field'], number>> = { workspace: 31, api_key_id: 365 };

const DAY_MS = 86_400_000;

/** The part of a period that analytics serves, and why it is not all of it. */
function servedRange({
  from,
  to,
  maxDays,
}: {
  from: number | undefined;
  to: number;
  maxDays: number;
}): { from: number; requested: number; gaps: UsageGap[] } {
  const earliest = to - maxDays * DAY_MS;
  if (from === undefined) {
    return { from: earliest, requested: earliest, gaps: [{ kind: 'creation-unknown', maxDays }] };
  }
  const gaps: UsageGap[] = from < earliest ? [{ kind: 'too-long', maxDays, from: earliest }] : [];
  return { from: Math.max(from, earliest), requested: from, gaps };
}

/**
 * The cost is the larger of what analytics and the counters of `keys` show: both are late, and only analytics
 * knows of deleted keys. All other figures are those of analytics.
 */
function combine(
  analytics: UsageByModel,
  keys: readonly CountedKey[],
  earlierGaps: readonly UsageGap[],
): Pick<UsageResult, 'cost' | 'byok' | 'requests' | 'tokens' | 'models' | 'gaps'> {
  const { models } = analytics;
  return {
    cost: maxUsd(sumUsd(models.map(costOf)), sumUsd(keys.map(({ credits }) => amountOf(credits)))),
    byok: maxUsd(
      sumUsd(models.map(({ byok_usage }) => byok_usage)),
      sumUsd(keys.map(({ byok }) => amountOf(byok))),
    ),
    requests: models.reduce((sum, { request_count }) => sum + request_count, 0n),
    tokens: models.reduce((sum, { tokens_total }) => sum + tokens_total, 0n),
    models: models.toSorted(byCost),
    gaps: [...earlierGaps, ...gapsIn(analytics), ...unreadGaps(keys)],
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

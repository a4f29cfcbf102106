import { formatSeconds } from '../../lib/format.ts';
import { exceeds, sumUsd, type Usd } from '../../lib/usd.ts';
import type { Client } from '../../openrouter/client.ts';
import {
  type ModelUsage,
  queryUsage,
  type UsageByModel,
  type UsageFilter,
} from '../../openrouter/resources/analytics.ts';
import { type KeyLimit, limitOf, totalSpent } from '../../openrouter/resources/key-spend.ts';
import { describeKey, findKey, type Key, listKeyPages } from '../../openrouter/resources/keys.ts';
import { createdAt, findWorkspace, type Workspace } from '../../openrouter/resources/workspaces.ts';
import type { Context } from '../shared/context.ts';
import { differingClocks } from '../shared/differing-clocks.ts';
import { Failure } from '../shared/failure.ts';
import type { UsageGap } from '../shared/usage-gap.ts';
import { type Since, spentAtLeast, startOf } from './period.ts';

/** What to sum up, as the author of the workflow requested it. */
export interface UsageRequest {
  /** The id or the slug of the workspace. */
  workspace: string;
  /** The hash of the API key; undefined for the whole workspace. */
  keyHash: string | undefined;
  since: Since;
  /** The cost above which the step warns, and the one above which it fails. */
  warnAbove: Usd | undefined;
  failAbove: Usd | undefined;
}

/** What a workspace or an API key has used and cost. */
export interface UsageResult {
  workspace: Workspace;
  /** The API key; undefined for the whole workspace. */
  key: Key | undefined;
  /** The requested period, in milliseconds since 1970. */
  from: number;
  to: number;
  /** What OpenRouter charged. */
  cost: Usd;
  /** What providers charged for requests with your own provider keys. */
  byok: Usd;
  requests: bigint;
  tokens: bigint;
  /** The most expensive first. */
  models: readonly ModelUsage[];
  /** Undefined for a workspace, and for a key without a limit. */
  limit: KeyLimit | undefined;
  /** Why the figures may be too low; empty if they are complete. */
  gaps: readonly UsageGap[];
}

/**
 * Reads what a workspace or an API key has used and cost. Changes nothing.
 * @throws {ApiError}
 * @throws {Failure} `workspace-not-found`, `key-not-found`, `usage-unknown`
 */
export async function readUsage(request: UsageRequest, context: Context): Promise<UsageResult> {
  const { client, clock, log, timeOfDay, warn } = context;
  const start = clock.now();
  log.info(`Reading the usage of the workspace ${request.workspace}.`);
  const lookup = await findWorkspace(client, request.workspace);
  if (!lookup) throw new Failure('workspace-not-found', { workspace: request.workspace });
  const { workspace, serverTime } = lookup;
  log.info(`The workspace is ${workspace.slug}, id ${workspace.id}.`);
  const runner = timeOfDay();
  const clocks = differingClocks({ server: serverTime, runner });
  if (clocks) warn('clocks-differ', { ...clocks, purpose: 'period' });
  // If they differ, the runner's: with a clock that is years off, the certificate would not be valid.
  const now = clocks ? runner : (serverTime ?? runner);
  // The end of the current second, because a Date is at its beginning.
  const to = Math.floor(now / 1000) * 1000 + 1000;
  const result = request.keyHash
    ? await readKeyUsage(request.keyHash, { workspace, since: request.since, to }, context)
    : await readWorkspaceUsage({ workspace, since: request.since, to }, context);
  log.info(`Read in ${formatSeconds(clock.now() - start)}.`);
  return clocks
    ? { ...result, gaps: [{ kind: 'clocks-differ', ...clocks }, ...result.gaps] }
    : result;
}

/** What both kinds of usage are read for. */
interface Scope {
  workspace: Workspace;
  since: Since;
  to: number;
}

async function readWorkspaceUsage(
  { workspace, since, to }: Scope,
  { client }: Context,
): Promise<UsageResult> {
  const { id, slug } = workspace;
  const from = startOf(since, { created: createdAt(workspace), to });
  const range = servedRange({ from, to, maxDays: MAX_DAYS.workspace });
  const filter: UsageFilter = { field: 'workspace', value: id };
  const [analytics, counted] = await Promise.all([
    queryUsage(client, filter, { from: range.from, to, subject: `the workspace ${slug}` }),
    spentByKeys(workspace, client, { from, to }),
  ]);
  const figures = combine(analytics, counted, range.gaps);
  return { workspace, key: undefined, limit: undefined, from: range.requested, to, ...figures };
}

/** What the existing keys of a workspace have spent in a period at least, by their counters. */
async function spentByKeys(
  workspace: Workspace,
  client: Client,
  period: { from: number | undefined; to: number },
): Promise<{ credits: Usd; byok: Usd }> {
  const counted = { credits: 0n, byok: 0n };
  for await (const { items } of listKeyPages(client, workspace)) {
    for (const key of items) {
      counted.credits += spentAtLeast(key, 'usage', period) ?? 0n;
      counted.byok += spentAtLeast(key, 'byok_usage', period) ?? 0n;
    }
  }
  return counted;
}

async function readKeyUsage(
  hash: string,
  { workspace, since, to }: Scope,
  { client, log }: Context,
): Promise<UsageResult> {
  const key = await findKey(client, hash);
  if (key?.workspace_id !== workspace.id) {
    throw new Failure('key-not-found', { hash, workspace });
  }
  log.info(`The API key is ${describeKey(key)}.`);
  const from = startOf(since, { created: createdAt(key), to });
  const range = servedRange({ from, to, maxDays: MAX_DAYS.api_key_id });
  const filter: UsageFilter = { field: 'api_key_id', value: hash };
  const subject = `the API key ${describeKey(key)}`;
  const analytics = await queryUsage(client, filter, { from: range.from, to, subject });
  const atLeast = spentAtLeast(key, 'usage', { from, to });
  // Without rows, either a warning says that analytics does not know the key, or it has spent nothing.
  const isUnresolved = analytics.warnings.length > 0 || totalSpent([key]) === null;
  // Neither source knows anything of the period: 0 would be a guess.
  if (analytics.models.length === 0 && isUnresolved && atLeast === undefined) {
    throw new Failure('usage-unknown', { key, warnings: analytics.warnings });
  }
  const counted = {
    credits: atLeast ?? 0n,
    byok: spentAtLeast(key, 'byok_usage', { from, to }) ?? 0n,
  };
  const figures = combine(analytics, counted, range.gaps);
  return { workspace, key, limit: limitOf(key), from: range.requested, to, ...figures };
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
 * Combines the result of analytics with what the counters of keys show. Analytics may lag behind, and
 * alone knows of deleted keys; counters are fresh. Each is a lower bound, so the larger one counts,
 * refunds aside.
 */
function combine(
  { models, truncated, cachedAt, warnings }: UsageByModel,
  counted: { credits: Usd; byok: Usd },
  gaps: readonly UsageGap[],
): Pick<UsageResult, 'cost' | 'byok' | 'requests' | 'tokens' | 'models' | 'gaps'> {
  const credits = sumUsd(models.map(({ credits_usage }) => credits_usage));
  const cost = atLeast(credits, counted.credits);
  return {
    cost,
    byok: atLeast(sumUsd(models.map(({ byok_usage }) => byok_usage)), counted.byok),
    requests: models.reduce((sum, { request_count }) => sum + request_count, 0n),
    tokens: models.reduce((sum, { tokens_total }) => sum + tokens_total, 0n),
    models: models.toSorted(byCost),
    gaps: [
      ...gaps,
      ...(truncated ? [{ kind: 'truncated' } as const] : []),
      ...(cachedAt === undefined ? [] : [{ kind: 'cached', at: cachedAt } as const]),
      ...warnings.map((text) => ({ kind: 'warning', text }) as const),
      ...(cost > credits
        ? [{ kind: 'behind', analytics: credits, keys: counted.credits } as const]
        : []),
    ],
  };
}

/** The larger amount. Counters at 0 are no evidence against the refunds that analytics knows of. */
function atLeast(analytics: Usd, counted: Usd): Usd {
  return counted > 0n && exceeds(counted, analytics) ? counted : analytics;
}

/** The most expensive first; of those that cost the same, the one with the most tokens. */
function byCost(a: ModelUsage, b: ModelUsage): number {
  if (a.credits_usage === b.credits_usage) return Number(b.tokens_total - a.tokens_total);
  return a.credits_usage < b.credits_usage ? 1 : -1;
}

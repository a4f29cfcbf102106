import type { Client } from '../../http/client.ts';
import { ApiError } from '../../http/request.ts';
import { catching } from '../../lib/catching.ts';
import { exceeds, maxUsd, sumUsd, type Usd } from '../../lib/usd.ts';
import {
  costOf,
  queryUsage,
  type UsageByModel,
  type UsageQuery,
} from '../../openrouter/resources/analytics.ts';
import type { Context } from '../../shared/context.ts';
import type { Counted } from './period.ts';
import { gapsIn, type UnknownLag, type UsageGap } from './usage-gap.ts';

/** What the counters of an API key show for a period. */
export interface CountedKey {
  hash: string;
  credits: Counted;
  byok: Counted;
}

/** What OpenRouter charged, and what providers charged for requests with your own provider keys. */
export interface Amounts {
  credits: Usd;
  byok: Usd;
}

/** What analytics knows of a period, compared with the counters of API keys. */
export interface Comparison {
  analytics: UsageByModel;
  /** What `analytics` lacks at least of what the counters show. */
  lacking: Amounts;
  /** Why it may lack more. */
  gaps: UsageGap[];
}

/**
 * Compares what analytics knows with what the counters of `keys` show. Counters are some minutes late, and a
 * deleted key has none. Analytics knows of deleted keys, but may lag further behind. If it knows of less than the counters show,
 * it lacks the difference. If it knows of more, that can hide what it lacks, so what it knows of `keys` alone
 * is requested. If it knows of exactly as much, as is usual without deleted keys, it counts as up to date.
 * @param query what `analytics` is the result of
 * @throws {ApiError} only if the step has to end; any other failure is a gap
 */
export async function compareWithKeys(
  analytics: UsageByModel,
  keys: readonly CountedKey[],
  query: UsageQuery,
  context: Context,
): Promise<Comparison> {
  const counted = countersOf(keys);
  const known = amountsOf(analytics);
  const bySums = { analytics, lacking: difference(counted, known), gaps: [] };
  // Analytics lacks nothing of a key that has spent nothing.
  const spenders = keys.filter(({ credits, byok }) => hasSpent(credits) || hasSpent(byok));
  const knowsMore = exceeds(known.credits, counted.credits) || exceeds(known.byok, counted.byok);
  if (!knowsMore || spenders.length === 0) return bySums;

  const lag = await findLag(spenders, query, context);
  switch (lag.kind) {
    case 'unknown':
      return {
        ...bySums,
        gaps: [{ kind: 'lag-unknown', keys: spenders.length, reason: lag.reason }],
      };
    case 'behind':
      return { ...bySums, lacking: larger(bySums.lacking, lag.lacking) };
    case 'caught-up': {
      const { latest } = lag;
      return { analytics: latest, lacking: difference(counted, amountsOf(latest)), gaps: [] };
    }
  }
}

/** How far analytics is behind the counters of API keys. */
type Lag =
  /** It lacks so much at least, and lacked no less when it was first queried. */
  | { kind: 'behind'; lacking: Amounts }
  /** It lacks nothing any more. `latest` is the result of a later query. */
  | { kind: 'caught-up'; latest: UsageByModel }
  | { kind: 'unknown'; reason: UnknownLag };

/**
 * The most keys of one filter, whose hashes have 67 kB. OpenRouter documents no maximum, and rejects what
 * is too much for it.
 */
const MAX_KEYS = 1_000;

async function findLag(
  keys: readonly CountedKey[],
  query: UsageQuery,
  { client, signal }: Context,
): Promise<Lag> {
  if (keys.length > MAX_KEYS)
    return { kind: 'unknown', reason: { kind: 'too-many', max: MAX_KEYS } };
  // The other figures are known by now, and must not be lost with the timeout of the step.
  const limited = client.withShare(client.timeLeft() / 2);
  const { value, error } = await catching(queryLag(keys, query, limited), ApiError);
  if (!error) return value;
  if (signal.aborted) throw error;
  return { kind: 'unknown', reason: { kind: 'failed', error } };
}

async function queryLag(
  keys: readonly CountedKey[],
  query: UsageQuery,
  client: Client,
): Promise<Lag> {
  let lacking: Amounts = { credits: 0n, byok: 0n };
  for (const window of windowsOf(keys)) {
    const result = await queryUsage(client, {
      filter: { field: 'api_key_id', operator: 'in', value: window.hashes },
      from: Math.max(query.from, window.since),
      to: query.to,
      subject: `the API keys of ${query.subject}`,
    });
    // What a result lacks for another reason, such as a key that was deleted, would be counted twice.
    const [reason] = gapsIn(result);
    if (reason) return { kind: 'unknown', reason };
    lacking = sum(lacking, difference(window, amountsOf(result)));
  }
  if (lacking.credits > 0n || lacking.byok > 0n) return { kind: 'behind', lacking };
  // What has arrived since the first query is missing in its result.
  const latest = await queryUsage(client, query);
  const [doubt] = gapsIn(latest);
  return doubt ? { kind: 'unknown', reason: doubt } : { kind: 'caught-up', latest };
}

/** API keys whose counters show all that they have spent since the same time, and what that is. */
interface Window extends Amounts {
  since: number;
  hashes: string[];
}

/**
 * Groups keys by since when their counters can be compared. That is the same for all, unless the period is
 * a duration, and some keys are older and some younger.
 */
function windowsOf(keys: readonly CountedKey[]): Window[] {
  const sinceOf = ({ credits, byok }: CountedKey) => (hasSpent(credits) ? credits : byok).since;
  return [...new Set(keys.map(sinceOf))].map((since) => {
    const own = keys.filter((key) => sinceOf(key) === since);
    const amountSince = (counted: Counted) => (counted.since === since ? amountOf(counted) : 0n);
    return {
      since,
      hashes: own.map(({ hash }) => hash),
      credits: sumUsd(own.map(({ credits }) => amountSince(credits))),
      byok: sumUsd(own.map(({ byok }) => amountSince(byok))),
    };
  });
}

function countersOf(keys: readonly CountedKey[]): Amounts {
  return {
    credits: sumUsd(keys.map(({ credits }) => amountOf(credits))),
    byok: sumUsd(keys.map(({ byok }) => amountOf(byok))),
  };
}

export function amountOf({ amount = 0n }: Counted): Usd {
  return amount;
}

export function hasSpent(counted: Counted): boolean {
  return amountOf(counted) > 0n;
}

/** What all models have cost at least. */
export function amountsOf({ models }: UsageByModel): Amounts {
  return {
    credits: sumUsd(models.map(costOf)),
    byok: sumUsd(models.map(({ byok_usage }) => byok_usage)),
  };
}

/** By how much each of `counted` exceeds what analytics knows. */
function difference(counted: Amounts, known: Amounts): Amounts {
  return {
    credits: lackingOf(counted.credits, known.credits),
    byok: lackingOf(counted.byok, known.byok),
  };
}

/** Counters at 0 are no evidence against the refunds that analytics knows of. */
function lackingOf(counted: Usd, known: Usd): Usd {
  return counted > 0n && exceeds(counted, known) ? counted - known : 0n;
}

function sum(one: Amounts, other: Amounts): Amounts {
  return { credits: one.credits + other.credits, byok: one.byok + other.byok };
}

function larger(one: Amounts, other: Amounts): Amounts {
  return {
    credits: maxUsd(one.credits, other.credits),
    byok: maxUsd(one.byok, other.byok),
  };
}

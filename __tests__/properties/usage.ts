import { expect } from 'expect';
import fc from 'fast-check';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import type { Spend } from '../../sandbox/openrouter/resources/usage.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { Since } from '../../src/actions/usage/period.ts';
import { readUsage, type UsageRequest } from '../../src/actions/usage/read-usage.ts';
import type { UsageResult } from '../../src/actions/usage/result.ts';
import type { UsageGap } from '../../src/actions/usage/usage-gap.ts';
import { parseJson } from '../../src/lib/json.ts';
import { maxUsd } from '../../src/lib/usd.ts';
import { Failure } from '../../src/shared/failure.ts';
import {
  connect,
  onResponse,
  openSimulation,
  outcomeOf,
  type Simulation,
  scheduleFaults,
} from '../support/simulation.ts';
import { isPermanent, jitters, rarely, replicaLags, schedules } from '../support/some-faults.ts';

const TIMEOUT = 120_000;
/** How long one attempt may wait at most for a response that never arrives. */
const LATE = 30_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** How long before and after midnight the counters of a day may be those of another, by `Date`. */
const MIDNIGHT = 6_000;
/** The most days of a query by workspace. */
const SERVED = 31 * DAY;
const MODELS = ['openai/gpt-5-mini', 'anthropic/claude-haiku-4.5', 'google/gemini-3', 'a/free'];
const CALLS = ['GET /workspaces/:id', 'GET /keys', 'GET /keys/:hash', 'POST /analytics/query'];

/** In 10^-9 USD. In binary floating point, sums of the round ones are not exact. */
const charges = fc.oneof(
  fc.integer({ min: 10, max: 5_000_000_000 }),
  fc.integer({ min: 0, max: 9 }).map((tenths) => tenths * 100_000_000),
);

const accounts = fc.record({
  age: fc.oneof(fc.constant(0), fc.integer({ min: 2, max: 60 * 24 * 60 })),
  keys: fc.array(fc.record({ ageShare: share(), isDeleted: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  }),
  spends: fc.array(
    fc.record({
      key: fc.nat(3),
      model: fc.constantFrom(...MODELS),
      ageShare: share(),
      credits: charges,
      byok: charges,
      requests: fc.integer({ min: 1, max: 9 }),
    }),
    { maxLength: 12 },
  ),
});

/** A part of an age, from the present to the whole. */
function share() {
  return fc.oneof(fc.constantFrom(0, 1), fc.double({ min: 0, max: 1, noNaN: true }));
}

const analytics = fc.record({
  maxRows: fc.oneof({ weight: 3, arbitrary: fc.constant(10_000) }, fc.integer({ min: 1, max: 3 })),
  /** How old a stored result is, in minutes. */
  cacheAge: rarely(fc.nat(40 * 24 * 60)),
  /** How far it is behind without saying so, in minutes. */
  lag: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.nat(24 * 60) },
    { weight: 1, arbitrary: fc.nat(10 * 24 * 60) },
  ),
  resolvesDeletedKeys: fc.boolean(),
});

/** Fields of keys that OpenRouter does not return as documented. */
const invalidFields = fc.record({
  fields: fc.subarray(['created_at', 'usage', 'usage_monthly', 'usage_weekly', 'usage_daily'], {
    minLength: 1,
  }),
  value: fc.constantFrom(null, undefined, 'many', '2026-01-14T10:00:00'),
});

const situations = fc.record({
  account: accounts,
  analytics,
  since: fc.oneof(
    fc.constantFrom<Since>('created', 'created', 'month', 'week', 'day'),
    fc.integer({ min: 1, max: 70 * 24 * 60 }).map((minutes) => minutes * MINUTE),
  ),
  /** How far the clock of creations and requests is ahead of that of `Date`, in milliseconds. */
  ahead: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(5_000)),
  key: rarely(fc.nat(3), 1),
  /** Whether the request is about the key without its workspace. */
  isAlone: fc.boolean(),
  /** When another job deletes a key, in milliseconds from the start. */
  deletion: rarely(fc.record({ key: fc.nat(3), after: fc.nat(2_000) })),
  invalid: rarely(invalidFields),
  replicaLags,
  day: fc.nat(800),
  /** The time of the day, in milliseconds. Before midnight, periods of the calendar end during the step. */
  time: fc.oneof(
    { weight: 3, arbitrary: fc.nat(DAY - 1) },
    { weight: 1, arbitrary: fc.integer({ min: DAY - 2 * MIDNIGHT, max: DAY + 2 * MIDNIGHT }) },
  ),
  /** How far the server's time of day is ahead of the runner's, in milliseconds: never a day. */
  skew: fc.oneof(
    { weight: 3, arbitrary: fc.integer({ min: -23 * HOUR, max: 23 * HOUR }) },
    { weight: 1, arbitrary: fc.constantFrom(-3650 * DAY, -25 * HOUR, 25 * HOUR, 3650 * DAY) },
  ),
  network: fc.record({
    schedule: schedules(CALLS, 3),
    latency: fc.integer({ min: 1, max: 400 }),
    jitter: jitters,
  }),
});

type Situation = typeof situations extends fc.Arbitrary<infer Value> ? Value : never;

interface Scene {
  simulation: Simulation;
  workspaceId: string;
  /** When the workspace was created, and the key if the request is about one. */
  created: number;
  keyHash: string | undefined;
  /** When each key was created, by its hash, also of those that were deleted. */
  creations: ReadonlyMap<string, number>;
  seen: Seen;
  /** The faults that have been applied. */
  metFaults(): InProcessFault[];
}

/** What the last requests of each kind could show. */
interface Seen {
  /** The hashes of the keys whose counters were read. */
  keys: ReadonlySet<string>;
  /** When these were read, by the account's clock, in milliseconds since 1970. */
  readAt: number;
  /** What analytics knew. */
  known: ReadonlySet<Spend>;
}

function openScene(situation: Situation): Scene {
  const { schedule, ...network } = situation.network;
  const { skew } = situation;
  const start = Date.UTC(2026, 0) + situation.day * DAY + situation.time - skew;
  const clocks = { skew, start };
  const simulation = openSimulation({ ...network, ...clocks, takenSlugStatus: 400, schedule: [] });
  const { account, clock } = simulation;
  const { ahead } = situation;
  const age = situation.account.age * MINUTE;
  const workspace = seedWorkspace(simulation, { slug: 'preview-42', age: age - ahead });
  const keys = situation.account.keys.map(({ ageShare }) => {
    const key = seedKey(simulation, workspace, { name: 'CI' });
    const created = account.now().getTime() + ahead - Math.floor(ageShare * age);
    key.created_at = new Date(created).toISOString();
    return key;
  });
  const pick = <Item>(items: readonly Item[], at: number) => items[at % items.length] as Item;
  for (const { key: at, ageShare, credits, byok, ...spend } of situation.account.spends) {
    const key = pick(keys, at);
    const keyAge = account.now().getTime() + ahead - Date.parse(key.created_at);
    const usage = { ...spend, credits: credits / 1e9, byok: byok / 1e9 };
    seedUsage(simulation, key, { ...usage, age: Math.floor(ageShare * keyAge) - ahead });
  }
  const remove = (hash: string) => {
    const at = account.keys.findIndex((key) => key.hash === hash);
    if (at >= 0) account.keys.splice(at, 1);
  };
  situation.account.keys.forEach(({ isDeleted }, at) => {
    if (isDeleted) remove(pick(keys, at).hash);
  });
  const { deletion } = situation;
  if (deletion) clock.after(deletion.after, () => remove(pick(keys, deletion.key).hash));
  const { invalid } = situation;
  if (invalid) returnInvalid(simulation, invalid);
  const key = situation.key === undefined ? undefined : pick(keys, situation.key);
  const { cacheAge, lag, ...others } = situation.analytics;
  const cachedAt = cacheAge === undefined ? undefined : account.now().getTime() - cacheAge * MINUTE;
  account.replicaLags.push(...situation.replicaLags);
  Object.assign(account.analytics, { ...others, cachedAt, lag: lag * MINUTE });
  const metFaults = scheduleFaults(simulation, schedule);
  return {
    creations: new Map(keys.map(({ hash, created_at }) => [hash, Date.parse(created_at)])),
    seen: watch(simulation),
    simulation,
    workspaceId: workspace.id,
    created: Date.parse(key?.created_at ?? workspace.created_at),
    keyHash: key?.hash,
    metFaults,
  };
}

/** Records what each request that arrives can show. */
function watch({ account, network }: Simulation): Seen {
  const seen: Seen = { keys: new Set(), readAt: 0, known: new Set() };
  network.onExchange = ({ method, path }) => {
    if (method === 'POST') {
      const { cachedAt = Number.POSITIVE_INFINITY, lag } = account.analytics;
      const latest = Math.min(cachedAt, account.now().getTime() - lag);
      seen.known = new Set(account.spends.filter(({ at }) => at <= latest));
    }
    if (!path.startsWith('/keys')) return;
    seen.keys = new Set(account.keys.map(({ hash }) => hash));
    seen.readAt = account.now().getTime();
  };
  return seen;
}

function returnInvalid(
  simulation: Simulation,
  { fields, value }: NonNullable<Situation['invalid']>,
): void {
  const invalid = Object.fromEntries(fields.map((field) => [field, value]));
  onResponse(simulation, (response) => {
    const json = parseJson(response.body);
    const body = JSON.stringify(json, (_, entry) =>
      entry?.hash === undefined ? entry : { ...entry, ...invalid },
    );
    return json === undefined ? response : { ...response, body };
  });
}

const NO_THRESHOLDS = {
  warnAbove: undefined,
  failAbove: undefined,
  failBelowRemaining: undefined,
  failIfIncomplete: false,
};

/** What the account itself has billed for the request in a period. */
function booksOf({ simulation, workspaceId, keyHash }: Scene, from: number): Spend[] {
  return simulation.account.spends.filter(
    (spend) =>
      spend.workspace_id === workspaceId &&
      (keyHash === undefined || spend.key_hash === keyHash) &&
      spend.at >= from,
  );
}

const sum = (spends: readonly Spend[], amount: (spend: Spend) => number) =>
  spends.reduce((total, spend) => total + amount(spend), 0);

const creditsOf = (spends: readonly Spend[]) => BigInt(sum(spends, ({ credits }) => credits));

/**
 * The beginning of the requested period, written independently of the program.
 * @param created the creation that OpenRouter reports, if that of a deleted key is 365 days ago
 */
function expectedStart(created: number, since: Since, now: number): number {
  const starts: Record<string, number> = { created: 0, ...calendarOf(now) };
  const start = typeof since === 'number' ? now - since : (starts[since] ?? Number.NaN);
  return Math.max(start, Math.min(created, now));
}

/** The beginnings of the periods of the calendar, in UTC. */
function calendarOf(now: number) {
  const midnight = new Date(now).setUTCHours(0, 0, 0, 0);
  return {
    day: midnight,
    week: midnight - ((new Date(now).getUTCDay() || 7) - 1) * DAY,
    month: new Date(midnight).setUTCDate(1),
  };
}

/** Whether a figure that OpenRouter has can be missing or unreadable. If not, all must be complete. */
function isImpaired(scene: Scene, situation: Situation, { from, spender }: UsageResult): boolean {
  const isDeletedKey = spender.kind === 'deleted-key';
  const { account } = scene.simulation;
  const { maxRows, cacheAge } = situation.analytics;
  const models = new Set(booksOf(scene, from).map(({ model }) => model));
  const maxAge = scene.keyHash === undefined ? SERVED : 365 * DAY;
  return (
    models.size > maxRows ||
    situation.invalid !== undefined ||
    cacheAge !== undefined ||
    (situation.deletion !== undefined && scene.keyHash !== undefined) ||
    (!isDeletedKey && account.now().getTime() - from > maxAge - 5 * MINUTE)
  );
}

/**
 * Whatever an account has spent, however late analytics is and whatever fails: the cost is the larger of what
 * analytics and the counters of the listed keys show of the account's own books, or it is reported as incomplete.
 * It is never above the books.
 */
export const costIsTheLargerOrIncomplete = fc.asyncProperty(situations, async (situation) => {
  const scene = openScene(situation);
  const { simulation } = scene;
  const { account } = simulation;
  const { jitter } = situation.network;
  const context = connect(simulation, { timeout: TIMEOUT, jitter });
  const { since } = situation;
  const { keyHash } = scene;
  const request: UsageRequest =
    keyHash !== undefined && situation.isAlone
      ? { workspace: undefined, keyHash, since, ...NO_THRESHOLDS }
      : { workspace: 'preview-42', keyHash, since, ...NO_THRESHOLDS };
  const start = account.now().getTime();
  const { result, error, elapsed } = await outcomeOf(simulation, readUsage(request, context));
  if (!result) {
    failsForAReason(scene, situation, { error, start, elapsed });
    return;
  }
  const times = [start, start + elapsed];
  const days = [start - MIDNIGHT, start + elapsed + MIDNIGHT].map((time) => calendarOf(time).day);
  const isNearMidnight = new Set(days).size > 1;
  if (!situation.invalid?.fields.includes('created_at')) {
    const isDeletedKey = result.spender.kind === 'deleted-key';
    const differences = times.map((time) => {
      const created = isDeletedKey ? time - 365 * DAY : scene.created;
      return Math.abs(result.from - expectedStart(created, since, time));
    });
    expect(Math.min(...differences)).toBeLessThanOrEqual(elapsed + 1_000);
  }
  // Without a row, a cost of 0 would be a guess.
  if (result.spender.kind === 'deleted-key') expect(result.models).not.toEqual([]);
  const isOfClocks = ({ kind }: UsageGap) => kind === 'time-uncertain';
  expect(result.gaps.some(isOfClocks)).toBe(Math.abs(situation.skew) > DAY);
  const gaps = result.gaps.filter((gap) => !isOfClocks(gap));
  const isRead = !situation.invalid && !isNearMidnight;
  isTheLargerOrIncomplete(scene, { ...result, gaps }, isRead);
  if (isRead && !isImpaired(scene, situation, result)) expect(gaps).toEqual([]);
});

/**
 * Only a fault, the timeout, or a key that no longer exists or whose counters are invalid. By its hash alone, a deleted key
 * is not found only if analytics does not know what it has spent.
 */
function failsForAReason(
  scene: Scene,
  situation: Situation,
  { error, start, elapsed }: { error?: unknown; start: number; elapsed: number },
): void {
  const { invalid, isAlone, since } = situation;
  const code = error instanceof Failure ? error.code : undefined;
  if (code === 'usage-unknown' && invalid?.fields.includes('usage')) return;
  if (code === 'key-not-found' || code === 'usage-unknown') {
    const { keys } = scene.simulation.account;
    expect(keys.some(({ hash }) => hash === scene.keyHash)).toBe(false);
    if (code !== 'key-not-found' || !isAlone || !situation.analytics.resolvesDeletedKeys) return;
    const from = expectedStart(start - 365 * DAY, since, start + elapsed) + elapsed + 1_000;
    const missed = booksOf(scene, from).filter(
      (spend) => spend.at < start && scene.seen.known.has(spend),
    );
    expect(missed).toEqual([]);
  } else if (!scene.metFaults().some(isPermanent)) {
    expect(elapsed).toBeGreaterThan(TIMEOUT - LATE);
  }
}

/** @param isRead whether the counters are valid, and surely of the period */
function isTheLargerOrIncomplete(scene: Scene, result: UsageResult, isRead: boolean): void {
  const books = booksOf(scene, result.from);
  expect(result.cost <= creditsOf(books)).toBe(true);
  expect(result.byok <= BigInt(sum(books, ({ byok }) => byok))).toBe(true);
  const { replicaLags: lags } = scene.simulation.account;
  const latest = scene.seen.readAt - Math.max(0, ...lags);
  const counted = books.filter((spend) => isCountedFor(scene, result, spend));
  // Without a delay, also what was billed by a clock that is ahead.
  const byAll = creditsOf(
    lags.some((ms) => ms > 0) ? counted.filter(({ at }) => at <= latest) : counted,
  );
  if (isRead) expect(result.cost >= byAll).toBe(true);
  if (result.gaps.length > 0) return;
  const known = books.filter((spend) => spend.at < result.to && scene.seen.known.has(spend));
  expect(result.cost >= maxUsd(byAll, creditsOf(known))).toBe(true);
  expect(result.cost <= maxUsd(creditsOf(counted), creditsOf(known))).toBe(true);
  for (const model of MODELS) {
    const own = known.filter((spend) => spend.model === model);
    const reported = result.models.find((usage) => usage.model === model);
    expect(reported?.credits_usage ?? 0n).toBe(creditsOf(own));
    expect(reported?.request_count ?? 0n).toBe(BigInt(sum(own, ({ requests }) => requests)));
  }
}

/** Whether a counter shows a spend of the period apart from what was spent before it. */
function isCountedFor(
  { creations, seen }: Scene,
  { from, to }: UsageResult,
  { key_hash, at }: Spend,
): boolean {
  const isYounger = (creations.get(key_hash) ?? 0) >= from;
  const starts = Object.values(calendarOf(to - 1)).filter((start) => start >= from);
  return seen.keys.has(key_hash) && (isYounger || at >= Math.min(...starts));
}

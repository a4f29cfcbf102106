import { expect } from 'expect';
import fc from 'fast-check';
import type { Spend } from '../../sandbox/openrouter/resources/usage.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { Since } from '../../src/actions/usage/period.ts';
import { readUsage, type UsageResult } from '../../src/actions/usage/read-usage.ts';
import { parseJson } from '../../src/lib/json.ts';
import { Failure } from '../../src/shared/failure.ts';
import { isPermanent, jitters, schedules } from '../support/faults.ts';
import {
  connect,
  onResponse,
  openSimulation,
  outcomeOf,
  type Simulation,
  scheduleFaults,
} from '../support/simulation.ts';

const TIMEOUT = 120_000;
/** How long one attempt may wait at most for a response that never arrives. */
const LATE = 30_000;
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** The most days of a query by workspace. */
const SERVED = 31 * DAY;
const MODELS = ['openai/gpt-5-mini', 'anthropic/claude-haiku-4.5', 'google/gemini-3', 'a/free'];
const CALLS = ['GET /workspaces/:id', 'GET /keys', 'GET /keys/:hash', 'POST /analytics/query'];

/** In 10^-9 USD. In binary floating point, sums of the round ones are not exact. */
const charges = fc.oneof(
  fc.integer({ min: 10, max: 5_000_000_000 }),
  fc.integer({ min: 0, max: 9 }).map((tenths) => tenths * 100_000_000),
);

const amounts = fc.oneof(
  { weight: 9, arbitrary: charges },
  { weight: 1, arbitrary: charges.map((charge) => -charge) },
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
      credits: amounts,
      byok: amounts,
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
  cacheAge: fc.option(fc.nat(40 * 24 * 60), { freq: 3 }),
  /** How far it is behind without saying so, in minutes. */
  lag: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat(10 * 24 * 60)),
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
  key: fc.option(fc.nat(3)),
  /** When another job deletes a key, in milliseconds from the start. */
  deletion: fc.option(fc.record({ key: fc.nat(3), after: fc.nat(2_000) }), { freq: 3 }),
  invalid: fc.option(invalidFields, { freq: 3 }),
  /** Never near midnight, when the periods of the calendar change. */
  day: fc.nat(800),
  hour: fc.integer({ min: 1, max: 22 }),
  /** How far the server's time of day is ahead of the runner's: so little that the server's counts. */
  skew: fc.integer({ min: -23 * HOUR, max: 23 * HOUR }),
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
  /** Whether a fault has been applied that no retry overcomes. */
  metPermanentFault(): boolean;
}

function openScene(situation: Situation): Scene {
  const { schedule, ...network } = situation.network;
  const { skew } = situation;
  const start = Date.UTC(2026, 0) + situation.day * DAY + situation.hour * HOUR - skew;
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
  const key = situation.key === null ? undefined : pick(keys, situation.key);
  const { cacheAge, lag, maxRows } = situation.analytics;
  const cachedAt = cacheAge === null ? undefined : account.now().getTime() - cacheAge * MINUTE;
  Object.assign(account.analytics, { cachedAt, lag: lag * MINUTE, maxRows });
  const metFaults = scheduleFaults(simulation, schedule);
  return {
    simulation,
    workspaceId: workspace.id,
    created: Date.parse(key?.created_at ?? workspace.created_at),
    keyHash: key?.hash,
    metPermanentFault: () => metFaults().some(isPermanent),
  };
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

/** A sum of 10^-9 USD in the unit of the program. */
const toUsd = (nano: number) => BigInt(nano) * 10n ** 21n;

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

const creditsOf = (spends: readonly Spend[]) => toUsd(sum(spends, ({ credits }) => credits));

/** The beginning of the requested period, written independently of the program. */
function expectedStart({ created }: Scene, since: Since, now: number): number {
  const date = new Date(now);
  const midnight = new Date(now).setUTCHours(0, 0, 0, 0);
  const starts: Record<string, number> = {
    created: 0,
    day: midnight,
    week: midnight - ((date.getUTCDay() || 7) - 1) * DAY,
    month: new Date(midnight).setUTCDate(1),
  };
  const start = typeof since === 'number' ? now - since : (starts[since] ?? Number.NaN);
  return Math.max(start, Math.min(created, now));
}

/**
 * Whether something can be missing in what analytics returns, or refunds can make the counters of keys
 * exceed it. If not, the figures must be complete.
 */
function isImpaired(scene: Scene, situation: Situation, from: number): boolean {
  const { account } = scene.simulation;
  const { maxRows, cacheAge, lag } = situation.analytics;
  const books = booksOf(scene, from);
  const models = new Set(books.map(({ model }) => model));
  const maxAge = scene.keyHash === undefined ? SERVED : 365 * DAY;
  const isKeyGone =
    scene.keyHash !== undefined && !account.keys.some(({ hash }) => hash === scene.keyHash);
  return (
    models.size > maxRows ||
    situation.invalid !== null ||
    cacheAge !== null ||
    lag > 0 ||
    situation.ahead > 0 ||
    books.some(({ credits }) => credits < 0) ||
    account.now().getTime() - from > maxAge - 5 * MINUTE ||
    isKeyGone
  );
}

/**
 * Whatever an account has spent, whatever analytics lacks and whatever fails: the cost is exactly what
 * the account's own books have of what analytics knows, or it is reported as incomplete. If the counters
 * of the keys show that analytics lacks something, it is incomplete. It is never above the books, unless
 * refunds are what is missing.
 */
export const costEqualsTheBooksOrIsIncomplete = fc.asyncProperty(situations, async (situation) => {
  const scene = openScene(situation);
  const { simulation } = scene;
  const { account } = simulation;
  const { jitter } = situation.network;
  const context = connect(simulation, { timeout: TIMEOUT, jitter });
  const request = {
    workspace: 'preview-42',
    keyHash: scene.keyHash,
    since: situation.since,
    ...NO_THRESHOLDS,
  };
  const start = account.now().getTime();
  const { result, error, elapsed } = await outcomeOf(simulation, readUsage(request, context));
  if (!result) {
    failsForAReason(scene, situation, { error, elapsed });
    return;
  }
  const expected = expectedStart(scene, situation.since, start);
  if (!situation.invalid?.fields.includes('created_at')) {
    expect(Math.abs(result.from - expected)).toBeLessThanOrEqual(elapsed + 1_000);
  }
  equalsTheBooksOrIsIncomplete(scene, situation, result);
  if (!isImpaired(scene, situation, result.from)) expect(result.gaps).toEqual([]);
});

/** Only a fault, the timeout, or a key that no longer exists or whose counters are invalid. */
function failsForAReason(
  scene: Scene,
  { invalid }: Situation,
  { error, elapsed }: { error?: unknown; elapsed: number },
): void {
  const code = error instanceof Failure ? error.code : undefined;
  if (code === 'usage-unknown' && invalid?.fields.includes('usage')) return;
  if (code === 'key-not-found' || code === 'usage-unknown') {
    const { keys } = scene.simulation.account;
    expect(keys.some(({ hash }) => hash === scene.keyHash)).toBe(false);
  } else if (!scene.metPermanentFault()) {
    expect(elapsed).toBeGreaterThan(TIMEOUT - LATE);
  }
}

function equalsTheBooksOrIsIncomplete(
  scene: Scene,
  situation: Situation,
  result: UsageResult,
): void {
  const { since, account, deletion, invalid } = situation;
  const books = booksOf(scene, result.from);
  const truth = creditsOf(books);
  const refunds = creditsOf(books.filter(({ credits }) => credits < 0));
  expect(result.cost <= truth - refunds).toBe(true);
  expect(result.byok <= toUsd(sum(books, ({ byok }) => Math.max(byok, 0)))).toBe(true);
  const existing = spentByExistingKeys(scene, result.from);
  // A counter shows it, unless that is invalid, which makes the figures incomplete.
  const isCounted = typeof since !== 'number' && (!invalid || result.gaps.length === 0);
  if (isCounted && existing > 0n && (refunds === 0n || deletion === null)) {
    expect(result.cost >= existing).toBe(true);
  }
  if (result.gaps.length > 0) return;
  const known = knownToAnalytics(scene, situation, result);
  expect(result.cost).toBe(creditsOf(known));
  for (const model of MODELS) {
    const own = known.filter((spend) => spend.model === model);
    const reported = result.models.find((usage) => usage.model === model);
    expect(reported?.credits_usage ?? 0n).toBe(creditsOf(own));
    expect(reported?.request_count ?? 0n).toBe(BigInt(sum(own, ({ requests }) => requests)));
  }
  // The counters of keys show what analytics lacks of their lives, unless there was another key.
  const keysExist = deletion === null && account.keys.every(({ isDeleted }) => !isDeleted);
  if (since === 'created' && keysExist && truth > 0n) expect(result.cost >= truth).toBe(true);
}

/** What analytics knew of the books of the period when it was queried. */
function knownToAnalytics(
  scene: Scene,
  { analytics: { lag } }: Situation,
  { from, to }: UsageResult,
): Spend[] {
  const queriedAt = scene.simulation.account.analytics.queries.at(-1) ?? Number.NaN;
  return booksOf(scene, from).filter(({ at }) => at < to && at <= queriedAt - lag * MINUTE);
}

/** What the keys have spent since `from` that still exist. */
function spentByExistingKeys(scene: Scene, from: number): bigint {
  const hashes = scene.simulation.account.keys.map(({ hash }) => hash);
  const spends = booksOf(scene, from).filter(({ key_hash }) => hashes.includes(key_hash));
  return creditsOf(spends);
}

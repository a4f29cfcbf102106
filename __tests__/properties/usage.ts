import { expect } from 'expect';
import fc from 'fast-check';
import type { Spend } from '../../sandbox/openrouter/resources/usage.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { Failure } from '../../src/operations/shared/failure.ts';
import type { Since } from '../../src/operations/usage/period.ts';
import { failureOf, warnOnCost } from '../../src/operations/usage/thresholds.ts';
import { readUsage, type UsageResult } from '../../src/operations/usage/usage.ts';
import { isPermanent, jitters, schedules } from '../support/faults.ts';
import { connect, openSimulation, type Simulation } from '../support/simulation.ts';

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

/**
 * In 10^-9 USD. In binary floating point, sums of the round ones are not exact. None is so small that it
 * could be noise.
 */
const amounts = fc.oneof(
  fc.integer({ min: 10, max: 5_000_000_000 }),
  fc.integer({ min: 0, max: 9 }).map((tenths) => tenths * 100_000_000),
);

const accounts = fc.record({
  /** In minutes. */
  age: fc.integer({ min: 2, max: 60 * 24 * 60 }),
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

const situations = fc.record({
  account: accounts,
  analytics,
  since: fc.oneof(
    fc.constantFrom<Since>('created', 'created', 'month', 'week', 'day'),
    fc.integer({ min: 1, max: 70 * 24 * 60 }).map((minutes) => minutes * MINUTE),
  ),
  /** The key that the request is about; the whole workspace if there is none. */
  key: fc.option(fc.nat(3)),
  /** When another job deletes a key, in milliseconds from the start. */
  deletion: fc.option(fc.record({ key: fc.nat(3), after: fc.nat(2_000) }), { freq: 3 }),
  /** Never near midnight, when the periods of the calendar change. */
  day: fc.nat(800),
  hour: fc.integer({ min: 1, max: 22 }),
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
  const skew = situation.day * DAY + situation.hour * HOUR;
  const simulation = openSimulation({ ...network, skew, takenSlugStatus: 400, schedule: [] });
  const { account, clock } = simulation;
  const age = situation.account.age * MINUTE;
  const workspace = seedWorkspace(simulation, { slug: 'preview-42', age });
  const keys = situation.account.keys.map(({ ageShare }) => {
    const key = seedKey(simulation, workspace, { name: 'CI' });
    key.created_at = new Date(account.now().getTime() - Math.floor(ageShare * age)).toISOString();
    return key;
  });
  const pick = <Item>(items: readonly Item[], at: number) => items[at % items.length] as Item;
  for (const { key: at, ageShare, credits, byok, ...spend } of situation.account.spends) {
    const key = pick(keys, at);
    const keyAge = account.now().getTime() - Date.parse(key.created_at);
    const usage = { ...spend, credits: credits / 1e9, byok: byok / 1e9 };
    seedUsage(simulation, key, { ...usage, age: Math.floor(ageShare * keyAge) });
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
  const key = situation.key === null ? undefined : pick(keys, situation.key);
  const { cacheAge, lag, maxRows } = situation.analytics;
  const cachedAt = cacheAge === null ? undefined : account.now().getTime() - cacheAge * MINUTE;
  Object.assign(account.analytics, { cachedAt, lag: lag * MINUTE, maxRows });
  simulation.network.schedule.push(...schedule);
  return {
    simulation,
    workspaceId: workspace.id,
    created: Date.parse(key?.created_at ?? workspace.created_at),
    keyHash: key?.hash,
    metPermanentFault: () =>
      schedule.some((fault) => isPermanent(fault) && !simulation.network.schedule.includes(fault)),
  };
}

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
  return Math.max(start, created);
}

/**
 * Whether the situation lets the figures be complete: nothing is missing in what analytics returns, or
 * what is missing cannot be seen.
 */
function isImpaired(scene: Scene, situation: Situation, from: number): boolean {
  const { account } = scene.simulation;
  const { maxRows, cacheAge, lag } = situation.analytics;
  const models = new Set(booksOf(scene, from).map(({ model }) => model));
  const maxAge = scene.keyHash === undefined ? SERVED : 365 * DAY;
  const isKeyGone =
    scene.keyHash !== undefined && !account.keys.some(({ hash }) => hash === scene.keyHash);
  return (
    models.size > maxRows ||
    cacheAge !== null ||
    lag > 0 ||
    account.now().getTime() - from > maxAge - 5 * MINUTE ||
    isKeyGone
  );
}

/**
 * Whatever an account has spent, whatever analytics lacks and whatever fails: the cost is exactly that
 * of the account's own books, or it is reported as incomplete and not above the truth.
 */
export const costEqualsTheBooksOrIsIncomplete = fc.asyncProperty(situations, async (situation) => {
  const scene = openScene(situation);
  const { simulation } = scene;
  const { clock, account } = simulation;
  const { jitter } = situation.network;
  const context = connect(simulation, { timeout: TIMEOUT, jitter });
  const request = {
    workspace: 'preview-42',
    keyHash: scene.keyHash,
    since: situation.since,
    warnAbove: undefined,
    failAbove: undefined,
  };
  const start = account.now().getTime();
  const run = await clock.run(
    readUsage(request, { ...context, timeOfDay: () => Number.NaN }).then(
      (result) => ({ result, error: undefined }),
      (error: unknown) => ({ result: undefined, error }),
    ),
  );
  const elapsed = account.now().getTime() - start;
  if (!run.result) {
    failsForAReason(scene, run.error, elapsed);
    return;
  }
  const { result } = run;
  const expected = expectedStart(scene, situation.since, start);
  expect(Math.abs(result.from - expected)).toBeLessThanOrEqual(elapsed + 1_000);
  equalsTheBooksOrIsIncomplete(scene, situation, result);
  if (!isImpaired(scene, situation, result.from)) expect(result.gaps).toEqual([]);
  decidesAtTheBoundary(result);
});

/** Only a fault, the timeout, or a key that no longer exists. */
function failsForAReason(scene: Scene, error: unknown, elapsed: number): void {
  const isKeyGone =
    error instanceof Failure && ['key-not-found', 'usage-unknown'].includes(error.code);
  if (isKeyGone) {
    const { keys } = scene.simulation.account;
    expect(keys.some(({ hash }) => hash === scene.keyHash)).toBe(false);
  } else if (!scene.metPermanentFault()) {
    expect(elapsed).toBeGreaterThan(TIMEOUT - LATE);
  }
}

function equalsTheBooksOrIsIncomplete(
  scene: Scene,
  { analytics: { lag }, since, account, deletion }: Situation,
  result: UsageResult,
): void {
  const books = booksOf(scene, result.from);
  const truth = toUsd(sum(books, ({ credits }) => credits));
  expect(result.cost <= truth).toBe(true);
  expect(result.byok <= toUsd(sum(books, ({ byok }) => byok))).toBe(true);
  if (since === 'created') expect(result.cost >= spentByExistingKeys(scene)).toBe(true);
  // Nothing shows that the requests of deleted keys, or of a part of a period, are missing.
  const keysExist = deletion === null && account.keys.every(({ isDeleted }) => !isDeleted);
  const isLagVisible = since === 'created' && keysExist;
  if (result.gaps.length > 0 || (lag > 0 && !isLagVisible)) return;
  expect(result.cost).toBe(truth);
  for (const model of MODELS) {
    const own = books.filter((spend) => spend.model === model);
    const reported = result.models.find((usage) => usage.model === model);
    expect(reported?.credits_usage ?? 0n).toBe(toUsd(sum(own, ({ credits }) => credits)));
    // Requests that cost nothing leave no trace in the counters of keys.
    if (lag === 0) {
      expect(reported?.request_count ?? 0n).toBe(BigInt(sum(own, ({ requests }) => requests)));
    }
  }
}

/** What the keys have spent in their lives that still exist. */
function spentByExistingKeys(scene: Scene): bigint {
  const hashes = scene.simulation.account.keys.map(({ hash }) => hash);
  const spends = booksOf(scene, 0).filter(({ key_hash }) => hashes.includes(key_hash));
  return toUsd(sum(spends, ({ credits }) => credits));
}

/** A cost fails the step, or warns, above a threshold and not at it. */
function decidesAtTheBoundary(result: UsageResult): void {
  const complete = { ...result, gaps: [] };
  for (const difference of [-1n, 0n, 1n]) {
    const threshold = result.cost + difference;
    const failure = failureOf(complete, { warnAbove: undefined, failAbove: threshold });
    expect(failure?.code).toBe(difference < 0n ? 'spending-above-limit' : undefined);
    const warnings: string[] = [];
    const thresholds = { warnAbove: threshold, failAbove: undefined };
    warnOnCost(complete, thresholds, { warn: (code) => warnings.push(code) });
    expect(warnings).toEqual(difference < 0n ? ['spending-above-warning'] : []);
  }
}

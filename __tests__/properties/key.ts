import { expect } from 'expect';
import fc from 'fast-check';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { type KeyFixture, seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { ApiError } from '../../src/openrouter/api-error.ts';
import { type KeyCleanupTask, runKeyCleanup } from '../../src/operations/key/cleanup.ts';
import { createKey, type KeyRequest, type KeyResult } from '../../src/operations/key/create-key.ts';
import { isPermanent, jitters, schedules } from '../support/faults.ts';
import {
  connect,
  type Life,
  live,
  mortalIn,
  openSimulation,
  pass,
  type Simulation,
} from '../support/simulation.ts';

const TIMEOUT = 60_000;
const SLUG = 'preview-42';
const CALLS = ['POST /keys', 'GET /keys', 'GET /workspaces/:id', 'DELETE /keys/:hash'];
const NAMES = ['CI', 'Other'];
/** Nobody else asks for that name. */
const RANDOM = { name: 'CI a1b2c3' };

/** What somebody else does with the keys of the workspace, and when. */
const intrusions = fc.array(
  fc.record({
    after: fc.nat(4_000),
    what: fc.constantFrom(
      'makes',
      'makes it in the same second',
      'deletes the oldest',
      'deletes the newest',
    ),
    name: fc.constantFrom(...NAMES),
    limit: fc.constantFrom(null, 5),
  }),
  { maxLength: 3 },
);

const requests = fc
  .record({
    nameIsRandom: fc.boolean(),
    workspace: fc.constant(SLUG),
    desired: fc.record(
      { name: fc.constantFrom(...NAMES), limit: fc.constantFrom(0, 5) },
      { requiredKeys: ['name'] },
    ),
    expiresInMs: fc.oneof(
      { weight: 4, arbitrary: fc.constant(21_600_000) },
      { weight: 1, arbitrary: fc.constant(null) },
    ),
    revokeAfterJob: fc.boolean(),
    replace: fc.boolean(),
  })
  .map((request) => (request.nameIsRandom ? { ...request, desired: RANDOM } : request));

const scenarios = fc.record({
  schedule: schedules(CALLS, 5),
  request: requests,
  /** The name of each key that is there before. */
  before: fc.array(fc.constantFrom(...NAMES), { maxLength: 3 }),
  intrusions,
  keepsMs: fc.boolean(),
  /** Whether all that is late has arrived before the job ends. */
  waits: fc.boolean(),
  takenSlugStatus: fc.constant(400 as const),
  skew: fc.integer({ min: -1e9, max: 1e9 }),
  latency: fc.integer({ min: 1, max: 400 }),
  jitter: jitters,
  killedAfter: fc.oneof(
    { weight: 3, arbitrary: fc.constant(null) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 4_000 }) },
  ),
});

type Scenario = typeof scenarios extends fc.Arbitrary<infer Value> ? Value : never;

/** Who has made which keys, and who has deleted them. */
interface Ledger {
  /** The secrets of what the step has made, by hash. */
  ours: Map<string, string>;
  /** Hashes of what was there before, and of what others have made, and have not deleted. */
  theirs: Set<string>;
  /** Hashes of ours that others have deleted. */
  taken: Set<string>;
  /** Hashes of theirs that were there when the keys were listed before the first POST. */
  listed: Set<string>;
}

interface Scene {
  simulation: Simulation;
  workspace: Workspace;
  ledger: Ledger;
  /** Makes a key as somebody else. */
  give(fields: KeyFixture): void;
}

/** The account of `scenario`, which keeps book of who does what to its keys. */
async function openScene(scenario: Scenario): Promise<Scene> {
  const simulation = openSimulation({ ...scenario, schedule: [] });
  const { account, managementKey, clock, network } = simulation;
  // What they do is not in the step's book.
  const others = { managementKey, account: { ...account } };
  const workspace = seedWorkspace(simulation, { slug: SLUG });
  const ledger: Ledger = {
    ours: new Map(),
    theirs: new Set(),
    taken: new Set(),
    listed: new Set(),
  };

  const { handle } = account;
  const handleKeys: typeof handle = (request) => {
    const call = account.callOf(request.method, request.path);
    const body = scenario.keepsMs ? request.body : request.body.replace(/\.\d{3}Z"/, 'Z"');
    const answer = handle({ ...request, body });
    if (call === 'GET /keys' && !network.calls.includes('POST /keys')) {
      for (const { hash, name } of account.keys) {
        if (name === scenario.request.desired.name) ledger.listed.add(hash);
      }
    }
    if (call === 'POST /keys' && answer.status === 201) {
      const { data, key } = answer.body as { data: { hash: string }; key: string };
      ledger.ours.set(data.hash, key);
    }
    return answer;
  };
  account.handle = handleKeys;

  const give: Scene['give'] = (fields) => {
    ledger.theirs.add(seedKey(others, workspace, fields).hash);
  };
  for (const name of scenario.before) give({ name });
  // Others whose keys show that milliseconds are kept.
  if (scenario.keepsMs) give({ name: 'Old', expires_at: '2030-01-01T00:00:00.123Z' });
  await pass(simulation, 10_000);
  for (const { after, ...intrusion } of scenario.intrusions) {
    clock.after(after, () =>
      applyConcurrentChange({ simulation, workspace, ledger, give }, intrusion, scenario),
    );
  }
  network.schedule.push(...scenario.schedule);
  return { simulation, workspace, ledger, give };
}

function applyConcurrentChange(
  { simulation: { account }, ledger, give }: Scene,
  { what, name, limit }: Omit<Scenario['intrusions'][number], 'after'>,
  { keepsMs }: Scenario,
): void {
  const { keys } = account;
  const namesakes = keys.filter((key) => key.name === name);
  const ours = keys.find(({ hash }) => ledger.ours.has(hash));
  const second = ours?.expires_at?.slice(0, 19);
  if (what === 'makes' || (what.startsWith('makes') && !(second && keepsMs))) {
    give({ name, limit });
    return;
  }
  if (what.startsWith('makes')) {
    give({ name, limit, expires_at: `${second}.000Z` });
    return;
  }
  const gone = what === 'deletes the oldest' ? namesakes.at(-1) : namesakes[0];
  if (!gone) return;
  keys.splice(keys.indexOf(gone), 1);
  if (!ledger.theirs.delete(gone.hash)) ledger.taken.add(gone.hash);
}

interface Ran {
  result?: KeyResult;
  error?: unknown;
  killed: boolean;
  /** What was handed out. */
  minted?: KeyResult;
  task: KeyCleanupTask | null;
  concealed: string[];
  /** All that was printed and kept. */
  said: string[];
  elapsed: number;
}

/** Runs a key step. What it does after it is killed does not happen. */
async function runKey(simulation: Simulation, request: KeyRequest, life: Life): Promise<Ran> {
  const ran: Ran = { killed: false, task: null, concealed: [], said: [], elapsed: 0 };
  const alive = mortalIn(ran);
  const save = alive((task: KeyCleanupTask) => {
    ran.task = structuredClone(task);
    ran.said.push(JSON.stringify(task));
  });
  const work = createKey(request, {
    ...connect(simulation, life, { lines: ran.said, isDead: () => ran.killed }),
    journal: {
      save,
      amend: save,
      clear: alive(() => {
        ran.task = null;
      }),
    },
    registerSecrets: (secrets) => ran.concealed.push(...secrets),
    onCreated: alive((result: KeyResult) => {
      expect(ran.concealed).toContain(result.secret);
      ran.minted = result;
    }),
    random: () => life.jitter[0] ?? 0,
    timeOfDay: () => 0,
  });
  await live(simulation, ran, { work, killedAfter: life.killedAfter });
  return ran;
}

/** Runs the post step of `ran`. Returns whether it warned. */
async function endJob(simulation: Simulation, ran: Ran, life: Life): Promise<boolean> {
  if (!ran.task) return false;
  let warned = false;
  const context = connect(simulation, life, { lines: ran.said });
  const warn: typeof context.warn = (code, details) => {
    warned = true;
    context.warn(code, details);
  };
  const incomplete = await simulation.clock.run(runKeyCleanup(ran.task, { ...context, warn }));
  return warned || incomplete !== undefined;
}

/**
 * Whatever goes wrong, and whoever else is at it: no key of anybody else's is touched, a green step
 * has handed out a key that is there, and none whose secret is lost outlives the job.
 */
export const noKeyLostAndNoneOfOthers = fc.asyncProperty(scenarios, async (scenario) => {
  const { request, jitter, killedAfter } = scenario;
  const { simulation, ledger } = await openScene(scenario);
  const { account, network } = simulation;
  const there = () => new Set(account.keys.map(({ hash }) => hash));
  const replaceable = account.keys
    .filter(({ name }) => name === request.desired.name)
    .map(({ hash }) => hash);

  const life = { timeout: TIMEOUT, jitter };
  const ran = await runKey(simulation, request, {
    ...life,
    ...(killedAfter !== null && { killedAfter }),
  });
  const { result, error, minted } = ran;
  expect(ran.elapsed).toBeLessThanOrEqual(TIMEOUT);
  const isUnique = request.nameIsRandom || request.expiresInMs !== null;
  expectNoneOfOthersGone();
  if (minted) {
    expect(ledger.ours.get(minted.key.hash)).toBe(minted.secret);
    expect(there().has(minted.key.hash)).toBe(!ledger.taken.has(minted.key.hash));
  }
  if (result) expect(result).toBe(minted);
  const appliedFaults = scenario.schedule.filter((fault) => !network.schedule.includes(fault));
  const hadAChance = !appliedFaults.some(isPermanent) && ran.elapsed < TIMEOUT - 10_000;
  if (!ran.killed && hadAChance && isUnique && !result) throw error;
  if (error instanceof ApiError && !minted && !error.details.ambiguous && !ran.task) {
    await pass(simulation, 45_000);
    expect(lostOnes()).toEqual([]);
  }

  if (scenario.waits) await pass(simulation, 45_000);
  const warned = await endJob(simulation, ran, life);
  expectNoneOfOthersGone();
  const isLate = !scenario.waits && appliedFaults.some(({ kind }) => kind === 'late');
  if (!warned && !isLate && isUnique) expect(lostOnes()).toEqual([]);
  if (minted && !warned && ran.task?.revoke !== false && request.revokeAfterJob) {
    expect(there().has(minted.key.hash)).toBe(false);
  }
  if (result && !request.revokeAfterJob) {
    expect(there().has(result.key.hash)).toBe(!ledger.taken.has(result.key.hash));
  }
  const secrets = [...ledger.ours.values()];
  for (const line of [...ran.said, String(error), JSON.stringify(error ?? null)]) {
    expect(secrets.filter((secret) => line.includes(secret))).toEqual([]);
  }

  /** What others have is there, but for what was to be replaced once the new key was handed out. */
  function expectNoneOfOthersGone(): void {
    const now = there();
    const gone = [...ledger.theirs].filter((hash) => !now.has(hash));
    const mayGo = request.replace && minted ? ledger.listed : new Set();
    expect(gone.filter((hash) => !mayGo.has(hash))).toEqual([]);
    if (request.replace && result) expect(replaceable.filter((hash) => now.has(hash))).toEqual([]);
  }

  /** Keys of ours whose secret nobody has. */
  function lostOnes(): string[] {
    return [...ledger.ours.keys()].filter((hash) => there().has(hash) && hash !== minted?.key.hash);
  }
});

/** An account at OpenRouter and a GitHub in one virtual time, for previews of one repository. */

import { type GitHub, openGitHub } from '../../sandbox/github/github.ts';
import { addRepository, addToken } from '../../sandbox/github/seed.ts';
import type { Repository, Token } from '../../sandbox/github/state.ts';
import type { InProcessFault, Network } from '../../sandbox/http/in-process.ts';
import { isExpired, type Key } from '../../sandbox/openrouter/resources/keys.ts';
import type { Workspace } from '../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import type { Subject } from '../../src/actions/preview/subject.ts';
import { openSimulation, pseudoRandom, type Simulation } from './simulation.ts';

export const GITHUB_URL = 'https://github.test/api/v3';

export interface WorldOptions {
  takenSlugStatus: 400 | 409 | 500;
  /** How far OpenRouter's time of day is ahead, in milliseconds. */
  skew: number;
  /** How old the answers of GitHub are, in milliseconds, in turn. */
  lags: readonly number[];
  /** What has the slug of the first pull request; the description of that workspace. */
  squatter: string | undefined;
}

/** A key, and whose job sent the request for it. */
export interface KeyRecord {
  key: Key;
  job: string;
  createdAt: number;
}

/** All that ever was, by the books of both servers. */
export interface Ledger {
  workspaces: Map<string, Workspace>;
  keys: KeyRecord[];
  /** The job that sent each body of a `POST /keys`: each has another expiry. */
  jobs: Map<string, string>;
  /** When each subject was opened and closed, the oldest first. */
  standings: Map<string, { at: number; isOpen: boolean }[]>;
}

export interface World {
  simulation: Simulation;
  github: GitHub;
  repository: Repository;
  fork: Repository;
  token: Token;
  gitHubNetwork: Network;
  ledger: Ledger;
  /** How old the answers of GitHub are, in milliseconds, in turn; empty for not at all. */
  lags: number[];
  /** How long a key goes on spending that was disabled or deleted, in milliseconds. */
  revocationDelay: number;
  /** When keys were, by their hashes. */
  endedAt: Map<string, number>;
  /** The workspaces, with their keys, that belong to others. */
  foreign: { workspace: Workspace; keys: Key[] }[];
}

/** Workspaces that look like previews of octo-org/shop. `ID` is the id of that repository. */
const LOOKALIKES: readonly [slug: string, description: string | null][] = [
  ['preview-shop-11', 'Preview of https://github.com/octo-org/shop/pull/1 (repository 999)'],
  ['preview-shop-12', 'Preview of https://github.com/octo-org/shop2/pull/1'],
  ['preview-shop-13', 'Preview of https://github.com/acme/shop/pull/2 (repository 998)'],
  ['preview-shop-14', 'Preview of https://github.example/octo-org/shop/pull/1 (repository ID)'],
  ['preview-shop-15', 'By hand. Preview of https://github.com/octo-org/shop/pull/1'],
  ['preview-shop-16', 'Preview of https://github.com/octo-org/shop/pull/1 (repository ID), for me'],
  ['preview-shop-17', 'Preview of https://github.com/octo-org/shop/issues/1 (repository ID)'],
  ['preview-shop', null],
];

/** An account without previews of octo-org/shop, and that repository without pull requests. */
export function openWorld({ takenSlugStatus, skew, lags, squatter }: WorldOptions): World {
  const simulation = openSimulation({ takenSlugStatus, skew, schedule: [], latency: 1 });
  const { timeOfDay, clock } = simulation;
  const github = openGitHub({ now: () => new Date(timeOfDay()), random: pseudoRandom() });
  const repository = addRepository(github, { name: 'octo-org/shop' });
  const fork = addRepository(github, { name: 'mallory/shop', isFork: true });
  const permissions = { contents: 'read', 'pull-requests': 'write' } as const;
  const schedule: InProcessFault[] = [];
  const world: World = {
    simulation,
    github,
    repository,
    fork,
    token: addToken(github, { permissions }),
    gitHubNetwork: { api: github, clock, schedule, calls: [], latency: 1 },
    ledger: { workspaces: new Map(), keys: [], jobs: new Map(), standings: new Map() },
    lags: [...lags],
    revocationDelay: 0,
    endedAt: new Map(),
    foreign: [],
  };
  seedForeign(world, squatter);
  lagBehind(world);
  keepBooks(world);
  return world;
}

function seedForeign({ simulation, repository, foreign }: World, squatter: string | undefined) {
  const all = squatter === undefined ? LOOKALIKES : [...LOOKALIKES, [SQUATTED, squatter] as const];
  for (const [slug, mark] of all) {
    const description = mark?.replaceAll('ID', String(repository.id));
    const workspace = seedWorkspace(simulation, { slug, description, keys: 1 });
    const keys = simulation.account.keys.filter((key) => key.workspace_id === workspace.id);
    foreign.push(structuredClone({ workspace, keys }));
  }
  const [workspace] = simulation.account.workspaces as [Workspace];
  const key = seedKey(simulation, workspace);
  foreign.push(structuredClone({ workspace, keys: [key] }));
}

const SQUATTED = 'preview-shop-1';

/** Has each answer of GitHub show the state of some time ago. */
function lagBehind({ github, lags }: World): void {
  const { handle } = github;
  let count = 0;
  github.handle = (request) => {
    const lag = lags[count % lags.length] ?? 0;
    count += 1;
    github.lag = { branches: lag, pulls: lag, comments: lag };
    return handle(request);
  };
}

/** Records what is created, also by a request that arrives late. */
function keepBooks(world: World): void {
  const { account, clock } = world.simulation;
  const { ledger } = world;
  const { handle } = account;
  account.handle = (request) => {
    const response = handle(request);
    const call = account.callOf(request.method, request.path);
    const { data } = (response.body ?? {}) as { data?: unknown };
    noteEnd(world, call, request.path);
    if (response.status !== 201) return response;
    if (call === 'POST /workspaces') {
      const workspace = data as Workspace;
      ledger.workspaces.set(workspace.id, workspace);
    }
    if (call === 'POST /keys') {
      const job = ledger.jobs.get(request.body) ?? '';
      const created = account.keys.find(({ hash }) => hash === (data as Key).hash) as Key;
      ledger.keys.push({ key: created, job, createdAt: clock.now() });
    }
    return response;
  };
}

/** Notes when a key that was given out was disabled or deleted. */
function noteEnd(world: World, call: string, path: string): void {
  const { simulation, endedAt } = world;
  const hash = path.split('/').at(-1) ?? '';
  if (!call.endsWith(' /keys/:hash') || endedAt.has(hash) || works(world, { hash })) return;
  endedAt.set(hash, simulation.clock.now());
}

/** A subject as a key of a map. */
export function nameOf(subject: Subject): string {
  return subject.kind === 'pull' ? `#${subject.number}` : subject.name;
}

/** Records that `subject` is open, or not, from now on. */
export function recordStanding(
  { simulation: { clock }, ledger: { standings } }: World,
  subject: Subject,
  isOpen: boolean,
): void {
  const name = nameOf(subject);
  standings.set(name, [...(standings.get(name) ?? []), { at: clock.now(), isOpen }]);
}

export function markOf(subject: Subject, { repository }: Pick<World, 'repository'>): string {
  const path = subject.kind === 'pull' ? `pull/${subject.number}` : `tree/${subject.name}`;
  return `Preview of https://github.com/${repository.name}/${path} (repository ${repository.id})`;
}

/** Whether a workspace is a preview of `subject`, by its description. */
export function isPreviewOf(
  { description }: Workspace,
  subject: Subject,
  world: Pick<World, 'repository'>,
): boolean {
  return description === markOf(subject, world);
}

/** Whether a key can spend: it works, or OpenRouter does not refuse it yet. */
export function canSpend(world: World, key: Pick<Key, 'hash'>): boolean {
  const { simulation, endedAt, revocationDelay } = world;
  const end = endedAt.get(key.hash) ?? Number.NEGATIVE_INFINITY;
  return works(world, key) || simulation.clock.now() - end < revocationDelay;
}

/** Whether a key can be used: it exists, is not disabled, and has not expired. */
export function works({ simulation }: World, { hash }: Pick<Key, 'hash'>): boolean {
  const { keys, now } = simulation.account;
  return keys.some((key) => key.hash === hash && !key.disabled && !isExpired(key, now()));
}

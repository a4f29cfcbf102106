import {
  type InProcessFault,
  inProcessTransport,
  type Network,
} from '../../sandbox/openrouter/in-process.ts';
import { type OpenRouter, openAccount } from '../../sandbox/openrouter/openrouter.ts';
import type { Log } from '../../src/lib/log.ts';
import { type Client, openRouter } from '../../src/openrouter/client.ts';
import type { Workspace } from '../../src/openrouter/resources/workspaces.ts';
import type { Transport } from '../../src/openrouter/transport.ts';
import { cleanUp, type Remains } from '../../src/operations/create/cleanup.ts';
import { createWorkspace } from '../../src/operations/create/create.ts';
import type { CreateRequest, CreateResult } from '../../src/operations/create/request.ts';
import { type VirtualClock, virtualClock } from './virtual-clock.ts';

interface WorldOptions {
  takenSlugStatus: 400 | 409 | 500;
  /** How far the server's time of day is ahead of everybody else's, in milliseconds. */
  skew: number;
  schedule: InProcessFault[];
  latency: number;
  /** Where the jitter comes from: numbers from 0 to 1, used in turn. */
  jitter: number[];
}

/** An account, a network to it on which things go wrong, and time that passes as it is needed. */
export interface World {
  account: OpenRouter;
  managementKey: string;
  clock: VirtualClock;
  network: Network;
  /** What stands between a step and the account, where a test is to see or to bend what passes. */
  proxy?: (direct: Transport) => Transport;
}

const KEY = 'sk-or-v1-of-a-property-test';
const API_URL = 'https://openrouter.test/api/v1';
const EPOCH = Date.UTC(2026, 0, 1);

export function openWorld(options: WorldOptions): World {
  const clock = virtualClock();
  const account = openAccount({
    managementKey: KEY,
    takenSlugStatus: options.takenSlugStatus,
    now: () => new Date(EPOCH + options.skew + clock.now()),
  });
  const { schedule, latency } = options;
  return {
    account,
    managementKey: KEY,
    clock,
    network: { account, clock, schedule, latency, calls: [] },
  };
}

/** Lets `ms` milliseconds pass. */
export function pass({ clock }: World, ms: number): Promise<void> {
  return clock.run(new Promise<void>((resolve) => clock.after(ms, resolve)));
}

/** What a step has done that was run in a world. */
export interface Ran {
  result?: CreateResult;
  error?: unknown;
  /** The process was killed before it came to an end. */
  killed: boolean;
  known?: { workspace: Workspace; created: boolean };
  remains?: Remains;
  log: string[];
  /** How long it took, in milliseconds. */
  elapsed: number;
}

export interface Life {
  timeout: number;
  /** When the process is killed without a word, in milliseconds from its start. */
  killedAfter?: number;
  jitter: number[];
  /** Whether the clean-up after a create deletes the API keys in the workspace, too. */
  deleteKeys?: boolean;
}

/** What a process does only as long as it is not killed, which `ran` says. */
export function mortalIn(ran: { killed: boolean }) {
  return <Args extends unknown[]>(act: (...args: Args) => void) =>
    (...args: Args) => {
      if (!ran.killed) act(...args);
    };
}

/** Lets time pass until `work` is over or the process is killed, and notes in `ran` how it ended. */
export async function live<Result>(
  { clock }: World,
  ran: { result?: Result; error?: unknown; killed: boolean; elapsed: number },
  { work, killedAfter }: { work: Promise<Result>; killedAfter: number | undefined },
): Promise<void> {
  const mortal = mortalIn(ran);
  const start = clock.now();
  const end = work.then(
    mortal((result) => {
      ran.result = result;
    }),
    mortal((error) => {
      ran.error = error;
    }),
  );
  const death = new Promise<void>((resolve) => {
    if (killedAfter === undefined) return;
    clock.after(killedAfter, () => {
      ran.killed = ran.result === undefined && ran.error === undefined;
      resolve();
    });
  });
  await clock.run(Promise.race([end, death]));
  ran.elapsed = clock.now() - start;
}

/** A log whose lines of each kind are pushed to `lines`. */
export function logTo(lines: string[]): Log {
  return {
    info: (line) => lines.push(line),
    debug: (line) => lines.push(line),
    warning: (title, more) => lines.push(title, ...more),
  };
}

/** Runs a create step. What it does after it is killed does not happen. */
export async function runCreate(world: World, request: CreateRequest, life: Life): Promise<Ran> {
  const ran: Ran = { killed: false, log: [], elapsed: 0 };
  const { clock } = world;
  const { deleteKeys = false } = life;
  const mortal = mortalIn(ran);
  const log = logTo(ran.log);
  const { client } = connect(world, life, { log, isDead: () => ran.killed });
  const work = createWorkspace(request, {
    client,
    clock,
    log,
    events: {
      intended: mortal((intended) => {
        ran.remains = { intended, deleteKeys };
      }),
      withdrawn: mortal(() => {
        delete ran.remains;
      }),
      known: mortal((workspace, created) => {
        ran.known = { workspace, created };
        if (created && request.deleteAfterJob) ran.remains = { made: workspace, deleteKeys };
      }),
    },
  });
  await live(world, ran, { work, killedAfter: life.killedAfter });
  return ran;
}

/** Runs the post step of `ran`, from what its state holds. Returns the error that it warns of. */
export async function runPost(
  world: World,
  ran: Pick<Ran, 'remains'>,
  life: Life,
  log: Log = SILENT,
): Promise<unknown> {
  if (!ran.remains) return undefined;
  const { client, signal } = connect(world, life, { log });
  const { clock } = world;
  const work = cleanUp(ran.remains, { client, clock, log, signal });
  return clock.run(
    work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );
}

type Connected = { client: Client; signal: AbortSignal };

export const SILENT: Log = {
  info: () => undefined,
  debug: () => undefined,
  warning: () => undefined,
};

/** A client in `world`; what it sends once it is dead does not arrive. */
export function connect(
  { clock, network, proxy = (direct) => direct }: World,
  { timeout, jitter }: Life,
  { log = SILENT, isDead = () => false }: { log?: Log; isDead?(): boolean } = {},
): Connected {
  const step = new AbortController();
  clock.after(timeout, () => step.abort(new Error('the timeout for this step is over')));
  const transport = proxy(inProcessTransport(network, API_URL));
  let draws = 0;
  const client = openRouter({
    apiUrl: API_URL,
    managementKey: KEY,
    transport: (request, signal) =>
      isDead() ? new Promise(() => undefined) : transport(request, signal),
    clock,
    random() {
      draws += 1;
      return jitter[draws % jitter.length] ?? 0.5;
    },
    deadline: clock.now() + timeout,
    signal: step.signal,
    log,
  });
  return { client, signal: step.signal };
}

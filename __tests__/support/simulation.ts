import {
  type InProcessFault,
  inProcessTransport,
  type Network,
} from '../../sandbox/openrouter/in-process.ts';
import { type OpenRouter, openAccount } from '../../sandbox/openrouter/openrouter.ts';
import type { Log } from '../../src/lib/log.ts';
import { createClient } from '../../src/openrouter/client.ts';
import type { Workspace } from '../../src/openrouter/resources/workspaces.ts';
import type { Transport } from '../../src/openrouter/transport.ts';
import { type CreateCleanupTask, runCreateCleanup } from '../../src/operations/create/cleanup.ts';
import { createWorkspace } from '../../src/operations/create/create.ts';
import type {
  CreateContext,
  CreateRequest,
  CreateResult,
} from '../../src/operations/create/request.ts';
import type { AbortableContext, Context } from '../../src/operations/shared/context.ts';
import { describeWarning } from '../../src/report/describe-warning.ts';
import { noJournal } from '../../src/runtime/cleanup-journal.ts';
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
export interface Simulation {
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

export function openSimulation(options: WorldOptions): Simulation {
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
export function pass({ clock }: Simulation, ms: number): Promise<void> {
  return clock.run(new Promise<void>((resolve) => clock.after(ms, resolve)));
}

/** What a step has done that was run in a world. */
export interface Ran {
  result?: CreateResult;
  error?: unknown;
  /** The process was killed before it came to an end. */
  killed: boolean;
  known?: { workspace: Workspace; created: boolean };
  /** What the journal holds for the post step. */
  task?: CreateCleanupTask;
  log: string[];
  /** How long it took, in milliseconds. */
  elapsed: number;
}

export interface Life {
  timeout: number;
  /** When the process is killed without a word, in milliseconds from its start. */
  killedAfter?: number;
  /** When the run is cancelled, in milliseconds from the start of the step. */
  cancelledAfter?: number;
  jitter: number[];
}

/** What a process does only as long as it is not killed, which `ran` says. */
export function whileAlive(ran: { killed: boolean }) {
  return <Args extends unknown[]>(act: (...args: Args) => void) =>
    (...args: Args) => {
      if (!ran.killed) act(...args);
    };
}

/** Lets time pass until `work` is over or the process is killed, and notes in `ran` how it ended. */
export async function live<Result>(
  { clock }: Simulation,
  ran: { result?: Result; error?: unknown; killed: boolean; elapsed: number },
  { work, killedAfter }: { work: Promise<Result>; killedAfter: number | undefined },
): Promise<void> {
  const alive = whileAlive(ran);
  const start = clock.now();
  const end = work.then(
    alive((result) => {
      ran.result = result;
    }),
    alive((error) => {
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
  };
}

/** Pushes what a warning says to `lines`. */
export function warnTo(lines: string[]): Context['warn'] {
  return (code, details) => {
    const { title, lines: more } = describeWarning(code, details);
    lines.push(title, ...more);
  };
}

/** Runs a create step. What it does after it is killed does not happen. */
export async function runCreate(
  simulation: Simulation,
  request: CreateRequest,
  life: Life,
): Promise<Ran> {
  const ran: Ran = { killed: false, log: [], elapsed: 0 };
  const alive = whileAlive(ran);
  const context = connect(simulation, life, { lines: ran.log, isDead: () => ran.killed });
  const save = alive((task: CreateCleanupTask) => {
    ran.task = structuredClone(task);
  });
  const journal: CreateContext['journal'] = {
    save,
    amend: save,
    clear: alive(() => {
      delete ran.task;
    }),
  };
  const work = createWorkspace(request, {
    ...context,
    journal: request.deleteAfterJob ? journal : noJournal,
    onWorkspace: alive((workspace: Workspace, { created }: { created: boolean }) => {
      ran.known = { workspace, created };
    }),
  });
  await live(simulation, ran, { work, killedAfter: life.killedAfter });
  return ran;
}

/** Runs the post step of `ran`, from what its state holds. Returns the error that it warns of. */
export async function runPost(
  simulation: Simulation,
  ran: Pick<Ran, 'task'>,
  life: Life,
  lines: string[] = [],
): Promise<unknown> {
  if (!ran.task) return undefined;
  const work = runCreateCleanup(ran.task, connect(simulation, life, { lines }));
  return simulation.clock.run(
    work.then(
      (incomplete) => incomplete?.error,
      (error: unknown) => error,
    ),
  );
}

/** What an operation works with in `simulation`; what it sends once it is dead does not arrive. */
export function connect(
  { clock, network, proxy = (direct) => direct }: Simulation,
  { timeout, jitter, cancelledAfter }: Life,
  { lines = [], isDead = () => false }: { lines?: string[]; isDead?(): boolean } = {},
): AbortableContext {
  const step = new AbortController();
  clock.after(timeout, () => step.abort(new Error('the timeout for this step is over')));
  if (cancelledAfter !== undefined) {
    clock.after(cancelledAfter, () => step.abort(new Error('the run was cancelled (SIGTERM)')));
  }
  const transport = proxy(inProcessTransport(network, API_URL));
  const log = logTo(lines);
  let draws = 0;
  const client = createClient({
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
  return { client, clock, log, warn: warnTo(lines), signal: step.signal };
}

import * as z from 'zod/mini';
import {
  type InProcessFault,
  inProcessTransport,
  type Network,
} from '../../sandbox/http/in-process.ts';
import { type OpenRouter, openAccount } from '../../sandbox/openrouter/openrouter.ts';
import { AT_ONCE } from '../../sandbox/openrouter/resources/usage.ts';
import { type VirtualClock, virtualClock } from '../../sandbox/virtual-clock.ts';
import { createWorkspace } from '../../src/actions/create/create-workspace.ts';
import { runCreateTask } from '../../src/actions/create/post.ts';
import {
  type CreateRequest,
  type CreateResult,
  type CreateTask,
  createTask,
  type WorkspaceCreator,
} from '../../src/actions/create/request.ts';
import type { ClientOptions } from '../../src/http/client.ts';
import { type EffectRecord, recordEffect } from '../../src/http/effect.ts';
import type { HttpResponse, Transport } from '../../src/http/transport.ts';
import { Cancellation } from '../../src/lib/cancellation.ts';
import { toJson } from '../../src/lib/json.ts';
import type { Log } from '../../src/lib/log.ts';
import { CounterMemory } from '../../src/openrouter/counters.ts';
import type { Workspace } from '../../src/openrouter/resources/workspaces.ts';
import { openRouter } from '../../src/openrouter/server.ts';
import { describeWarning } from '../../src/report/describe-error.ts';
import { Timeout } from '../../src/runtime/timeout.ts';
import type { Context, SaveTask } from '../../src/shared/context.ts';
import { openClient } from './client.ts';

export interface SimulationOptions {
  takenSlugStatus: 400 | 409 | 500;
  /** How far the server's time of day is ahead of the runner's, in milliseconds. */
  skew: number;
  /** The runner's time of day at 0 ms, in milliseconds since 1970; that of 2026-01-01 by default. */
  start?: number;
  schedule: InProcessFault[];
  latency: number;
}

/** An account, a network to it on which things go wrong, and a clock whose time passes at once. */
export interface Simulation {
  account: OpenRouter;
  managementKey: string;
  clock: VirtualClock;
  network: Network;
  /** The runner's time of day, in milliseconds since 1970. */
  timeOfDay(): number;
  /** What requests and responses pass through between a step and the account. */
  proxy(direct: Transport): Transport;
}

const KEY = 'sk-or-v1-of-a-property-test';
export const API_URL = 'https://openrouter.test/api/v1';
const EPOCH = Date.UTC(2026, 0, 1);

/** Bytes that differ from call to call, and are the same in each run of a scenario. */
export function pseudoRandom(): (size: number) => Buffer {
  let state = 1;
  const next = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state;
  };
  return (size) => Buffer.from(Array.from({ length: size }, next));
}

/**
 * A simulation at 0 ms, whose account has the default workspace only, and shows at once what was spent unless a
 * test makes it late.
 */
export function openSimulation(options: SimulationOptions): Simulation {
  const { takenSlugStatus, skew, start = EPOCH, schedule, latency } = options;
  const clock = virtualClock();
  const timeOfDay = () => start + clock.now();
  const account = openAccount({
    ...AT_ONCE,
    managementKey: KEY,
    takenSlugStatus,
    now: () => new Date(timeOfDay() + skew),
    random: pseudoRandom(),
  });
  return {
    account,
    managementKey: KEY,
    clock,
    network: { api: account, clock, schedule, latency, calls: [] },
    timeOfDay,
    proxy: (direct) => direct,
  };
}

/** Lets `ms` milliseconds pass. */
export function pass({ clock }: Simulation, ms: number): Promise<void> {
  return clock.run(new Promise<void>((resolve) => clock.after(ms, resolve)));
}

/** Has each response arrive as `change` makes it. */
export function onResponse(
  simulation: Simulation,
  change: (
    response: HttpResponse,
    exchange: { method: string; signal: AbortSignal },
  ) => HttpResponse | Promise<HttpResponse>,
): void {
  const { proxy } = simulation;
  simulation.proxy = (direct) => {
    const next = proxy(direct);
    return async (request, signal) =>
      change(await next(request, signal), { method: request.method, signal });
  };
}

export interface StepConditions {
  timeout: number;
  /** When its process is killed without a signal that it could handle, in milliseconds from its start. */
  killedAfter?: number | undefined;
  /** When the run is cancelled, in milliseconds from the start of the step. */
  cancelledAfter?: number | undefined;
  /** What the random part of each wait is, from 0 to 1, used in turn. */
  jitter: number[];
}

export interface ProcessRun<Result> {
  result?: Result;
  error?: unknown;
  killed: boolean;
  /** How long it ran, in milliseconds. */
  elapsed: number;
}

/** What a create step did that was run in a simulation. */
export interface StepRun extends ProcessRun<CreateResult> {
  known?: { workspace: Workspace; created: boolean };
  /** What the journal holds for the post step. */
  task?: CreateTask;
  log: string[];
  effect: EffectRecord;
}

/** Makes of a function one that does nothing once the process of `run` is killed. */
export function whileAlive(run: { killed: boolean }) {
  return <Args extends unknown[]>(act: (...args: Args) => void) =>
    (...args: Args) => {
      if (!run.killed) act(...args);
    };
}

/** Lets time pass until `work` ends or its process is killed, and records in `run` which. */
export async function runToEnd<Result>(
  { clock }: Simulation,
  run: ProcessRun<Result>,
  { work, killedAfter }: { work: Promise<Result>; killedAfter: number | undefined },
): Promise<void> {
  const alive = whileAlive(run);
  const start = clock.now();
  const end = work.then(
    alive((result) => {
      run.result = result;
    }),
    alive((error) => {
      run.error = error;
    }),
  );
  const kill = new Promise<void>((resolve) => {
    if (killedAfter === undefined) return;
    clock.after(killedAfter, () => {
      run.killed = run.result === undefined && run.error === undefined;
      resolve();
    });
  });
  await clock.run(Promise.race([end, kill]));
  run.elapsed = clock.now() - start;
}

/** Lets time pass until `work` ends; returns how it ended. */
export async function outcomeOf<Result>(
  simulation: Simulation,
  work: Promise<Result>,
): Promise<ProcessRun<Result>> {
  const run = { killed: false, elapsed: 0 };
  await runToEnd(simulation, run, { work, killedAfter: undefined });
  return run;
}

/** Has `faults` happen from now on; returns a function for those that have happened. */
export function scheduleFaults(
  { network }: Simulation,
  faults: readonly InProcessFault[],
): () => InProcessFault[] {
  network.schedule.push(...faults);
  return () => faults.filter((fault) => !network.schedule.includes(fault));
}

function logTo(lines: string[]): Log {
  return {
    info: (line) => lines.push(line),
    request: (line) => lines.push(line),
    notice: (line) => lines.push(line),
  };
}

/** The lines of a log but those about single requests, with `<id>` for each id. */
export function storyOf(lines: readonly string[]): string[] {
  return lines
    .filter((line) => !/^[A-Z]+ \/.*, after \d+ ms$/.test(line))
    .map((line) => line.replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<id>'));
}

function warnTo(lines: string[]): Context['warn'] {
  return (kind, facts) => {
    const { title, lines: more } = describeWarning(kind, facts);
    lines.push(title, ...more);
  };
}

/** A create request without governance, dry run or post step. */
export const PLAIN_REQUEST = {
  governance: {},
  governanceInputs: [],
  ifExists: 'fail',
  dryRun: false,
  deleteAfterJob: false,
  deleteKeys: false,
} as const;

/** Runs a create step. What it does after its process is killed does not happen. */
export async function runCreate(
  simulation: Simulation,
  request: CreateRequest,
  conditions: StepConditions,
): Promise<StepRun> {
  const run: StepRun = { killed: false, log: [], elapsed: 0, effect: recordEffect() };
  const context: WorkspaceCreator = {
    ...connect(simulation, conditions, {
      lines: run.log,
      isDead: () => run.killed,
      effect: run.effect,
    }),
    saveTask: request.deleteAfterJob
      ? saveIn(run, { process: run, schema: CREATE_TASK })
      : () => undefined,
    onWorkspace: whileAlive(run)((workspace: Workspace, { created }: { created: boolean }) => {
      run.known = { workspace, created };
    }),
  };
  const work = createWorkspace(request, context);
  await runToEnd(simulation, run, { work, killedAfter: conditions.killedAfter });
  return run;
}

/** A task as the post step reads what the main step has saved. */
export function savedAndRead<Task>(schema: z.ZodMiniType<Task>, task: Task): Task {
  return z.parse(schema, JSON.parse(toJson(task)));
}

const CREATE_TASK = createTask();

/** Keeps in `holder` what `process` saves while it lives. */
export function saveIn<Task>(
  holder: { task?: Task },
  { process, schema }: { process: { killed: boolean }; schema: z.ZodMiniType<Task> },
): SaveTask<Task> {
  return whileAlive(process)((task: Task | null) => {
    if (task === null) delete holder.task;
    else holder.task = savedAndRead(schema, task);
  });
}

/** Runs the post step of a create step, from what its journal holds. Returns the error of its warning. */
export async function runPost(
  simulation: Simulation,
  { task }: Pick<StepRun, 'task'>,
  conditions: StepConditions,
  lines: string[] = [],
): Promise<unknown> {
  if (!task) return undefined;
  const context = connect(simulation, conditions, { lines });
  const work = runCreateTask(task, { ...context, onDeleted: () => undefined });
  const { result, error } = await outcomeOf(simulation, work);
  return error ?? result?.error;
}

/** What an operation works with in `simulation`. Once its process is dead, what it sends is lost. */
export function connect(
  { clock, network, timeOfDay, proxy }: Simulation,
  { timeout, jitter, cancelledAfter }: StepConditions,
  {
    lines = [],
    isDead = () => false,
    effect = recordEffect(),
  }: { lines?: string[]; isDead?(): boolean; effect?: EffectRecord } = {},
): Context & Pick<ClientOptions, 'deadline'> {
  const step = new AbortController();
  const stepTimeout = new Timeout(clock, step);
  stepTimeout.start(timeout);
  const { deadline, rest } = stepTimeout;
  if (cancelledAfter !== undefined) {
    clock.after(cancelledAfter, () => step.abort(new Cancellation('SIGTERM')));
  }
  const transport = proxy(inProcessTransport(network, API_URL));
  const log = logTo(lines);
  let draws = 0;
  const client = openClient({
    server: openRouter({ apiUrl: API_URL, managementKey: KEY }),
    transport: (request, signal) =>
      isDead() ? new Promise(() => undefined) : transport(request, signal),
    clock,
    random() {
      draws += 1;
      return jitter[draws % jitter.length] ?? 0.5;
    },
    deadline,
    signal: step.signal,
    log,
    effect,
  });
  const toLine = (text: string) => text;
  return {
    client,
    counters: new CounterMemory(),
    clock,
    deadline,
    timeOfDay,
    rest,
    log,
    toLine,
    warn: warnTo(lines),
    signal: step.signal,
  };
}

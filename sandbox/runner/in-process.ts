import { rm } from 'node:fs/promises';
import * as programs from '../../src/index.ts';
import { stateEnvironment } from './environment.ts';
import { enterVirtualTime, TIMEOUT } from './in-process-time.ts';
import { programOf } from './manifest.ts';
import {
  type ProcessOutput,
  prepareStep,
  type Stage,
  type StepOptions,
  type StepResult,
  toResult,
} from './runner.ts';

/**
 * Runs the `main` of an action to its end in this process, from its sources: in a tenth of the time that a
 * process of the bundle takes. Steps run one after another, because each has the environment and the
 * standard output of this process to itself.
 */
export function runStepInProcess(options: StepOptions): Promise<StepResult> {
  return enqueue('main', options);
}

/** Runs the `post` of an action after its `main` in this process. */
export function runPostInProcess(
  options: StepOptions,
  main: Pick<StepResult, 'state'>,
): Promise<StepResult> {
  return enqueue('post', {
    ...options,
    env: { ...options.env, ...stateEnvironment(main.state) },
  });
}

let last: Promise<unknown> = Promise.resolve();

function enqueue(stage: Stage, options: StepOptions): Promise<StepResult> {
  const result = last.then(() => run(stage, options));
  last = result.catch(() => undefined);
  return result;
}

async function run(stage: Stage, options: StepOptions): Promise<StepResult> {
  const { program, folder, env, read } = await prepareStep(stage, {
    ...options,
    with: { timeout: TIMEOUT, ...options.with },
  });
  try {
    const result = toResult(await call(findProgram(program), { ...options, env }), await read());
    // A post step ends the process of its main step. This one has other work.
    const state = Object.entries(result.state).filter(([name]) => name !== 'main-process');
    return { ...result, state: Object.fromEntries(state) };
  } finally {
    await rm(folder, { recursive: true });
  }
}

function findProgram(path: string): () => Promise<void> {
  const name = programOf(path);
  const [, program] = Object.entries(programs).find(([exported]) => exported === name) ?? [];
  if (!program) throw new Error(`src/index.ts does not export ${name}`);
  return program;
}

/** What belongs to the process, and has to be a step's own while it runs. */
const OWN = ['env', 'exit', 'stdout'] as const;

/** Calls `program` with an environment, an output and an exit of its own. */
async function call(
  program: () => Promise<void>,
  { env = {}, timeOfDay }: Pick<StepOptions, 'env' | 'timeOfDay'>,
): Promise<ProcessOutput> {
  let stdout = '';
  const write = (text: string, done?: () => void) => {
    stdout += text;
    done?.();
    return true;
  };
  const shared = OWN.map((name) => [name, Object.getOwnPropertyDescriptor(process, name)] as const);
  const removeListeners = rememberListeners();
  const restoreTime = enterVirtualTime();
  const { now } = Date;
  try {
    if (timeOfDay !== undefined) Date.now = () => timeOfDay;
    const exitCode = await new Promise<number>((resolve, reject) => {
      replace('env', env);
      replace('stdout', { write, on: () => undefined });
      replace('exit', () => resolve(Number(process.exitCode ?? 0)));
      // A post step without a task ends without an exit.
      program().then(() => resolve(0), reject);
    });
    return { exitCode, stdout, stderr: '', lines: stdout.split(/\r\n|\n|\r/).slice(0, -1) };
  } finally {
    Date.now = now;
    for (const [name, value] of shared) Object.defineProperty(process, name, value ?? {});
    process.exitCode = undefined;
    restoreTime();
    removeListeners();
  }
}

function replace(name: (typeof OWN)[number], value: unknown): void {
  Object.defineProperty(process, name, { configurable: true, enumerable: true, value });
}

/** Returns a function that removes the listeners that are added to this process from now on. */
function rememberListeners(): () => void {
  const events = process as NodeJS.EventEmitter;
  const all = () =>
    events
      .eventNames()
      .flatMap((name) => events.listeners(name).map((listener) => ({ name, listener })));
  const before = new Set(all().map(({ listener }) => listener));
  return () => {
    for (const { name, listener } of all()) {
      if (!before.has(listener)) events.off(name, listener as () => void);
    }
  };
}

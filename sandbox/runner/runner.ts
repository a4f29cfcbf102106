import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import type { Command } from './commands.ts';
import {
  githubEnvironment,
  type InputOptions,
  inputEnvironment,
  stateEnvironment,
} from './environment.ts';
import {
  createFiles,
  type FileContents,
  readFiles,
  removeFiles,
  writeEvent,
} from './environment-files.ts';
import { type Annotation, readLog } from './log.ts';
import { readManifest } from './manifest.ts';

export { parseCommand } from './commands.ts';
export type { Annotation } from './log.ts';
export { readManifest } from './manifest.ts';

export interface StepOptions extends InputOptions {
  /** The folder of the `action.yml`. */
  action: string;
  /** In addition to the variables that a runner sets itself. */
  env?: Record<string, string>;
  /** The event of the run: the JSON in the file of `GITHUB_EVENT_PATH`. There is none by default. */
  event?: Record<string, unknown>;
  /** The runner's time of day in milliseconds since 1970, which then stands still. */
  timeOfDay?: number;
  /** Kills the process of the step when it aborts. */
  signal?: AbortSignal;
}

/** A step that has ended. */
export interface StepResult {
  /** Null if the process was killed. Also 1 if the runner fails the step for an invalid file. */
  exitCode: number | null;
  /** The log as the runner shows it: masked, without the commands and without debug lines. */
  log: string;
  /** Everything that the process wrote, unchanged. */
  stdout: string;
  stderr: string;
  commands: Command[];
  annotations: Annotation[];
  masks: string[];
  outputs: Record<string, string>;
  state: Record<string, string>;
  summary: string;
}

interface RunningStep {
  kill(signal: NodeJS.Signals): void;
  /**
   * Treats the step as ended, as a runner does after a cancellation in a `container:` job, which
   * does not reach the process: reads what it has saved for its post step, and removes its files.
   */
  abandon(): Promise<Pick<StepResult, 'state'>>;
  /** Stops reading stdout immediately: the pipe is broken from then on. */
  closeLog(): void;
  result: Promise<StepResult>;
}

/** Runs the `main` of an action to its end, as GitHub's runner does. */
export async function runStep(options: StepOptions): Promise<StepResult> {
  return (await startStep(options)).result;
}

/** Runs the `post` of an action after its `main`, however that ended. */
export async function runPost(
  options: StepOptions,
  main: Pick<StepResult, 'state'>,
): Promise<StepResult> {
  return (await startPost(options, main)).result;
}

/** Starts the `post` of an action, as `startStep` does its `main`. */
export function startPost(
  options: StepOptions,
  main: Pick<StepResult, 'state'>,
): Promise<RunningStep> {
  return start('post', { ...options, env: { ...options.env, ...stateEnvironment(main.state) } });
}

/**
 * Starts the `main` of an action as GitHub's runner does. The process is killed after
 * `STEP_TIMEOUT_MS`.
 * @throws {Error} when this is not the Node.js that the action requires, which would prove nothing.
 */
export function startStep(options: StepOptions): Promise<RunningStep> {
  return start('main', options);
}

/** A step that hangs fails, and does not block the process that runs it. No step takes this long by itself. */
const STEP_TIMEOUT_MS = 300_000;

/** A name as it can occur on Windows: a space, and a backslash, which is no separator elsewhere. */
const FOLDER = process.platform === 'win32' ? 'a step-' : 'a\\b step-';

/** A step that is ready to run. */
interface PreparedStep {
  /** The program, as the `action.yml` names it: `../dist/key.js`. */
  program: string;
  using: string;
  folder: string;
  env: Record<string, string>;
  /** Reads the files of the step. */
  read(): Promise<FileContents>;
}

export type Stage = 'main' | 'post';

/** Prepares a step as GitHub's runner does: its folder, its files and its environment. */
export async function prepareStep(stage: Stage, options: StepOptions): Promise<PreparedStep> {
  const manifest = await readManifest(options.action);
  const program = manifest.runs[stage];
  if (!program) throw new Error(`${options.action} has no ${stage}`);
  const folder = await mkdtemp(join(tmpdir(), FOLDER));
  const env: Record<string, string> = {
    ...githubEnvironment(folder),
    ...(await createFiles(folder)),
    ...(options.event && (await writeEvent(folder, options.event))),
    ...inputEnvironment(manifest, options),
    ...options.env,
  };
  const read = () => readFiles(folder, env['RUNNER_OS'] ?? '');
  return { program, using: manifest.runs.using, folder, env, read };
}

async function start(stage: Stage, options: StepOptions): Promise<RunningStep> {
  const { program, using, folder, env, read } = await prepareStep(stage, options);
  const child = spawn(nodeFor(using), [resolve(options.action, program)], {
    cwd: folder,
    env: { ...env, ...clockEnvironment(options) },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: STEP_TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  const killNow = () => child.kill('SIGKILL');
  if (options.signal?.aborted) killNow();
  options.signal?.addEventListener('abort', killNow);
  return {
    kill: (signal) => child.kill(signal),
    async abandon() {
      const { state } = await read();
      await removeFiles(folder);
      return { state };
    },
    closeLog: () => child.stdout.destroy(),
    result: outputOf(child)
      .then(async (output) => toResult(output, await read()))
      .finally(() => rm(folder, { recursive: true })),
  };
}

/** Stops the time of day of a process. */
function clockEnvironment({ timeOfDay, env = {} }: StepOptions): Record<string, string> {
  if (timeOfDay === undefined) return {};
  const preload = `--import=data:text/javascript,Date.now=()=>${timeOfDay}`;
  return { NODE_OPTIONS: [env['NODE_OPTIONS'], preload].filter(Boolean).join(' ') };
}

/**
 * The Node.js that runs the programs of actions: the one that runs this, unless `ACTION_NODE` is
 * the path of another. Some runners have another version than the action requires.
 */
function nodeFor(using: string): string {
  if (using !== 'node24') throw new Error(`No test runs actions with ${using}`);
  return process.env['ACTION_NODE'] ?? process.execPath;
}

/** What a process has written, and how it ended. */
export interface ProcessOutput {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** The lines of both streams, in the order in which they were complete. */
  lines: readonly string[];
}

async function outputOf(
  child: ChildProcessByStdio<null, Readable, Readable>,
): Promise<ProcessOutput> {
  const lines: string[] = [];
  const [stdout, stderr, [exitCode]] = await Promise.all([
    readText(child.stdout, lines),
    readText(child.stderr, lines),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  return { exitCode, stdout, stderr, lines };
}

/** The result of a step, from what its process has written and from what its files then have. */
export function toResult(
  { exitCode, stdout, stderr, lines }: ProcessOutput,
  files: FileContents,
): StepResult {
  const log = readLog(lines);
  const errors = files.errors.map((error) => `Error: ${error}`);
  return {
    exitCode: exitCode === 0 && files.isInvalid ? 1 : exitCode,
    log: [...log.lines, ...errors].join('\n'),
    stdout,
    stderr,
    commands: log.commands,
    annotations: log.annotations,
    masks: log.masks,
    outputs: { ...log.outputs, ...files.outputs },
    state: { ...log.state, ...files.state },
    summary: files.summary,
  };
}

/**
 * Reads `stream` until either end closes it. Adds each line to `lines` as soon as it is complete,
 * and the last one in any case.
 */
async function readText(stream: Readable, lines: string[]): Promise<string> {
  let all = '';
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    all += chunk;
    // A carriage return at the end may be the first half of a line break.
    const parts = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  await once(stream, 'close');
  if (rest !== '') lines.push(rest.replace(/\r$/, ''));
  return all;
}

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Readable } from 'node:stream';
import { parse } from 'yaml';

/** The part of an `action.yml` that a runner acts on. */
export interface ActionManifest {
  description: string;
  inputs?: Record<string, { required?: boolean; default?: string; description: string }>;
  outputs?: Record<string, { description: string }>;
  runs: { using: string; main: string; post?: string };
}

export interface StepOptions {
  /** The folder of its `action.yml`. */
  action: string;
  /** As under `with:`. */
  with: Record<string, string>;
  /** Beside what a runner sets itself. */
  env?: Record<string, string>;
}

/** A command that the runner found in the log. */
interface Command {
  name: string;
  properties: Record<string, string>;
  data: string;
}

/** What a step has left behind. */
export interface StepResult {
  exitCode: number | null;
  /** The log as the runner shows it: commands carried out, masks applied, debug lines left out. */
  log: string;
  /** All that the process wrote, as it wrote it. */
  stdout: string;
  stderr: string;
  commands: Command[];
  masks: string[];
  outputs: Record<string, string>;
  state: Record<string, string>;
  summary: string;
}

interface RunningStep {
  kill(signal: NodeJS.Signals): void;
  /**
   * Takes it for ended, as a runner does after a cancellation in a `container:` job, which does not
   * reach the step: what it has saved for its post step by then is read, and its files are removed.
   */
  abandon(): Promise<Pick<StepResult, 'state'>>;
  /** Reads no more of what it prints, at once: its pipe is broken from then on. */
  closeLog(): void;
  result: Promise<StepResult>;
}

/**
 * The `action.yml` in the folder `action`, as it is: that it fits its type is not looked into.
 * @throws {Error} when there is none, or it is no YAML.
 */
export async function readManifest(action: string): Promise<ActionManifest> {
  return parse(await readFile(join(action, 'action.yml'), 'utf8'));
}

/** Runs the `main` of an action to its end, as GitHub's runner does. */
export async function runStep(options: StepOptions): Promise<StepResult> {
  return (await startStep(options)).result;
}

/** Runs the `post` of an action whose `main` has left the state of `main`, however it ended. */
export async function runPost(
  options: StepOptions,
  main: Pick<StepResult, 'state'>,
): Promise<StepResult> {
  const manifest = await readManifest(options.action);
  if (!manifest.runs.post) throw new Error(`${options.action} has no post`);
  const state = Object.entries(main.state).map(([name, value]) => [`STATE_${name}`, value]);
  const env = { ...options.env, ...Object.fromEntries(state) };
  return (await start(manifest.runs.post, manifest, { ...options, env })).result;
}

const FILES = {
  GITHUB_OUTPUT: 'output',
  GITHUB_STATE: 'state',
  GITHUB_STEP_SUMMARY: 'summary',
  GITHUB_ENV: 'env',
  GITHUB_PATH: 'path',
};

const PATIENCE_MS = 25_000;

/**
 * The Node.js that runs the programs of actions: the one that runs this, unless `ACTION_NODE` has
 * the path of another, as some runners have another than an action asks for.
 */
const { ACTION_NODE } = process.env;

/**
 * Starts the `main` of an action as GitHub's runner does. Its process is killed after
 * `PATIENCE_MS`, and has no exit code then.
 * @throws {Error} when this is not the Node.js that the action asks for, which would prove nothing.
 */
export async function startStep(options: StepOptions): Promise<RunningStep> {
  const manifest = await readManifest(options.action);
  return start(manifest.runs.main, manifest, options);
}

async function start(
  program: string,
  manifest: ActionManifest,
  options: StepOptions,
): Promise<RunningStep> {
  const isNode24 = ACTION_NODE !== undefined || process.version.startsWith('v24.');
  if (manifest.runs.using !== 'node24' || !isNode24) {
    throw new Error(`${manifest.runs.using} asked for, and this is Node ${process.version}`);
  }
  const folder = await mkdtemp(join(tmpdir(), 'step-'));
  const files = Object.fromEntries(
    Object.entries(FILES).map(([variable, name]) => [variable, join(folder, name)]),
  );
  await Promise.all(Object.values(files).map((path) => writeFile(path, '')));

  const child = spawn(ACTION_NODE ?? process.execPath, [resolve(options.action, program)], {
    cwd: folder,
    env: { ...githubEnvironment(folder), ...files, ...inputs(manifest, options), ...options.env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // What hangs must fail, and not hang whoever runs it.
    timeout: PATIENCE_MS,
    killSignal: 'SIGKILL',
  });
  const read = (variable: keyof typeof FILES) => readIfThere(files[variable] as string);
  const savedState = async () => ({ state: parseKeyValues(await read('GITHUB_STATE')) });
  const abandon = async () => {
    const saved = await savedState();
    await Promise.all(Object.values(files).map((path) => rm(path)));
    return saved;
  };
  const finish = async (): Promise<StepResult> => {
    const [stdout, stderr, [exitCode]] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      once(child, 'close') as Promise<[number | null]>,
    ]);
    const result = {
      exitCode,
      ...readLog(stdout, stderr),
      outputs: parseKeyValues(await read('GITHUB_OUTPUT')),
      ...(await savedState()),
      summary: await read('GITHUB_STEP_SUMMARY'),
    };
    await rm(folder, { recursive: true });
    return result;
  };
  return {
    kill: (signal) => child.kill(signal),
    abandon,
    closeLog: () => child.stdout.destroy(),
    result: finish(),
  };
}

/** A runner does not mind that a file is missing. */
async function readIfThere(path: string): Promise<string> {
  return existsSync(path) ? readFile(path, 'utf8') : '';
}

/** What comes out of `stream` until it is closed, from whichever end. */
async function textOf(stream: Readable): Promise<string> {
  let all = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    all += chunk;
  });
  await once(stream, 'close');
  return all;
}

/** Only what a runner would set: nothing of this process gets in but where its programs are. */
function githubEnvironment(folder: string): Record<string, string> {
  return {
    PATH: process.env['PATH'] ?? '',
    CI: 'true',
    GITHUB_ACTIONS: 'true',
    GITHUB_ACTION: '__self',
    GITHUB_ACTOR: 'octocat',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_JOB: 'preview',
    GITHUB_REPOSITORY: 'octo-org/app',
    GITHUB_RUN_ATTEMPT: '1',
    GITHUB_RUN_ID: '17000000001',
    GITHUB_RUN_NUMBER: '42',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_WORKFLOW: 'Preview',
    GITHUB_WORKSPACE: folder,
    RUNNER_OS: 'Linux',
    RUNNER_TEMP: folder,
  };
}

/** `INPUT_*`: blanks become underscores, hyphens stay; `required` is not enforced. */
function inputs(manifest: ActionManifest, options: StepOptions): Record<string, string> {
  const defaults = Object.entries(manifest.inputs ?? {}).map(
    ([name, input]) => [name, input.default ?? ''] as const,
  );
  const given = Object.entries(options.with);
  return Object.fromEntries(
    [...defaults, ...given].map(([name, value]) => [
      `INPUT_${name.replaceAll(' ', '_').toUpperCase()}`,
      value,
    ]),
  );
}

const SHOWN = ['error', 'warning', 'notice'];

function readLog(stdout: string, stderr: string) {
  const entries = [stdout, stderr]
    .flatMap((stream) => stream.split(/\r\n|\r|\n/).slice(0, -1))
    .map((line) => ({ line, command: parseCommand(line) }));
  const commands = entries.flatMap(({ command }) => command ?? []);
  const masks = commands.filter(({ name }) => name === 'add-mask').map(({ data }) => data);
  const log = entries
    .flatMap(({ line, command }) => {
      if (!command) return [line];
      return SHOWN.includes(command.name) ? [`${titled(command.name)}: ${command.data}`] : [];
    })
    .join('\n');
  const masked = masks.reduce((shown, mask) => shown.replaceAll(mask, '***'), log);
  return { stdout, stderr, commands, masks, log: masked };
}

function titled(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/**
 * The command in a line of the log, as the runner finds it: `::name key=value::data` where the
 * line begins, blanks aside, and the older `##[name key=value]data` anywhere in it.
 */
export function parseCommand(line: string): Command | undefined {
  const match =
    /^::(?<name>[^\s:]+)(?<properties> .*?)?::(?<data>.*)$/s.exec(line.trimStart()) ??
    /##\[(?<name>[^\s\]]+)(?<properties> [^\]]*)?\](?<data>.*)$/s.exec(line);
  const { name, properties = '', data = '' } = match?.groups ?? {};
  if (name === undefined) return undefined;
  const pairs = properties
    .split(/[,;]/)
    .map((pair) => pair.trim().split('='))
    .filter(([key]) => key);
  return {
    name,
    properties: Object.fromEntries(pairs.map(([key, value = '']) => [key, unescapeData(value)])),
    data: unescapeData(data),
  };
}

function unescapeData(value: string): string {
  return value
    .replaceAll('%0D', '\r')
    .replaceAll('%0A', '\n')
    .replaceAll('%3A', ':')
    .replaceAll('%2C', ',')
    .replaceAll('%25', '%');
}

/** The format of `GITHUB_OUTPUT` and `GITHUB_STATE`: `name=value`, or `name<<END`, lines, `END`. */
function parseKeyValues(content: string): Record<string, string> {
  const values: Record<string, string> = {};
  const lines = content.split(/\r?\n/);
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as string;
    const [, name, end] = /^([^=]+?)<<(.+)$/.exec(line) ?? [];
    if (name !== undefined && end !== undefined) {
      const until = lines.indexOf(end, at + 1);
      values[name] = lines.slice(at + 1, until).join('\n');
      at = until;
    } else if (line.includes('=')) {
      values[line.slice(0, line.indexOf('='))] = line.slice(line.indexOf('=') + 1);
    }
  }
  return values;
}

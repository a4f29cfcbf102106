import { type ChildProcessByStdio, spawn } from 'node:child_process';
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
  /** 1 as well where the runner fails the step, for what is in its files. */
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
  return {
    kill: (signal) => child.kill(signal),
    abandon: () => abandon(folder),
    closeLog: () => child.stdout.destroy(),
    result: resultOf(child, folder),
  };
}

/** What the process has left that has its files in `folder`, once it has ended; removes those. */
async function resultOf(
  child: ChildProcessByStdio<null, Readable, Readable>,
  folder: string,
): Promise<StepResult> {
  const lines: string[] = [];
  const [stdout, stderr, [exitCode]] = await Promise.all([
    textOf(child.stdout, lines),
    textOf(child.stderr, lines),
    once(child, 'close') as Promise<[number | null]>,
  ]);
  const read = (name: string) => readIfThere(join(folder, name));
  const output = await read(FILES.GITHUB_OUTPUT);
  const state = await read(FILES.GITHUB_STATE);
  const summary = await read(FILES.GITHUB_STEP_SUMMARY);
  await rm(folder, { recursive: true });
  return conclude({ exitCode, stdout, stderr, lines, output, state, summary });
}

async function abandon(folder: string): Promise<Pick<StepResult, 'state'>> {
  const { values } = parseKeyValues(await readIfThere(join(folder, FILES.GITHUB_STATE)));
  await Promise.all(Object.values(FILES).map((name) => rm(join(folder, name))));
  return { state: values };
}

/** A runner does not mind that a file is missing. */
async function readIfThere(path: string): Promise<string> {
  return existsSync(path) ? readFile(path, 'utf8') : '';
}

/**
 * What comes out of `stream` until it is closed, from whichever end. Adds its lines to `lines`, each
 * as soon as it is whole, and the last one as it is.
 */
async function textOf(stream: Readable, lines: string[]): Promise<string> {
  let all = '';
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk: string) => {
    all += chunk;
    // What comes next can be the other half of a line break.
    const parts = (rest + chunk).split(/\r\n|\n|\r(?!$)/);
    rest = parts.pop() ?? '';
    lines.push(...parts);
  });
  await once(stream, 'close');
  if (rest !== '') lines.push(rest.replace(/\r$/, ''));
  return all;
}

/** What a process has left, as it is. */
interface Remains {
  exitCode: number | null;
  stdout: string;
  stderr: string;
  /** Those of both, in the order in which they came. */
  lines: readonly string[];
  /** What is in its files. */
  output: string;
  state: string;
  summary: string;
}

/** What a runner makes of it. */
function conclude({ exitCode, stdout, stderr, lines, ...files }: Remains): StepResult {
  const { log, commands, masks, outputs, state } = readLog(lines);
  const read = { output: parseKeyValues(files.output), state: parseKeyValues(files.state) };
  const problems = Object.entries(read).flatMap(([name, { problem }]) =>
    problem === undefined
      ? []
      : [`Unable to process file command '${name}' successfully.`, problem],
  );
  const kib = Math.floor(Buffer.byteLength(files.summary) / 1024);
  const isTooLong = Buffer.byteLength(files.summary) > MAX_SUMMARY;
  const tooLong = `$GITHUB_STEP_SUMMARY upload aborted, supports content up to a size of 1024k, got ${kib}k.`;
  const errors = [...(isTooLong ? [tooLong] : []), ...problems];
  return {
    exitCode: exitCode === 0 && problems.length > 0 ? 1 : exitCode,
    log: [...log, ...errors.map((error) => `Error: ${error}`)].join('\n'),
    stdout,
    stderr,
    commands,
    masks,
    outputs: { ...outputs, ...read.output.values },
    state: { ...state, ...read.state.values },
    summary: isTooLong ? '' : files.summary,
  };
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

/** What a runner finds in the log, besides what it shows of it. */
interface ReadLog {
  /** As it is shown. */
  log: string[];
  commands: Command[];
  masks: string[];
  outputs: Record<string, string>;
  state: Record<string, string>;
}

/** Goes through the lines of a log one by one, as the runner does: what it reads holds from there. */
function readLog(lines: readonly string[]): ReadLog {
  const read: ReadLog = { log: [], commands: [], masks: [], outputs: {}, state: {} };
  /** What resumes commands; undefined while they are carried out. */
  let token: string | undefined;
  for (const line of lines) {
    const command = parseCommand(line, token === undefined ? COMMANDS : [...COMMANDS, token]);
    if (token === undefined && command) read.commands.push(command);
    if (token === undefined && command && command.name !== 'stop-commands') {
      read.log.push(...carryOut(command, read));
      continue;
    }
    read.log.push(masked(line, read.masks));
    if (token === undefined) token = command?.data.toLowerCase();
    else if (command?.name === token) token = undefined;
  }
  return read;
}

/** The longest message of an annotation, in the log too; what is longer is cut. */
const MAX_MESSAGE = 4_096;

/** Does what `command` asks for, and returns the lines that the log shows of it. */
function carryOut({ name, properties, data }: Command, read: ReadLog): string[] {
  switch (name) {
    case 'add-mask':
      if (data.trim() === '') {
        return [`Warning: Can't add secret mask for empty string in ##[add-mask] command.`];
      }
      read.masks.push(data);
      return [];
    case 'set-output':
      read.outputs[properties['name'] ?? ''] = data;
      return [];
    case 'save-state':
      read.state[properties['name'] ?? ''] = data;
      return [];
    case 'error':
    case 'warning':
    case 'notice':
      return [`${titled(name)}: ${masked(data, read.masks).slice(0, MAX_MESSAGE)}`];
    default:
      return [];
  }
}

/** A mask is also each of its lines; of two at one place the longer one holds. */
function masked(text: string, masks: readonly string[]): string {
  return masks
    .flatMap((mask) => [mask, ...mask.split(/[\r\n]+/)])
    .filter((mask) => mask !== '')
    .toSorted((one, other) => other.length - one.length)
    .reduce((shown, mask) => shown.replaceAll(mask, '***'), text);
}

function titled(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1);
}

/** What a runner knows as a command; all else that looks like one is a line of the log. */
const COMMANDS: readonly string[] = [
  'add-mask',
  'add-matcher',
  'add-path',
  'debug',
  'echo',
  'endgroup',
  'error',
  'group',
  'notice',
  'remove-matcher',
  'save-state',
  'set-env',
  'set-output',
  'stop-commands',
  'warning',
];

type Escapes = readonly (readonly [code: string, character: string])[];

const DATA: Escapes = [
  ['%0D', '\r'],
  ['%0A', '\n'],
  ['%25', '%'],
];
const PROPERTY: Escapes = [['%3A', ':'], ['%2C', ','], ...DATA];
const OLD: Escapes = [['%3B', ';'], ['%5D', ']'], ...DATA];

/** What .NET trims: all that JavaScript does but the byte order mark, and U+0085. */
const BLANKS = /^(?:(?!\ufeff)[\s\u0085])+/;

/**
 * The command in a line of the log, as the runner finds it: `::name key=value::data` where the
 * line begins, blanks aside, and else in the first `##[name key=value]data` that is in it. Its name
 * is one of `known`, in capitals or not.
 */
export function parseCommand(line: string, known = COMMANDS): Command | undefined {
  const [, head, data = ''] = /^::(.*?)::(.*)$/s.exec(line.replace(BLANKS, '')) ?? [];
  const [, oldHead, oldData = ''] = /##\[([^\]]*)\](.*)$/s.exec(line) ?? [];
  const [name = '', properties = ''] = split(head);
  if (known.includes(name)) {
    const pairs = properties.trim().split(',');
    return { name, properties: toProperties(pairs, PROPERTY), data: decoded(data, DATA) };
  }
  const [oldName = '', oldProperties = ''] = split(oldHead);
  if (!known.includes(oldName)) return undefined;
  const pairs = oldProperties.split(';');
  return { name: oldName, properties: toProperties(pairs, OLD), data: decoded(oldData, OLD) };
}

/** The name of a command and its properties, which begin behind the first blank. */
function split(head = ''): [name: string, properties: string] {
  const [name = ''] = head.split(' ', 1);
  return [name.toLowerCase(), head.slice(name.length + 1)];
}

/** Only those that have a name and a value. */
function toProperties(pairs: readonly string[], escapes: Escapes): Record<string, string> {
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const [, key, value] = /^=*([^=]+)=+([^=].*)$/s.exec(pair) ?? [];
      return key === undefined || value === undefined ? [] : [[key, decoded(value, escapes)]];
    }),
  );
}

function decoded(text: string, escapes: Escapes): string {
  return escapes.reduce((all, [code, character]) => all.replaceAll(code, character), text);
}

/** What is in a file of commands before the first thing that is wrong with it. */
interface KeyValues {
  values: Record<string, string>;
  /** What is wrong with it, in the runner's words; it fails the step. */
  problem?: string;
}

/** The format of `GITHUB_OUTPUT` and `GITHUB_STATE`: `name=value`, or `name<<END`, lines, `END`. */
export function parseKeyValues(content: string): KeyValues {
  const values: Record<string, string> = {};
  const newline = process.platform === 'win32' ? /\r?\n/ : '\n';
  const lines = content.replace(/^\ufeff/, '').split(newline);
  const isWhole = lines.at(-1) === '';
  if (isWhole) lines.pop();
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] as string;
    if (line === '') continue;
    const [, name = '', separator, rest = ''] = /^(.*?)(=|<<)(.*)$/s.exec(line) ?? [];
    if (separator === undefined) return { values, problem: `Invalid format '${line}'` };
    if (separator === '=') {
      if (name === '') return { values, problem: `Invalid format '${line}'. ${NO_NAME}` };
      values[name] = rest;
      continue;
    }
    if (name === '' || rest === '') {
      const problem = `Invalid format '${line}'. ${NO_NAME} and delimiter must not be empty`;
      return { values, problem };
    }
    const end = lines.indexOf(rest, at + 1);
    if (end < 0) {
      const isCut = !isWhole && at + 1 < lines.length;
      const why = isCut ? 'EOF marker missing new line.' : `Matching delimiter not found '${rest}'`;
      return { values, problem: `Invalid value. ${why}` };
    }
    values[name] = lines.slice(at + 1, end).join('\n');
    at = end;
  }
  return { values };
}

const NO_NAME = 'Name must not be empty';

/** The longest summary, in bytes; of one that is longer, nothing is shown. */
const MAX_SUMMARY = 1024 * 1024;

import assert from 'node:assert/strict';
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { PUBLISHED } from '../sandbox/cli/show.ts';
import type { GitHubEvent } from '../sandbox/github/events.ts';
import type { Sandbox } from '../sandbox/openrouter/server.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** The repository of a reader whose reusable workflows the others call. */
const SHARED = { repository: 'octo-org/workflows', ref: 'stable' };

const STAND_INS = join(ROOT, 'e2e/stand-ins');

/** The stand-in for gh, this Node.js, and the project's own tools, before those of the machine. */
export const PATH = [
  STAND_INS,
  dirname(process.execPath),
  join(ROOT, 'node_modules/.bin'),
  join(ROOT, '.tools/bin'),
  process.env['PATH'] ?? '',
].join(delimiter);

export const isActInstalled = PATH.split(delimiter).some((folder) =>
  existsSync(join(folder, 'act')),
);

/** A line of the log of act with `--json`. */
interface Line {
  jobID?: string;
  stepID?: string[];
  stage?: 'Pre' | 'Main' | 'Post';
  msg?: string;
  command?: string;
  name?: string;
  arg?: string;
  kvPairs?: { title?: string };
  content?: string;
  raw_output?: boolean;
  jobResult?: string;
}

/** A run of a workflow that has ended. */
export interface Run {
  exitCode: number | null;
  /** The log as act shows it. */
  log: string;
  /** The outputs of the step with `id`; if several jobs have such a step, of the last one. */
  outputs(id: string): Record<string, string>;
  /** The results of the jobs, by job id. */
  results: Record<string, string[]>;
  summaries: string[];
  /** The level and title of each annotation, in order. */
  annotations: string[];
}

export interface RunOptions {
  /** A file of e2e/workflows, or the path of another file. */
  workflow: string;
  /** Only this job, and those that it needs. */
  job?: string;
  /** Only the jobs of a matrix with this value, such as `os:ubuntu-latest`. */
  matrix?: string;
  /** The repository in which it runs. By default, this one. */
  root?: string;
  sandbox: Sandbox;
  /** By default, `workflow_dispatch`. */
  event?: Pick<GitHubEvent, 'name' | 'payload'>;
  inputs?: Record<string, string>;
  secrets?: Record<string, string>;
  vars?: Record<string, string>;
  env?: Record<string, string>;
  /** The annotations that the run shows; by default none. */
  annotations?: string[];
  /** Cancels the run as soon as its log has this text. */
  cancelAt?: string;
  /** Cancels the run as soon as this resolves. */
  cancelAfter?: Promise<unknown>;
  /** Whether actions run as in a container, where a cancellation does not reach them. */
  inContainer?: boolean;
  /** A folder with commands, before those of the machine. */
  commands?: string;
  /** The folder of our actions, for steps that use them by the name under which they are published. */
  published?: string;
  /** The folder of the repository whose reusable workflows are called. */
  shared?: string;
}

/**
 * Runs a workflow with act on this machine, without containers.
 * @throws {Error} if it shows other annotations than it should.
 */
export async function runWorkflow(options: RunOptions): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const child = spawn('act', argumentsOf(options, folder), {
    cwd: options.root ?? ROOT,
    env: { ...process.env, PATH: pathFor(options), RUNNER_TRACKING_ID: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  options.cancelAfter?.then(() => child.kill('SIGINT'));
  const lines: Line[] = [];
  const onLine = (line: Line) => {
    lines.push(line);
    const { cancelAt } = options;
    if (cancelAt !== undefined && line.raw_output && line.msg?.includes(cancelAt)) {
      child.kill('SIGINT');
    }
  };
  const [exitCode] = await Promise.all([
    exitCodeOf(child),
    readLines(child.stdout, onLine),
    readLines(child.stderr, onLine),
  ]);
  endOrphans(folder);
  rmSync(folder, { recursive: true });
  const isCancelled = options.cancelAt !== undefined || options.cancelAfter !== undefined;
  const run = readRun(lines, { isCancelled });
  assert.deepEqual(run.annotations, options.annotations ?? [], run.log);
  return { exitCode, ...run };
}

/** Runs a workflow with another text. */
export async function runChanged(
  options: RunOptions,
  change: (text: string) => string,
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'e2e-'));
  const workflow = join(folder, 'workflow.yml');
  writeFileSync(workflow, change(readFileSync(fileOf(options), 'utf8')));
  const run = await runWorkflow({ ...options, workflow });
  rmSync(folder, { recursive: true });
  return run;
}

const fileOf = ({ workflow }: RunOptions) => resolve(ROOT, 'e2e/workflows', workflow);

/** Ends what the steps have started and left running, as GitHub's runner does, by the same variable. */
function endOrphans(trackingId: string): void {
  for (const file of globSync('/proc/[0-9]*/environ')) {
    const variables = readIfPossible(file).split('\0');
    const pid = Number(file.split('/')[2]);
    if (variables.includes(`RUNNER_TRACKING_ID=${trackingId}`)) process.kill(pid);
  }
}

/** A process can end, or belong to somebody else. */
function readIfPossible(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** act runs actions with the first `node` in this. */
function pathFor({ inContainer = false, commands }: RunOptions): string {
  const folders = [inContainer && join(ROOT, 'e2e/container'), commands, PATH];
  return folders.filter(Boolean).join(delimiter);
}

const LINGER = `--require ${join(ROOT, 'e2e/linger.cjs')}`;

/** The arguments of act. Its event is a file in `folder`. */
function argumentsOf(options: RunOptions, folder: string): string[] {
  const { job, matrix, sandbox, event, published, shared } = options;
  const { inputs = {}, secrets = {}, vars = {}, env = {} } = options;
  const file = fileOf(options);
  const eventPath = join(folder, 'event.json');
  if (event) writeFileSync(eventPath, JSON.stringify(event.payload));
  const pairs = (flag: string, values: Record<string, string>) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  return [
    ...(event ? [event.name, '--eventpath', eventPath] : ['workflow_dispatch']),
    ...['--workflows', file],
    ...(job === undefined ? [] : ['--job', job]),
    ...(matrix === undefined ? [] : ['--matrix', matrix]),
    ...['--platform', 'ubuntu-latest=-self-hosted', '--json'],
    ...standIns(readFileSync(file, 'utf8')),
    ...(published === undefined ? [] : localRepository(PUBLISHED, published)),
    ...(shared === undefined ? [] : localRepository(SHARED, shared)),
    ...pairs('--secret', { OPENROUTER_MANAGEMENT_KEY: sandbox.managementKey, ...secrets }),
    ...pairs('--var', { API_URL: sandbox.url, ...vars }),
    ...pairs('--input', inputs),
    ...pairs('--env', { E2E_NODE: process.execPath, NODE_OPTIONS: LINGER, ...env }),
  ];
}

/** Replaces the actions of GitHub that a workflow uses by those of e2e/stand-ins. */
function standIns(workflow: string): string[] {
  return [...workflow.matchAll(/uses: actions\/([\w-]+)@(\w+)/g)].flatMap(([, name, ref]) => {
    const folder = join(STAND_INS, String(name));
    const repository = `actions/${name}`;
    return existsSync(folder) ? localRepository({ repository, ref: String(ref) }, folder) : [];
  });
}

/** Replaces a repository with actions by a folder. */
function localRepository({ repository, ref }: typeof PUBLISHED, folder: string): string[] {
  return ['--local-repository', `${repository}@${ref}=${folder}`];
}

async function exitCodeOf(
  child: ChildProcessByStdio<null, Readable, Readable>,
): Promise<number | null> {
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return exitCode;
}

/** Lines that are not JSON are messages of act itself, which belong to no step. */
async function readLines(stream: Readable, onLine: (line: Line) => void): Promise<void> {
  for await (const text of createInterface({ input: stream })) {
    if (text.startsWith('{')) onLine(JSON.parse(text));
  }
}

const LEVELS = ['error', 'warning', 'notice'];

function readRun(
  lines: readonly Line[],
  { isCancelled }: { isCancelled: boolean },
): Omit<Run, 'exitCode'> {
  const jobs = Map.groupBy(lines, ({ jobID }) => jobID ?? '');
  return {
    log: lines.map(({ msg = '' }) => msg).join('\n'),
    outputs: (id) =>
      Object.fromEntries(
        lines
          .filter(({ command, stepID }) => command === 'set-output' && stepID?.includes(id))
          .map(({ name = '', arg = '' }) => [name, arg]),
      ),
    results: Object.fromEntries(
      [...jobs].map(([id, ofJob]) => [id, ofJob.flatMap(({ jobResult }) => jobResult ?? [])]),
    ),
    summaries: lines
      .filter(({ command }) => command === 'summary')
      .map(({ content = '' }) => content),
    annotations: [...jobs.values()]
      .flatMap((ofJob) => inOrderOfStages(ofJob, { isCancelled }))
      .filter(({ command = '' }) => LEVELS.includes(command))
      .map(({ command, kvPairs }) => [command, kvPairs?.title].filter(Boolean).join(' ')),
  };
}

/**
 * The lines of a job. act can show those of a step when the post steps have begun. After a cancellation, they are
 * left out: the step goes on until its post step ends it, and its lines are not always shown.
 */
function inOrderOfStages(
  ofJob: readonly Line[],
  { isCancelled }: { isCancelled: boolean },
): Line[] {
  const end = ofJob.findIndex(({ stage }) => stage === 'Post');
  if (end === -1) return [...ofJob];
  const late = ofJob.slice(end).filter(({ stage }) => stage === 'Main');
  const others = ofJob.slice(end).filter(({ stage }) => stage !== 'Main');
  return [...ofJob.slice(0, end), ...(isCancelled ? [] : late), ...others];
}

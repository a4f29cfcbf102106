import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Sandbox } from '../sandbox/openrouter/server.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Where a project's own tools are put, beside those of the machine. */
const PATH = [
  join(ROOT, 'node_modules/.bin'),
  join(ROOT, '.tools/bin'),
  process.env['PATH'] ?? '',
].join(delimiter);

/** A line of what act prints with `--json`. */
interface Line {
  jobID?: string;
  stepID?: string[];
  stage?: string;
  msg?: string;
  command?: string;
  name?: string;
  arg?: string;
  content?: string;
  raw_output?: boolean;
  stepResult?: string;
  jobResult?: string;
}

/** What a workflow has left behind. */
interface Run {
  exitCode: number | null;
  /** The log as act shows it. */
  log: string;
  /** All that act has printed. */
  all: string;
  /** What the step with `id` has set, the last job that has it winning. */
  outputs(id: string): Record<string, string>;
  /** How each job ended, by its id. */
  results: Record<string, string[]>;
  summaries: string[];
}

interface RunOptions {
  /** A file of e2e/workflows, or the path of another one. */
  workflow: string;
  sandbox: Sandbox;
  inputs?: Record<string, string>;
  env?: Record<string, string>;
  /** Cancel the run once the log has this. */
  cancelAt?: string;
}

export const isActThere = PATH.split(delimiter).some((folder) => existsSync(join(folder, 'act')));

/** Runs a workflow on this machine, without containers. */
export async function runWorkflow(options: RunOptions): Promise<Run> {
  const { workflow, sandbox, inputs = {}, env = {}, cancelAt } = options;
  const pairs = (flag: string, values: Record<string, string>) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`]);
  const child = spawn(
    'act',
    [
      'workflow_dispatch',
      ...['--workflows', resolve(ROOT, 'e2e/workflows', workflow)],
      ...['--platform', 'ubuntu-latest=-self-hosted', '--json'],
      ...pairs('--secret', { OPENROUTER_MANAGEMENT_KEY: sandbox.managementKey }),
      ...pairs('--var', { API_URL: sandbox.url }),
      ...pairs('--input', inputs),
      ...pairs('--env', env),
    ],
    { cwd: ROOT, env: { ...process.env, PATH }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const lines: Line[] = [];
  let all = '';
  const read = async (stream: NodeJS.ReadableStream) => {
    for await (const text of createInterface({ input: stream })) {
      all += `${text}\n`;
      if (!text.startsWith('{')) continue;
      const line = JSON.parse(text) as Line;
      lines.push(line);
      if (cancelAt !== undefined && line.raw_output && line.msg?.includes(cancelAt)) {
        child.kill('SIGINT');
      }
    }
  };
  const [[exitCode]] = await Promise.all([
    once(child, 'close') as Promise<[number | null]>,
    read(child.stdout),
    read(child.stderr),
  ]);
  return {
    exitCode,
    all,
    log: lines.map(({ msg = '' }) => msg).join('\n'),
    outputs: (id) =>
      Object.fromEntries(
        lines
          .filter(({ command, stepID }) => command === 'set-output' && stepID?.includes(id))
          .map(({ name = '', arg = '' }) => [name, arg]),
      ),
    results: Object.fromEntries(
      [...Map.groupBy(lines, ({ jobID }) => jobID ?? '')].map(([id, of]) => [
        id,
        of.flatMap(({ jobResult }) => jobResult ?? []),
      ]),
    ),
    summaries: lines
      .filter(({ command }) => command === 'summary')
      .map(({ content = '' }) => content),
  };
}

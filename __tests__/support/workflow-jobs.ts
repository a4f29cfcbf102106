import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY, SERVICE_FILE } from '../../e2e/stand-ins/service.ts';
import { ROOT } from './root.ts';

interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  env?: Record<string, string>;
}

interface Job {
  permissions?: Record<string, string>;
  outputs?: Record<string, string>;
  steps: Step[];
}

interface Workflow {
  defaults?: { run: { shell: string } };
  jobs: Record<string, Job>;
}

interface JobRun {
  /** The file of `createService`. Next to it, the steps have their files. */
  service: string;
  /** The folder in which the steps run. */
  folder: string;
  /** The variables that the runner sets beyond those that are the same for all jobs. */
  env?: Record<string, string>;
  /** Such as `needs`. */
  contexts?: object;
}

interface JobResult {
  /** The names or commands of the steps that failed. */
  failed: string[];
  log: string;
  summary: string;
  outputs: Record<string, string>;
}

type Contexts = Record<string, unknown> & { steps: Record<string, object> };

/**
 * Runs the steps of a job that are scripts, as they are written in the file of `.github/workflows`,
 * with the shell that GitHub takes. Those that use an action are left out: `npm run e2e` runs them.
 * `gh` is a stand-in.
 */
export function runJob(file: string, jobName: string, job: JobRun): JobResult {
  const workflow: Workflow = parse(readFileSync(join(ROOT, '.github/workflows', file), 'utf8'));
  const { permissions = {}, outputs = {}, steps } = workflow.jobs[jobName] as Job;
  const github = { token: JSON.stringify(permissions), repository: REPOSITORY };
  const contexts: Contexts = { github, ...job.contexts, steps: {} };
  const result: JobResult = { failed: [], log: '', summary: '', outputs: {} };
  for (const { id = '', name, if: condition, run, env = {} } of steps) {
    if (run === undefined || !isDue(condition, result)) continue;
    const step = runScript(run, workflow.defaults?.run.shell, {
      ...job,
      env: { ...job.env, ...mapValues(env, (text) => evaluate(text, contexts)) },
    });
    contexts.steps[id] = { outputs: step.outputs };
    result.log += step.log;
    result.summary += step.summary;
    if (step.exitCode !== 0) result.failed.push(name ?? run);
  }
  return { ...result, outputs: mapValues(outputs, (text) => evaluate(text, contexts)) };
}

function isDue(condition: string | undefined, { failed }: JobResult): boolean {
  if (condition === undefined) return failed.length === 0;
  if (condition === 'failure()') return failed.length > 0;
  throw new Error(`No step may have the condition ${condition}: only act evaluates it`);
}

const mapValues = <T>(record: Record<string, string>, change: (text: string) => T) =>
  Object.fromEntries(Object.entries(record).map(([name, text]) => [name, change(text)]));

/** A text in which each expression is a path, such as `${{ steps.tag.outputs.commit }}`. */
function evaluate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{ (.*?) \}\}/g, (_, expression: string) => {
    if (!/^[\w-]+(\.[\w-]+)+$/.test(expression)) {
      throw new Error(`Only act evaluates ${expression}`);
    }
    const value = expression
      .split('.')
      .reduce<unknown>((each, name) => (each as Record<string, unknown>)?.[name], contexts);
    return String(value ?? '');
  });
}

/** Runs a script as GitHub's runner does: without pipefail, unless the workflow names bash. */
function runScript(
  script: string,
  shell: string | undefined,
  job: Required<Omit<JobRun, 'contexts'>>,
) {
  const temp = mkdtempSync(join(dirname(job.service), 'step-'));
  const [file, output, summary] = ['script.sh', 'output', 'summary'].map((name) =>
    join(temp, name),
  );
  writeFileSync(String(file), script);
  for (const each of [output, summary]) writeFileSync(String(each), '');
  const flags = shell === 'bash' ? ['--noprofile', '--norc', '-eo', 'pipefail'] : ['-e'];
  const { status, stdout, stderr } = spawnSync('bash', [...flags, String(file)], {
    cwd: job.folder,
    encoding: 'utf8',
    env: {
      PATH: [join(ROOT, 'e2e/stand-ins'), dirname(process.execPath), process.env['PATH']].join(
        delimiter,
      ),
      NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
      HOME: temp,
      RUNNER_TEMP: temp,
      GITHUB_OUTPUT: output,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_REPOSITORY: REPOSITORY,
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_RUN_ID: '42',
      [SERVICE_FILE]: job.service,
      ...job.env,
    },
  });
  return {
    exitCode: status,
    log: stdout + stderr,
    outputs: Object.fromEntries(
      readFileSync(String(output), 'utf8')
        .split('\n')
        .filter(Boolean)
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    ),
    summary: readFileSync(String(summary), 'utf8'),
  };
}

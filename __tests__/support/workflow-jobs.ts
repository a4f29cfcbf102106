import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { parse } from 'yaml';
import { REPOSITORY, SERVICE_FILE } from '../../e2e/stand-ins/service.ts';
import { ROOT } from './root.ts';
import { type Contexts, interpolateAll, isDue, jobOf, type Workflow } from './workflow.ts';

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

/**
 * Runs the steps of a job that are scripts, as they are written in the file of `.github/workflows`,
 * with the shell that GitHub takes. Those that use an action are left out: `npm run e2e` runs them.
 * `gh` is a stand-in.
 */
export function runJob(file: string, jobName: string, job: JobRun): JobResult {
  const workflow: Workflow = parse(readFileSync(join(ROOT, '.github/workflows', file), 'utf8'));
  const { permissions = {}, outputs = {}, steps } = jobOf(workflow, jobName);
  const github = { token: JSON.stringify(permissions), repository: REPOSITORY };
  const stepOutputs: Record<string, object> = {};
  const contexts: Contexts = { github, ...job.contexts, steps: stepOutputs };
  const result: JobResult = { failed: [], log: '', summary: '', outputs: {} };
  for (const { id = '', name, run, env = {}, ...step } of steps) {
    const status = result.failed.length === 0 ? 'success' : 'failure';
    if (run === undefined || !isDue(step, status, contexts)) continue;
    const ended = runScript(run, workflow.defaults?.run.shell, {
      ...job,
      env: { ...job.env, ...interpolateAll(env, contexts) },
    });
    stepOutputs[id] = { outputs: ended.outputs };
    result.log += ended.log;
    result.summary += ended.summary;
    if (ended.exitCode !== 0) result.failed.push(name ?? run);
  }
  return { ...result, outputs: interpolateAll(outputs, contexts) };
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

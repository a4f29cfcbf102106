import { join } from 'node:path';
import { beforeEach, expect } from '@jest/globals';
import { parse } from 'yaml';
import { PUBLISHED } from '../../sandbox/cli/show.ts';
import { stepIn } from '../../sandbox/github/environment.ts';
import type { GitHubEvent } from '../../sandbox/github/events.ts';
import { addToken } from '../../sandbox/github/seed.ts';
import { runPostInProcess, runStepInProcess } from '../../sandbox/runner/in-process.ts';
import { readManifest, type StepOptions, type StepResult } from '../../sandbox/runner/runner.ts';
import { newSeal } from '../../sandbox/runner/seal.ts';
import { readExamples, readWorkflow } from '../../scripts/examples.ts';
import { COUNT_MS } from '../../src/openrouter/settlement.ts';
import type { openPreviewHarness } from './preview-harness.ts';
import { ROOT } from './root.ts';
import {
  type Contexts,
  interpolateAll,
  isDue,
  type Job,
  type JobStatus,
  jobOf,
  type Step,
  type Workflow,
} from './workflow.ts';

/** The workflow `name` of a document; without a name, the first example. */
export function recipeOf(document: string, name?: string): Workflow {
  return parse(readWorkflow(join(ROOT, document), name));
}

/** The examples of a document that are a list of steps. */
export function stepsOf(document: string): Step[][] {
  return readExamples(join(ROOT, document))
    .map(({ text }) => parse(text))
    .filter(Array.isArray);
}

/** The secret of the repository. */
const OF_REPOSITORY = { OPENROUTER_SEAL: newSeal() };

const DEPLOYMENT = { OPENROUTER_DEPLOY_SEAL: newSeal() };

/** The secrets that a job has because of its environment. */
function secretsOf(environment: Job['environment'], managementKey: string): Record<string, string> {
  if (environment === undefined) return {};
  if (Object(environment).name === 'openrouter-deploy') return DEPLOYMENT;
  return { ...DEPLOYMENT, OPENROUTER_MANAGEMENT_KEY: managementKey };
}

/** A script of a job, with the values of its variables. */
type Script = Required<Pick<Step, 'run' | 'env'>>;

/** A step with an action of another repository, with the values of its inputs and variables. */
export interface OtherStep {
  uses: string;
  with: Record<string, string>;
  env: Record<string, string>;
}

export interface JobOptions {
  /** Which one, if the workflow has several. */
  job?: string;
  /** Its entry in the matrix. */
  matrix?: Record<string, unknown>;
  secrets?: Record<string, string>;
  /** The outputs and results of the jobs that it needs. */
  needs?: Record<string, Pick<JobResult, 'outputs' | 'result'>>;
  attempt?: number;
  /** Runs a script, which fails if this returns false. */
  onScript?(script: Script): boolean | undefined;
  /** Stands in for an action of another repository, which fails if this returns false. */
  onOther?(step: OtherStep): boolean | undefined;
}

/** What a job has left so far. */
export interface JobResult {
  result: JobStatus;
  /** Those that GitHub passes on to other jobs. */
  outputs: Record<string, string>;
  /** The steps with actions of this repository that ran, by the folder of the action. */
  main: Record<string, StepResult>;
  post: Record<string, StepResult>;
  /** The scripts that ran, in order. */
  scripts: Script[];
  /** The actions of other repositories whose steps were due, such as `actions/checkout@v7`. */
  others: string[];
}

/** A job that runs, and what its steps are evaluated from. */
interface RunningJob extends JobResult {
  contexts: Contexts;
  /** What each step with an action of this repository has, by the folder of the action. */
  stepOf(folder: string, inputs: Record<string, string>): StepOptions;
  /** Runs a post step for each of these, the last one first. */
  posts: (() => Promise<void>)[];
  /** The secrets of the job. */
  masks: string[];
  on: Pick<JobOptions, 'onScript' | 'onOther'>;
}

type Servers = Pick<ReturnType<typeof openPreviewHarness>, 'harness' | 'gitHub'>;

/**
 * Runs jobs of documents as a runner does, in a private repository: the actions of this repository in this process,
 * other actions only by `onOther`, and scripts only by `onScript`.
 */
export function openRecipeJobs(servers: Servers) {
  // Which a token can read only with the permissions of its job.
  beforeEach(() => {
    servers.gitHub.repository.isPrivate = true;
  });

  /** Runs the steps of a job. `end` runs its post steps, unless its runner dies. */
  const start = async (workflow: Workflow, event: GitHubEvent, options: JobOptions = {}) => {
    expectStart(workflow, event);
    const job = openJob(servers, { workflow, event, options });
    for (const step of jobOf(workflow, options.job).steps) {
      if (!isDue(step, job.result, job.contexts)) {
        noteStep(job, step, { outcome: 'skipped' });
        continue;
      }
      const succeeds = await runStep(job, step);
      noteStep(job, step, { outcome: succeeds ? 'success' : 'failure' });
      if (!succeeds && !step['continue-on-error']) job.result = 'failure';
    }
    const end = async (): Promise<JobResult> => {
      for (const post of job.posts.toReversed()) await post();
      return { ...job, outputs: outputsOf(jobOf(workflow, options.job), job) };
    };
    return { ...(job as JobResult), end };
  };
  /** Runs a job to its end. */
  const run = async (...job: Parameters<typeof start>): Promise<JobResult> =>
    (await start(...job)).end();
  return {
    start,
    run,
    /**
     * Runs all jobs of a workflow that are due, each after those before it in the file. A result in `results` is that of
     * a job that ran before, as for *Re-run failed jobs*, or that never ran.
     */
    async runAll(
      workflow: Workflow,
      event: GitHubEvent,
      { results = {}, ...options }: RunOptions = {},
    ) {
      const ended: Record<string, JobResult> = { ...results };
      for (const [name, job] of Object.entries(workflow.jobs)) {
        if (ended[name]) continue;
        const needs = Object.fromEntries(
          [job.needs ?? []].flat().map((other) => [other, ended[other] ?? SKIPPED]),
        );
        const contexts = jobContextsOf({ workflow, event, options: { ...options, needs } });
        ended[name] = isJobDue(job, contexts)
          ? await run(workflow, event, { ...options, job: name, needs })
          : SKIPPED;
      }
      return ended;
    },
    /** Lets time pass until all that ended keys have spent is counted. Times of OpenRouter have seconds only. */
    letKeysBeCounted: () => servers.harness.sandbox.letPass(COUNT_MS + 1_000),
  };
}

/** Expects that an event starts a workflow. */
function expectStart({ on }: Workflow, { name, payload }: GitHubEvent): void {
  const triggers = typeof on === 'string' ? { [on]: null } : on;
  expect(Object.keys(triggers)).toContain(name);
  const { types } = triggers[name] ?? {};
  if (types) expect(types).toContain(payload['action']);
}

/** How all jobs of a run are run. */
interface RunOptions extends Omit<JobOptions, 'job' | 'matrix' | 'needs'> {
  results?: Record<string, JobResult>;
}

/** A job that has not run. */
export const SKIPPED: JobResult = {
  ...{ result: 'skipped', outputs: {}, main: {}, post: {}, scripts: [], others: [] },
};

/** Whether a job runs after those that it needs. */
function isJobDue(job: Job, contexts: ReturnType<typeof jobContextsOf>): boolean {
  const results = Object.values(contexts.needs).map(({ result }) => result);
  const status = results.find((result) => result !== 'success') ?? 'success';
  return isDue(job, status, contexts);
}

/** The outputs of a job without those that contain a secret, which GitHub drops. */
function outputsOf(
  { outputs }: Job,
  { contexts, main, masks }: RunningJob,
): Record<string, string> {
  const secrets = [...masks, ...Object.values(main).flatMap((step) => step.masks)];
  return Object.fromEntries(
    Object.entries(interpolateAll(outputs, contexts)).filter(
      ([, value]) => !secrets.some((secret) => value.includes(secret)),
    ),
  );
}

interface JobStart {
  workflow: Workflow;
  event: GitHubEvent;
  options: JobOptions;
}

function openJob({ harness, gitHub }: Servers, start: JobStart): RunningJob {
  const { workflow, event, options } = start;
  const { permissions = {}, environment } = jobOf(workflow, options.job);
  const { sandbox } = harness;
  const { server } = gitHub;
  const token = addToken(server.github, { repository: event.repository.id, permissions }).secret;
  const { env } = stepIn(server, event, options);
  const secrets = {
    ...OF_REPOSITORY,
    ...secretsOf(environment, sandbox.managementKey),
    ...options.secrets,
  };
  return {
    ...{ result: 'success', outputs: {}, main: {}, post: {}, scripts: [], others: [], posts: [] },
    masks: [token, ...Object.values(secrets)].filter(Boolean),
    contexts: contextsOf(start, { env, token, secrets }),
    on: options,
    stepOf: (folder, inputs) => ({
      action: join(ROOT, folder),
      env,
      event: event.payload,
      with: {
        ...(['preview', 'end-key'].includes(folder) && { 'github-token': token }),
        'api-url': sandbox.url,
        ...inputs,
      },
    }),
  };
}

/** What a job has from its runner and from its secrets. */
interface Given {
  env: Record<string, string>;
  token: string;
  secrets: Record<string, string>;
}

function contextsOf(start: JobStart, { env, token, secrets }: Given): Contexts {
  const { github, ...ofJob } = jobContextsOf(start);
  const { matrix } = start.options;
  return {
    ...ofJob,
    github: {
      ...github,
      ref_name: env['GITHUB_REF_NAME'],
      run_id: env['GITHUB_RUN_ID'],
      run_attempt: env['GITHUB_RUN_ATTEMPT'],
      token,
    },
    runner: { temp: '/temp' },
    secrets,
    steps: {},
    ...(matrix && { matrix }),
  };
}

/** What the condition of a job is evaluated from. */
function jobContextsOf({ workflow, event, options }: JobStart) {
  const { needs = {} } = options;
  const github = {
    event: event.payload,
    event_name: event.name,
    triggering_actor: event.actor,
  };
  return { github, needs, inputs: inputsOf(workflow, event) };
}

/** The values of the inputs of a run that was started by hand. */
function inputsOf({ on }: Workflow, { name, payload }: GitHubEvent): Record<string, unknown> {
  const declared = typeof on === 'string' ? {} : (on[name]?.inputs ?? {});
  const given = Object(payload['inputs']);
  return Object.fromEntries(
    Object.entries(declared).map(([input, { type, default: byDefault }]) => {
      const value = given[input] ?? byDefault;
      return [input, type === 'boolean' ? String(value) === 'true' : value];
    }),
  );
}

/** Notes what later steps can ask about a step. */
function noteStep({ contexts }: RunningJob, { id }: Step, facts: object): void {
  const steps = Object(contexts['steps']);
  if (id !== undefined) steps[id] = { ...steps[id], ...facts };
}

/** Returns whether it succeeds. */
async function runStep(job: RunningJob, step: Step): Promise<boolean> {
  if (step.run !== undefined) {
    const script = { run: step.run, env: interpolateAll(step.env, job.contexts) };
    job.scripts.push(script);
    return job.on.onScript?.(script) !== false;
  }
  const folder = folderOf(step);
  if (folder === undefined) {
    const uses = String(step.uses);
    job.others.push(uses);
    const valuesOf = (all: Record<string, unknown> = {}) => interpolateAll(all, job.contexts);
    return job.on.onOther?.({ uses, with: valuesOf(step.with), env: valuesOf(step.env) }) !== false;
  }
  const options = job.stepOf(folder, interpolateAll(step.with, job.contexts));
  const main = await runStepInProcess(options);
  job.main[folder] = main;
  noteStep(job, step, { outputs: main.outputs });
  const { runs } = await readManifest(options.action);
  if (runs.post) {
    job.posts.push(async () => {
      const post = await runPostInProcess({ ...options, jobStatus: job.result }, main);
      job.post[folder] = post;
      if (post.exitCode !== 0) job.result = 'failure';
    });
  }
  return main.exitCode === 0;
}

/** The folder of the action of this repository that a step uses: empty for that of the root. */
function folderOf({ uses = '' }: Step): string | undefined {
  const { repository, ref } = PUBLISHED;
  if (!uses.startsWith(repository)) return undefined;
  const [, folder] = new RegExp(`^${repository}/?([\\w-]*)@${ref}$`).exec(uses) ?? [];
  if (folder === undefined) throw new Error(`${uses} is no action of this repository`);
  return folder;
}

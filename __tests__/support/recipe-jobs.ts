import { join } from 'node:path';
import { expect } from '@jest/globals';
import { parse } from 'yaml';
import { PUBLISHED } from '../../sandbox/cli/show.ts';
import { stepIn } from '../../sandbox/github/environment.ts';
import type { GitHubEvent } from '../../sandbox/github/events.ts';
import { addToken } from '../../sandbox/github/seed.ts';
import type { GitHubServer } from '../../sandbox/github/server.ts';
import type { Token } from '../../sandbox/github/state.ts';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { runPostInProcess, runStepInProcess } from '../../sandbox/runner/in-process.ts';
import { readManifest, type StepOptions, type StepResult } from '../../sandbox/runner/runner.ts';
import { readExamples } from '../../scripts/examples.ts';
import { ROOT } from './root.ts';

export interface RecipeStep {
  id?: string;
  uses?: string;
  if?: string;
  run?: string;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

type Permissions = Partial<Token['permissions']>;

interface RecipeJob {
  permissions?: Permissions;
  strategy?: { matrix: { include: Record<string, unknown>[] } };
  steps: RecipeStep[];
}

export interface Recipe {
  name: string;
  on: Record<string, unknown>;
  jobs: Record<string, RecipeJob>;
}

/** The workflow with a name in a document. */
export function recipeOf(document: string, name: string): Recipe {
  const found = examplesOf(document).find((example) => Object(example)['name'] === name);
  if (!found) throw new Error(`${document} has no workflow ${name}`);
  return found as Recipe;
}

/** The examples of a document that are a list of steps. */
export function stepsOf(document: string): RecipeStep[][] {
  return examplesOf(document).filter((example): example is RecipeStep[] => Array.isArray(example));
}

function examplesOf(document: string): unknown[] {
  return readExamples(join(ROOT, document)).map(({ text }) => parse(text));
}

/** The values of expressions such as `github.run_id` and `matrix.team`. */
type Values = Record<string, unknown>;

export interface JobOptions {
  values?: Values;
  /** Runs a script of the job. The job fails if it returns false. */
  onScript?(step: RecipeStep, env: Record<string, string>): boolean | undefined;
  /** Called before the post steps. */
  beforePost?(): void;
  /** A lost machine runs no post step. */
  isLost?: boolean;
}

export interface JobResult {
  result: 'success' | 'failure';
  /** The steps with actions of this repository that ran, by the folder of the action. */
  main: Record<string, StepResult>;
  post: Record<string, StepResult>;
}

/** Where a job runs. */
interface Place {
  sandbox: Sandbox;
  gitHub: GitHubServer;
  event: GitHubEvent;
  job: string;
  permissions: Permissions;
}

/** A step that has run, and what its post step gets. */
interface Ended {
  folder: string;
  options: StepOptions;
  main: StepResult;
}

/** Runs the only job of a workflow of a document as a runner does, with the actions of this repository, and no others. */
export function openRecipeJobs(servers: () => Pick<Place, 'sandbox' | 'gitHub'>) {
  return async (
    { on, jobs }: Recipe,
    event: GitHubEvent,
    options: JobOptions = {},
  ): Promise<JobResult> => {
    expect(Object.keys(on)).toContain(event.name);
    const [[job, { permissions = {}, steps }] = ['', { steps: [] }]] = Object.entries(jobs);
    const place = { ...servers(), event, job, permissions };
    const { ended, ...ran } = await runSteps(steps, options, place);
    options.beforePost?.();
    const post: JobResult['post'] = {};
    let { result } = ran;
    for (const { folder, options: step, main } of options.isLost ? [] : ended.toReversed()) {
      const { runs } = await readManifest(step.action);
      if (!runs.post) continue;
      post[folder] = await runPostInProcess({ ...step, jobStatus: result }, main);
      if (post[folder].exitCode !== 0) result = 'failure';
    }
    const main = Object.fromEntries(ended.map((one) => [one.folder, one.main]));
    return { result, main, post };
  };
}

/** Runs the steps of a job until one fails. */
async function runSteps(
  steps: readonly RecipeStep[],
  { values = {}, onScript }: JobOptions,
  place: Place,
): Promise<{ result: JobResult['result']; ended: Ended[] }> {
  const secret = place.sandbox.managementKey;
  const known: Values = { 'secrets.OPENROUTER_MANAGEMENT_KEY': secret, ...values };
  const ended: Ended[] = [];
  for (const step of steps) {
    if (step.if !== undefined && !evaluate(step.if, known)) continue;
    if (step.run !== undefined) {
      if (onScript?.(step, textsOf(step.env, known)) === false) return { result: 'failure', ended };
      continue;
    }
    const folder = folderOf(step);
    if (folder === undefined) continue;
    const options = optionsOf({ folder, inputs: textsOf(step.with, known) }, place);
    const main = await runStepInProcess(options);
    ended.push({ folder, options, main });
    for (const [output, text] of Object.entries(main.outputs)) {
      known[`steps.${step.id}.outputs.${output}`] = text;
    }
    if (main.exitCode !== 0) return { result: 'failure', ended };
  }
  return { result: 'success', ended };
}

/** The folder of the action of this repository that a step uses: empty for that of the root. */
function folderOf({ uses = '' }: RecipeStep): string | undefined {
  const { repository, ref } = PUBLISHED;
  if (!uses.startsWith(repository)) return undefined;
  const [, folder = ''] = new RegExp(`^${repository}/?(\\w*)@${ref}$`).exec(uses) ?? [uses, uses];
  return folder;
}

function optionsOf(
  { folder, inputs }: { folder: string; inputs: Record<string, string> },
  { sandbox, gitHub, event, job, permissions }: Place,
): StepOptions {
  const { env } = stepIn(gitHub, event, { job });
  const token = addToken(gitHub.github, { repository: event.repository.id, permissions });
  return {
    action: join(ROOT, folder),
    env,
    event: event.payload,
    with: {
      ...(folder === 'preview' && { 'github-token': token.secret }),
      'api-url': sandbox.url,
      ...inputs,
    },
  };
}

function textsOf(texts: Record<string, unknown> = {}, known: Values): Record<string, string> {
  return Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [
      name,
      String(text).replaceAll(/\$\{\{ (.*?) \}\}/g, (_, expression) =>
        String(evaluate(expression, known)),
      ),
    ]),
  );
}

/** The value of an expression of one of the forms that the documents use. An output that is not set is empty. */
function evaluate(expression: string, known: Values): unknown {
  const [, compared] = /^(\S+) != ''$/.exec(expression) ?? [];
  if (compared !== undefined) return evaluate(compared, known) !== '';
  const [, optional] = /^(\S+) \|\| false$/.exec(expression) ?? [];
  if (optional !== undefined) return known[optional] ?? false;
  if (expression.startsWith('steps.')) return known[expression] ?? '';
  if (!(expression in known)) throw new Error(`No value for ${expression}`);
  return known[expression];
}

/** Runs `during` while OpenRouter responds with HTTP 503. */
export async function inOutage<Result>(
  { account }: Sandbox,
  during: () => Promise<Result>,
): Promise<Result> {
  const { handle } = account;
  account.handle = () => ({ status: 503, body: { error: { code: 503, message: 'Down' } } });
  try {
    return await during();
  } finally {
    account.handle = handle;
  }
}

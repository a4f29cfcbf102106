/** The parts of a workflow that tests use, and the expressions in it. */

import { runInNewContext } from 'node:vm';
import type { Token } from '../../sandbox/github/state.ts';

export interface Step {
  id?: string;
  name?: string;
  if?: string;
  uses?: string;
  run?: string;
  'continue-on-error'?: boolean;
  with?: Record<string, unknown>;
  env?: Record<string, string>;
}

export interface Job {
  needs?: string | string[];
  environment?: string | { name: string };
  if?: string;
  permissions?: Partial<Token['permissions']>;
  concurrency?: { group: string; 'cancel-in-progress'?: boolean };
  /** The reusable workflow that it calls instead of having steps. */
  uses?: string;
  with?: Record<string, unknown>;
  secrets?: Record<string, string>;
  strategy?: { matrix: { include: Record<string, unknown>[] } };
  outputs?: Record<string, string>;
  steps: Step[];
}

export interface Workflow {
  name: string;
  on: string | Record<string, Trigger | null>;
  defaults?: { run: { shell: string } };
  concurrency?: { group: string; 'cancel-in-progress'?: boolean };
  jobs: Record<string, Job>;
}

interface Trigger {
  types?: string[];
  inputs?: Record<string, { type?: string; default?: unknown }>;
}

/**
 * A job of a workflow: without a name, its only one.
 * @throws {Error} when there is none, or no only one.
 */
export function jobOf({ name, jobs }: Workflow, job = Object.keys(jobs).join(' and ')): Job {
  const found = jobs[job];
  if (!found) throw new Error(`${name} has no job ${job}`);
  return found;
}

/** A workflow with only these of its jobs. */
export function onlyJobs(workflow: Workflow, ...names: string[]): Workflow {
  const jobs = Object.fromEntries(names.map((name) => [name, jobOf(workflow, name)]));
  return { ...workflow, jobs };
}

/** The values of expressions: `github`, `steps` and others. */
export type Contexts = Record<string, unknown>;

export type JobStatus = 'success' | 'failure' | 'cancelled' | 'skipped';

/** Texts with the values of their expressions, such as `${{ steps.tag.outputs.commit }}`. */
export function interpolateAll(
  values: Record<string, unknown> = {},
  contexts: Contexts,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, interpolate(String(value), contexts)]),
  );
}

function interpolate(text: string, contexts: Contexts): string {
  return text.replace(/\$\{\{(.*?)\}\}/gs, (_, expression) =>
    String(evaluate(expression, contexts)),
  );
}

/** Whether a step runs, whose job has this status so far; or a job, of what it needs. */
export function isDue(
  { if: condition = 'success()' }: Pick<Step, 'if'>,
  status: JobStatus,
  contexts: Contexts,
): boolean {
  const expression = condition.replace(/^\$\{\{(.*)\}\}$/s, '$1');
  const asksForStatus = /\b(success|failure|cancelled|always)\(\)/.test(expression);
  const isTrue = Boolean(evaluate(expression, contexts, status));
  return isTrue && (asksForStatus || status === 'success');
}

/** A text in quotes, or the path of a value. */
const TOKEN = /'(?<text>[^']*)'|(?<path>[a-z_][\w-]*(?:\.[\w-]+)+)/gi;

/** The value of an expression: but for texts and paths, those of our workflows are JavaScript, too. */
function evaluate(expression: string, contexts: Contexts, status: JobStatus = 'success'): unknown {
  const code = expression.replace(TOKEN, (...match) => {
    const { text, path } = match.at(-1) as { text?: string; path?: string };
    return `(${JSON.stringify(path === undefined ? text : valueAt(path, contexts))})`;
  });
  return runInNewContext(code, {
    fromJSON: JSON.parse,
    contains: (all: string | unknown[], one: string) => all.includes(one),
    startsWith: (text: string, start: string) => String(text).startsWith(start),
    success: () => status === 'success',
    failure: () => status === 'failure',
    cancelled: () => status === 'cancelled',
    always: () => true,
  });
}

/**
 * The value at a path such as `steps.tag.outputs.commit`; empty if there is none.
 * @throws {Error} when its first name is no context.
 */
function valueAt(path: string, contexts: Contexts): unknown {
  const names = path.split('.');
  const [first = ''] = names;
  if (!(first in contexts)) throw new Error(`No context for ${path}`);
  return names.reduce<unknown>((value, name) => Object(value)[name], contexts) ?? '';
}

/** The key action and its post step in virtual time, without a process. */

import { createKey, type KeyRequest, type NewKey } from '../../src/actions/key/create-key.ts';
import { runKeyTask } from '../../src/actions/key/end-key.ts';
import { jobStatusOf } from '../../src/actions/key/job-status.ts';
import { formatSpend, type KeySpend } from '../../src/actions/key/key-spend.ts';
import { reportSpend } from '../../src/actions/key/report.ts';
import { type KeyTask, keyTask, leavesToEndKey } from '../../src/actions/key/task.ts';
import { type EffectRecord, recordEffect } from '../../src/http/effect.ts';
import { toJson } from '../../src/lib/json.ts';
import type { SeenKey } from '../../src/openrouter/settlement.ts';
import { describeWarning } from '../../src/report/describe-error.ts';
import type { Description } from '../../src/report/description.ts';
import type { Context } from '../../src/shared/context.ts';
import {
  connect,
  type ProcessRun,
  runToEnd,
  type Simulation,
  type StepConditions,
  savedAndRead,
  whileAlive,
} from './simulation.ts';

/** Made once: a simulation reads thousands of tasks. */
export const KEY_TASK = keyTask();

/** A key step that has ended, and what it reported by then. */
export interface KeyStep extends ProcessRun<NewKey> {
  handedOver?: NewKey;
  /** Whether the secret was registered before the outputs were set. */
  secretWasRegistered?: boolean;
  secrets: string[];
  task: KeyTask | null;
  /** What ends the key, if it is sealed. */
  sealed?: KeyTask;
  warnings: Description[];
  lines: string[];
  effect: EffectRecord;
}

/** A number by which the first key of a simulation ends with `i00000`, and each later one with another ending. */
function randomAfter({ network: { calls } }: Simulation): number {
  return 0.5 + calls.filter((call) => call === 'POST /keys').length / 36 ** 6;
}

/** Runs a key step. What it does after it is killed does not happen. */
export async function runKey(
  simulation: Simulation,
  request: KeyRequest,
  conditions: StepConditions,
): Promise<KeyStep> {
  const step: KeyStep = {
    killed: false,
    secrets: [],
    task: null,
    warnings: [],
    lines: [],
    effect: recordEffect(),
    elapsed: 0,
  };
  const alive = whileAlive(step);
  const save = alive((task: KeyTask | null) => {
    step.task = task && savedAndRead(KEY_TASK, task);
    step.lines.push(toJson(task));
  });
  const context = connect(simulation, conditions, {
    lines: step.lines,
    isDead: () => step.killed,
    effect: step.effect,
  });
  const work = createKey(request, {
    ...collectWarnings(context, step.warnings),
    saveTask: save,
    registerSecrets: (secrets) => step.secrets.push(...secrets),
    onKey: alive((result: NewKey, end: KeyTask) => {
      if (request.isSealed) step.sealed = savedAndRead(KEY_TASK, end);
      step.secretWasRegistered = step.secrets.includes(result.secret);
      step.handedOver = result;
    }),
    random: () => randomAfter(simulation),
  });
  await runToEnd(simulation, step, { work, killedAfter: conditions.killedAfter });
  return step;
}

export interface KeyPost {
  warnings: Description[];
  /** Why the post step failed, if it did, which the post step reports as a warning. */
  error?: Error;
  /** What is left to do if it failed. */
  left?: KeyTask;
  replaced?: readonly SeenKey[];
  spend?: KeySpend;
  lines: string[];
}

/** Runs the post step of `step`, from what its journal holds, or `end-key` if that is left to it. */
export async function runKeyPost(
  simulation: Simulation,
  { task, sealed }: Pick<KeyStep, 'task' | 'sealed'>,
  { jobStatus = 'success', ...conditions }: StepConditions & { jobStatus?: string },
): Promise<KeyPost> {
  const post: KeyPost = { warnings: [], lines: [] };
  if (!task) return post;
  const context = connect(simulation, conditions, { lines: post.lines });
  const collecting = collectWarnings(context, post.warnings);
  const status = jobStatusOf(jobStatus, 'GitHub');
  const left = leavesToEndKey(task, status, collecting);
  const work = runKeyTask((left && sealed) || task, status, collecting);
  const { spend, replaced, incomplete } = await simulation.clock.run(work);
  if (!spend) return { ...post, replaced, ...incomplete };
  post.lines.push(formatSpend(spend));
  const { warn } = collecting;
  reportSpend(spend, { info: () => undefined, summarize: () => undefined, warn });
  return { ...post, replaced, spend, ...incomplete };
}

/** `context`, whose warnings are pushed to `warnings` too. */
function collectWarnings(context: Context, warnings: Description[]): Context {
  return {
    ...context,
    warn(kind, facts) {
      warnings.push(describeWarning(kind, facts));
      context.warn(kind, facts);
    },
  };
}

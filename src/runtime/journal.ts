import { getState } from '@actions/core';
import * as z from 'zod/mini';
import { apiUrl, type Connection } from '../inputs/connection.ts';
import { parseJson } from '../lib/json.ts';
import { stateNotWritten, stateNotWrittenWarning } from '../report/failures.ts';
import type { Report } from '../report/report.ts';
import type { SaveTask } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { stateInvalid } from './failures.ts';
import { isRunning, type MainProcess, mainProcess, thisProcess } from './main-process.ts';

/**
 * What a step saves for its post step: a task, and how to reach OpenRouter. The post step uses these
 * and not its inputs: GitHub evaluates inputs again for it, and they may have changed.
 */
const savedTask = <Task>(task: z.ZodMiniType<Task>) =>
  z.object({ apiUrl, timeoutMs: z.number(), task });

type SavedTask<Task> = z.infer<ReturnType<typeof savedTask<Task>>>;

const TASK_STATE = 'task';
const MAIN_PROCESS_STATE = 'main-process';

/**
 * Opens the journal of a step, before it creates anything: saves which process this is, and returns what saves a task,
 * with the step's connection.
 */
export function openJournal<Task>(
  { apiUrl, timeoutMs }: Connection,
  report: Pick<Report, 'saveState' | 'warn' | 'debug'>,
): SaveTask<Task> {
  const main = thisProcess();
  const problem = main && report.saveState(MAIN_PROCESS_STATE, main);
  // No failure: a step that depends on state fails when it saves the task of its post step.
  if (problem !== undefined) report.debug(`The id of this process could not be saved: ${problem}`);
  return (task, { exists, orWarn = false } = {}) => {
    const saved: SavedTask<Task> | null = task && { apiUrl, timeoutMs, task };
    const reason = report.saveState(TASK_STATE, saved);
    if (reason === undefined) return;
    if (!orWarn) throw new Failure(stateNotWritten, { reason, exists });
    report.warn(stateNotWrittenWarning, { reason });
  };
}

/**
 * Reads what the main step saved: `cleared` if nothing is left to do, `missing` if the step saved nothing,
 * because it created nothing or leaves nothing to do, and a `Failure` if the state is invalid. State arrives in
 * an environment variable, so it is validated like an input: the key must not be sent to a host without TLS.
 */
export function readJournal<Task>(
  taskSchema: z.ZodMiniType<Task>,
): SavedTask<Task> | Failure | 'cleared' | 'missing' {
  const text = getState(TASK_STATE);
  if (text === '') return 'missing';
  if (text === 'null') return 'cleared';
  const { data } = z.safeParse(savedTask(taskSchema), parseJson(text));
  return data ?? new Failure(stateInvalid, { name: TASK_STATE });
}

/** Finds the main process that was saved, if it is still running. */
export function findRunningMain(): MainProcess | undefined {
  const { data: main } = z.safeParse(mainProcess(), parseJson(getState(MAIN_PROCESS_STATE)));
  return main && isRunning(main) ? main : undefined;
}

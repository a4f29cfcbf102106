import { readFileSync } from 'node:fs';
import { getState } from '@actions/core';
import * as z from 'zod/mini';
import { type Clock, sleep } from '../lib/clock.ts';
import { parseJson } from '../lib/json.ts';
import type { Report } from '../report/report.ts';

/** A process that runs the main program of a step, as its post step can find it again. */
export interface MainProcess {
  pid: number;
  /** When it started, in ticks since the machine did: process ids are reused. */
  startTime: string;
}

/** The name of the state. */
const MAIN_PROCESS_STATE = 'main-process';

/** Tells the post step which process this is, before anything is created. */
export function saveMainProcess(report: Pick<Report, 'saveState' | 'debug'>): void {
  const main = thisProcess();
  if (!main) return;
  const reason = report.saveState(MAIN_PROCESS_STATE, main);
  // Not worth a failure: a step that cannot do without state fails when it saves its own.
  if (reason !== undefined) report.debug(`The id of this process could not be saved: ${reason}`);
}

/** The main process of this step, if it is still running. */
export function findRunningMain(): MainProcess | undefined {
  const schema = z.object({ pid: z.int().check(z.positive()), startTime: z.string() });
  const { data: main } = z.safeParse(schema, parseJson(getState(MAIN_PROCESS_STATE)));
  return main && isRunning(main) ? main : undefined;
}

/** Undefined if there is no `/proc`, or one of other processes than those here. */
function thisProcess(): MainProcess | undefined {
  const stat = readStat('self');
  const startTime = runningSince(stat);
  const { pid } = process;
  return startTime !== undefined && stat.startsWith(`${pid} `) ? { pid, startTime } : undefined;
}

function isRunning({ pid, startTime }: MainProcess): boolean {
  return runningSince(readStat(pid)) === startTime;
}

/** How long a process may take to end, in milliseconds. A cancelled step ends at once. */
export const END_WITHIN_MS = 5_000;
const POLL_MS = 20;

/**
 * Cancels `main`, and waits `END_WITHIN_MS` at most until it has ended. Returns whether it has. A
 * wait that `signal` aborts counts as not ended.
 */
export async function endProcess(
  main: MainProcess,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<boolean> {
  terminate(main);
  const deadline = clock.now() + END_WITHIN_MS;
  while (isRunning(main)) {
    if (clock.now() > deadline || signal.aborted) return false;
    await sleep(clock, POLL_MS, signal);
  }
  return true;
}

function terminate({ pid }: MainProcess): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // Whether it has ended, or belongs to another user, shows when its end is awaited.
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
  }
}

/** What Linux reports about a process; empty if there is no such process, or no `/proc`. */
function readStat(pid: number | 'self'): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return '';
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

/**
 * When the process that `stat` is about started (proc_pid_stat(5)); undefined if it has ended and
 * only waits for its parent to notice. The second field, the name of the program, is in parentheses
 * and can contain spaces and parentheses.
 */
export function runningSince(stat: string): string | undefined {
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : fields[18];
}

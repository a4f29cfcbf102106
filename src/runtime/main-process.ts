import { readFileSync } from 'node:fs';
import { type Clock, sleep } from '../lib/clock.ts';
import type { Report } from '../report/report.ts';

/** A process that runs the main program of a step, as its post step can find it again. */
export interface MainProcess {
  pid: number;
  /** When it was started, in ticks since the machine was; ids of processes are used again. */
  startTime: string;
}

/** The name under which it is saved. */
export const MAIN_PROCESS_STATE = 'main-process';

/** Leaves to the post step which process this is, before it does anything that has to be cleaned up. */
export function leaveProcess(report: Report): void {
  const main = thisProcess();
  if (!main) return;
  try {
    report.saveState(MAIN_PROCESS_STATE, main);
  } catch (error) {
    // What cannot do without state fails when it saves its own.
    report.debug(`The id of this process could not be saved: ${String(error)}`);
  }
}

/** This process. Undefined where there is no `/proc`, or one of other processes than those here. */
function thisProcess(): MainProcess | undefined {
  const stat = readStat('self');
  const startTime = runningSince(stat);
  const { pid } = process;
  return startTime !== undefined && stat.startsWith(`${pid} `) ? { pid, startTime } : undefined;
}

export function isRunning({ pid, startTime }: MainProcess): boolean {
  return runningSince(readStat(pid)) === startTime;
}

/** How long a process may take to end; a step that is cancelled ends at once. */
export const END_WITHIN_MS = 5_000;
const POLL_MS = 20;

/**
 * Has `main` end as a cancellation does, and waits for that for `END_WITHIN_MS` at most. Whether it has ended.
 * @throws the reason of `signal`, as soon as it aborts.
 */
export async function endProcess(
  main: MainProcess,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<boolean> {
  terminate(main);
  const deadline = clock.now() + END_WITHIN_MS;
  while (isRunning(main)) {
    if (clock.now() > deadline) return false;
    await sleep(clock, POLL_MS, signal);
  }
  return true;
}

function terminate({ pid }: MainProcess): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    // Whether it has ended by now, or is another user's, the wait for its end shows.
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
  }
}

/** What Linux says of a process; empty where there is no such process, or no `/proc`. */
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
 * When the process was started that `stat` is about (proc_pid_stat(5)); undefined where it has
 * ended and only its parent does not know yet. The name of its program, the second field, is in
 * parentheses and can hold blanks and parentheses.
 */
export function runningSince(stat: string): string | undefined {
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : fields[18];
}

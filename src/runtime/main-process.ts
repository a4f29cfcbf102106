import { readFileSync } from 'node:fs';
import { types } from 'node:util';
import * as z from 'zod/mini';
import { POST_GRACE_MS } from '../http/send.ts';
import { type Clock, sleep } from '../lib/clock.ts';

/** The process of a main step, identified so that the post step can find it. */
export const mainProcess = () =>
  z.object({
    pid: z.number().check(z.refine((pid) => pid >= 1)),
    /** When the process started, in clock ticks since boot. It is needed because pids are reused. */
    startTime: z.string(),
  });

export type MainProcess = z.infer<ReturnType<typeof mainProcess>>;

/** This process. Undefined if there is no `/proc`, or if it belongs to another PID namespace. */
export function thisProcess(): MainProcess | undefined {
  const stat = readStat('self');
  const startTime = runningSince(stat);
  const { pid } = process;
  return startTime !== undefined && stat.startsWith(`${pid} `) ? { pid, startTime } : undefined;
}

export function isRunning({ pid, startTime }: MainProcess): boolean {
  return runningSince(readStat(pid)) === startTime;
}

/** How long a process may take to end, in milliseconds. A cancelled step ends as soon as its POST does. */
export const END_WITHIN_MS = POST_GRACE_MS + 2_000;
const POLL_MS = 20;

/**
 * Sends SIGTERM to `main` and waits for it to end, for `END_WITHIN_MS` at most. Returns whether it
 * ended; false if `signal` aborts the wait.
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
    // It has ended, or it belongs to another user: the wait that follows shows which.
    if (codeOf(error) !== 'ESRCH' && codeOf(error) !== 'EPERM') throw error;
  }
}

/** Reads what Linux reports about a process; empty if there is no such process, or no `/proc`. */
function readStat(pid: number | 'self'): string {
  try {
    return readFileSync(`/proc/${pid}/stat`, 'utf8');
  } catch (error) {
    if (codeOf(error) === undefined) throw error;
    return '';
  }
}

function codeOf(error: unknown): unknown {
  return types.isNativeError(error) && 'code' in error ? error.code : undefined;
}

/**
 * The start time in `stat`, the content of `/proc/<pid>/stat` (proc_pid_stat(5)); undefined if the
 * process is a zombie. The second field, the name of the program, is in parentheses and can contain
 * spaces and parentheses.
 */
export function runningSince(stat: string): string | undefined {
  const [state = '', ...fields] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return state === 'Z' || state === 'X' ? undefined : fields[18];
}

import { readSecrets } from '../inputs/secrets.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { openReport, type Report } from '../report/report.ts';

/** What a program has of the step that it runs as. */
export interface Step {
  report: Report;
  clock: Clock;
  /** Aborts when the run is cancelled and when the limit is over; the reason says which. */
  signal: AbortSignal;
  /** Gives the step `ms` milliseconds from now; returns when that is over, by `clock`. */
  limit(ms: number): number;
}

/**
 * Runs one program as a step of a job and ends the process, with all secrets masked first: green if
 * `program` resolves. If it rejects, `blame` tells of it, and what that returns is the exit code.
 * Red from the start, so that a program which comes to a halt in a way that nobody thought of is
 * not taken for a success.
 */
export async function runStep(
  program: (step: Step) => Promise<void>,
  blame: (report: Report, error: unknown) => number = fail,
): Promise<void> {
  process.exitCode = 1;
  // Node is silent on what packages do with deprecated parts of it, but takes a bundle for our own.
  process.noDeprecation = true;
  const report = openReport();
  const { managementKey, proxyPassword } = readSecrets();
  report.conceal(managementKey);
  // Only in the log: a password may be a word, and is not sent to where outputs come from.
  report.mask(proxyPassword);

  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => stop.abort(new Error(`the run was cancelled (${name})`)));
  }
  process.on('uncaughtException', (error) => {
    stop.abort(new Error(`the action itself failed: ${error.stack ?? error.message}`));
  });
  // A log that nobody reads any more is no reason to break off.
  process.stdout.on('error', () => undefined);

  const limit = (ms: number) => {
    const over = new Error(`the timeout of ${ms / 1000} s for this step is over`);
    systemClock.after(ms, () => stop.abort(over));
    return systemClock.now() + ms;
  };
  try {
    await program({ report, clock: systemClock, signal: stop.signal, limit });
    process.exitCode = 0;
  } catch (error) {
    process.exitCode = blame(report, error);
  }
  // What is still open, such as the socket to a proxy that never answers, must not hold the job.
  process.stdout.write('', () => process.exit());
}

function fail(report: Report, error: unknown): number {
  report.fail(error);
  return 1;
}

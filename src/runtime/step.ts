import { readSecrets } from '../inputs/secrets.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { createReport, type Report } from '../report/report.ts';

/** What a program has of the step that it runs as. */
export interface Step {
  report: Report;
  clock: Clock;
  /** Aborts when the run is cancelled and when time is over; the reason is an error that says which. */
  signal: AbortSignal;
  /** Gives the step `ms` milliseconds from now on; returns when they are over, by `clock`. */
  startTimeout(ms: number): number;
}

/**
 * Runs one program as a step of a job, and ends the process. The step succeeds if `program` resolves.
 * If it rejects, `onError` reports that, and returns the exit code.
 */
export async function runStep(
  program: (step: Step) => Promise<void>,
  onError: (report: Report, error: unknown) => number = fail,
): Promise<void> {
  // A program that stops in a way that no one thought of must not pass for a success.
  process.exitCode = 1;
  // Node is silent on what packages do with deprecated parts of it, but takes a bundle for our own.
  process.noDeprecation = true;
  const report = createReport();
  const { managementKey, proxyPassword } = readSecrets();
  report.registerSecrets(managementKey);
  // Only in the log: a password may be a common word, and is not sent to where outputs come from.
  report.mask(proxyPassword);

  const abort = new AbortController();
  abortOnSignals(abort);
  // A log that no one reads any more is no reason to stop.
  process.stdout.on('error', () => undefined);
  const startTimeout = (ms: number) => {
    systemClock.after(ms, () =>
      abort.abort(new Error(`the timeout of ${ms / 1000} s for this step is over`)),
    );
    return systemClock.now() + ms;
  };

  try {
    await program({ report, clock: systemClock, signal: abort.signal, startTimeout });
    process.exitCode = 0;
  } catch (error) {
    process.exitCode = onError(report, error);
  }
  // What is still open, such as the socket to a proxy that never responds, must not hold the job.
  process.stdout.write('', () => process.exit());
}

function abortOnSignals(abort: AbortController): void {
  for (const name of ['SIGINT', 'SIGTERM'] as const) {
    process.on(name, () => abort.abort(new Error(`the run was cancelled (${name})`)));
  }
  process.on('uncaughtException', (error) => {
    abort.abort(new Error(`internal error: ${error.stack ?? error.message}`));
  });
}

function fail(report: Report, error: unknown): number {
  report.fail(error);
  return 1;
}

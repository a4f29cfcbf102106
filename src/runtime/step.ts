import manifest from '../../package.json' with { type: 'json' };
import { gitHub } from '../github/server.ts';
import { type Client, type ClientOptions, createClient } from '../http/client.ts';
import { type Effect, type EffectRecord, recordEffect } from '../http/effect.ts';
import type { Server } from '../http/server.ts';
import { httpTransport } from '../http/transport.ts';
import { type Connection, readSecrets } from '../inputs/connection.ts';
import { Cancellation } from '../lib/cancellation.ts';
import { type Clock, systemClock } from '../lib/clock.ts';
import { CounterMemory } from '../openrouter/counters.ts';
import { openRouter } from '../openrouter/server.ts';
import { createReport, type Report, type StepName } from '../report/report.ts';
import type { Context } from '../shared/context.ts';
import { Timeout } from './timeout.ts';

/** What a program needs of the step that it runs as. */
export interface Step {
  report: Report;
  clock: Clock;
  /** Aborts when the run is cancelled and when the timeout expires. The reason is an `Error`. */
  signal: AbortSignal;
  /** What the step may have changed at OpenRouter. */
  effect: EffectRecord;
  timeout: Timeout;
}

/** Reports the error that ended a program, and returns the exit code. */
type ErrorHandler = (report: Report, error: unknown, effect: Effect) => number;

/**
 * Runs a program as a step of a job, then ends the process. The step succeeds if `program` resolves.
 * If it rejects, `onError` reports the error and returns the exit code.
 */
export async function runStep(
  name: StepName,
  program: (step: Step) => Promise<void>,
  onError: ErrorHandler = fail,
): Promise<void> {
  // An unforeseen exit must not count as success.
  process.exitCode = 1;
  // Node hides deprecation warnings of code in node_modules, but not of the same code in a bundle.
  process.noDeprecation = true;
  const report = createReport(name);
  const { managementKey, gitHubToken, seal, proxyPassword } = readSecrets();
  report.registerSecrets([...managementKey, ...gitHubToken, ...seal]);
  // Masked in the log only: a password can be a common word, and outputs never contain it.
  report.mask(proxyPassword);

  const effect = recordEffect();
  const abort = new AbortController();
  abortOnSignals(abort);
  const unforeseen = abortOnUnforeseenErrors(abort, report);
  // A closed log is no reason to stop.
  process.stdout.on('error', () => undefined);
  const timeout = new Timeout(systemClock, abort);

  const { signal } = abort;
  try {
    await program({ report, clock: systemClock, signal, effect, timeout });
    if (unforeseen.first) throw unforeseen.first;
    process.exitCode = 0;
  } catch (error) {
    process.exitCode = reportError(error, { report, effect: effect.current() }, onError);
  }
  timeout.stop();
  report.end();
  // An open handle, such as the socket of a proxy that does not respond, must not delay the job.
  process.stdout.write('', () => process.exit());
}

/**
 * GitHub's runner sends SIGINT, and after 7.5 s SIGTERM (`ProcessInvoker.cs` of actions/runner), which then
 * changes nothing. On Windows these are Ctrl+C and Ctrl+Break, which Node.js reports as SIGINT and SIGBREAK.
 */
function abortOnSignals(abort: AbortController): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGBREAK'] as const) {
    process.on(name, () => abort.abort(new Cancellation(name)));
  }
}

/** Returns an object that gets the first error that nothing has caught, which is logged. */
function abortOnUnforeseenErrors(
  abort: AbortController,
  { info }: Pick<Report, 'info'>,
): { first?: Error } {
  const unforeseen: { first?: Error } = {};
  process.on('uncaughtException', (error) => {
    unforeseen.first ??= error;
    info(error.stack ?? error.message);
    abort.abort(new Error(`internal error: ${error.message}`));
  });
  return unforeseen;
}

function fail(report: Report, error: unknown, effect: Effect): number {
  report.fail(error, effect);
  return 1;
}

/** Reports `error`, and if that fails, why: a step must never fail without a message. */
function reportError(
  error: unknown,
  { report, effect }: { report: Report; effect: Effect },
  onError: ErrorHandler,
): number {
  try {
    return onError(report, error, effect);
  } catch (defect) {
    return onError(report, defect, effect);
  }
}

/** The header `User-Agent`. As all actions of GitHub's toolkit do, it names the run, if the runner does. */
function userAgent(): string {
  const id = process.env['ACTIONS_ORCHESTRATION_ID']?.replace(/[^a-z0-9_.-]/gi, '_');
  return `${manifest.name}/${manifest.version}${id ? ` actions_orchestration_id/${id}` : ''}`;
}

/**
 * Creates the context for an operation in `step`, and starts the step's timeout.
 * @param wasAccepted whether OpenRouter has accepted requests of the main step
 */
export function startContext(
  connection: Connection,
  step: Step,
  { wasAccepted = false } = {},
): Context {
  const { report, clock, signal } = step;
  step.timeout.start(connection.timeoutMs);
  const client = clientOf(openRouter(connection), step, { wasAccepted });
  const { toLine, warn } = report;
  const { rest } = step.timeout;
  const counters = new CounterMemory();
  const facts = { client, counters, clock, timeOfDay: Date.now, rest, signal };
  return { ...facts, log: report, toLine, warn };
}

/** Creates the client of another server for a step whose timeout has started. */
export function startGitHub(connection: Parameters<typeof gitHub>[0], step: Step): Client {
  // The effect of a step is what it changes at OpenRouter.
  return clientOf(gitHub(connection), { ...step, effect: recordEffect() });
}

function clientOf(
  server: Server,
  { report, clock, signal, effect, timeout }: Step,
  options: Pick<ClientOptions, 'wasAccepted'> = {},
): Client {
  const transport = httpTransport(userAgent());
  const { deadline } = timeout;
  const random = Math.random;
  const facts = { server, transport, clock, random, deadline, signal, log: report, effect };
  return createClient({ ...facts, ...options });
}

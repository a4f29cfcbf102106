/**
 * Compares what the actions assume about OpenRouter with the service itself:
 * `node live/live.ts [--spend] [--write FILE]`.
 * `npm run live` starts it too, but npm does not wait for it after Ctrl+C, nor pass on SIGTERM.
 *
 * Everything that it creates has a slug that begins with `live-`, and is deleted at the end.
 * `--spend` allows it to send requests that cost at most ten cents together. It prints what
 * differs; `--write` writes the table of all assumptions to a file, as Markdown, or why there is none.
 */
import { randomBytes } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import * as z from 'zod/mini';
import {
  describeOptions,
  HELP,
  type Options,
  readArguments,
  runProgram,
  UsageError,
} from '../sandbox/cli/arguments.ts';
import type { HttpRequest } from '../src/http/transport.ts';
import { httpTransport } from '../src/http/transport.ts';
import { connection } from '../src/inputs/connection.ts';
import { systemClock } from '../src/lib/clock.ts';
import { createRedactor } from '../src/report/redactor.ts';
import { toLine } from '../src/report/text.ts';
import type { Context } from './api.ts';
import { CATALOGUE } from './catalogue.ts';
import { ProbeError } from './exchange.ts';
import {
  countVerdicts,
  describeDifferences,
  findProblems,
  formatFailure,
  formatReport,
} from './report.ts';
import { type Observation, runCatalogue } from './run.ts';
import { openSandbox, runInSandbox } from './sandbox.ts';

const REQUEST_TIMEOUT_MS = 30_000;

/** SIGHUP is sent when a terminal is closed. */
const EXIT_CODES = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 };

const OPTIONS = {
  spend: {
    type: 'boolean',
    description:
      'Also sends requests that cost at most ten cents together, for about a quarter of an hour; for two hours more if analytics is late.',
  },
  write: {
    type: 'string',
    value: 'FILE',
    description: 'Writes the table of all assumptions to this file, as Markdown.',
  },
  ...HELP,
} as const satisfies Options;

await runProgram(live);

async function live(args: string[]): Promise<void> {
  const helpCommand = 'node live/live.ts --help';
  const { values } = readArguments({ options: OPTIONS, helpCommand, args });
  if (values.help) {
    console.log(['node live/live.ts [options]', '', ...describeOptions(OPTIONS)].join('\n'));
    return;
  }
  const account = readConnection();
  if (values.write !== undefined) await assertWritable(values.write);
  const { redactShown: redact, register } = createRedactor();
  register([account.managementKey]);
  const print = (line: string) => console.log(toLine(line, redact));
  const stop = stopOnSignal(print);
  const spend = values.spend ?? false;
  const service: Context = {
    ...openService(account),
    spend,
    signal: stop.signal,
    log: print,
  };
  try {
    await compare(service, { write: values.write, redact, print });
  } catch (error) {
    if (!(error instanceof ProbeError)) throw error;
    print(`OpenRouter cannot be observed: ${error.message}`);
    if (values.write !== undefined) await writeFile(values.write, formatFailure(error, redact));
    process.exitCode = 1;
  }
  process.exitCode = stop.exitCode ?? process.exitCode;
}

interface Output {
  /** The file for the table. */
  write: string | undefined;
  redact(text: string): string;
  print(line: string): void;
}

async function compare(service: Context, output: Output): Promise<void> {
  const { observations, undeleted } = await runCatalogue(CATALOGUE, service);
  for (const line of undeleted) output.print(`Could not delete ${line}`);
  if (undeleted.length > 0) process.exitCode = 1;
  if (!service.signal.aborted) await report(observations, service, output);
  else if (undeleted.length === 0) output.print('Deleted all that this run has created.');
}

async function report(
  observations: readonly Observation[],
  { apiUrl, spend }: Context,
  { write, redact, print }: Output,
): Promise<void> {
  const { host } = new URL(apiUrl);
  const { observations: sandbox } = await runInSandbox(CATALOGUE, openSandbox({ spend }));
  const findings = { host, date: new Date(), observations, sandbox };
  const problems = findProblems(observations).map(({ assumption }) => assumption.id);
  for (const line of ['', ...describeDifferences(findings)]) print(line);
  print(`${observations.length} assumptions at ${host}: ${countVerdicts(observations)}.`);
  if (problems.length > 0) {
    print(`The command fails because of ${problems.join(', ')}.`);
    process.exitCode = 1;
  }
  if (write !== undefined) await writeFile(write, formatReport(findings, redact));
}

/** @throws {UsageError} */
async function assertWritable(file: string): Promise<void> {
  await appendFile(file, '').catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`Cannot write to ${JSON.stringify(file)}: ${error.message}`);
  });
}

type Connection = Pick<Context, 'apiUrl' | 'managementKey'>;

/** @throws {UsageError} */
function readConnection(): Connection {
  const { OPENROUTER_MANAGEMENT_KEY: key, OPENROUTER_API_URL: url } = process.env;
  if (!key) {
    throw new UsageError(
      'Set OPENROUTER_MANAGEMENT_KEY to a management key of an OpenRouter account without production in it.',
    );
  }
  const schema = z.object({
    OPENROUTER_MANAGEMENT_KEY: connection.management_key,
    OPENROUTER_API_URL: connection.api_url,
  });
  const { data, error } = z.safeParse(schema, {
    OPENROUTER_MANAGEMENT_KEY: key,
    OPENROUTER_API_URL: url || undefined,
  });
  if (!data) {
    const problems = error.issues.map(({ path, message }) => `${path.join('.')} ${message}.`);
    throw new UsageError(problems.join('\n'));
  }
  return { managementKey: data.OPENROUTER_MANAGEMENT_KEY, apiUrl: data.OPENROUTER_API_URL };
}

function openService({ apiUrl, managementKey }: Connection) {
  const send = httpTransport('openrouter-workspace-live');
  return {
    apiUrl,
    managementKey,
    transport: (request: HttpRequest) => send(request, AbortSignal.timeout(REQUEST_TIMEOUT_MS)),
    clock: systemClock,
    random: randomBytes,
  };
}

/**
 * Stops the run at the first signal. Others change nothing, because one Ctrl+C can send several: npm
 * sends another SIGINT, and a shell another SIGHUP.
 */
function stopOnSignal(print: (line: string) => void): {
  signal: AbortSignal;
  exitCode: number | undefined;
} {
  const controller = new AbortController();
  const state: ReturnType<typeof stopOnSignal> = { signal: controller.signal, exitCode: undefined };
  const onSignal = (exitCode: number) => () => {
    if (controller.signal.aborted) return;
    print('Stopping, and deleting what this run has created. This can take a minute.');
    state.exitCode = exitCode;
    controller.abort(new Error('the run was stopped'));
  };
  for (const [name, exitCode] of Object.entries(EXIT_CODES)) process.on(name, onSignal(exitCode));
  // A write fails after the terminal was closed, and would end the process.
  process.stdout.on('error', onSignal(EXIT_CODES.SIGHUP));
  return state;
}

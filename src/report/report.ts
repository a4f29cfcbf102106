import { appendFileSync } from 'node:fs';
import * as core from '@actions/core';
import type { Log } from '../lib/log.ts';
import { Failure, type WarningCode, type WarningDetails } from '../operations/shared/failure.ts';
import { describeError } from './describe-error.ts';
import { describeWarning, formatLeftovers } from './describe-warning.ts';
import type { Description } from './description.ts';
import { troubleshootingUrl } from './description.ts';
import { createRedactor, type Redactor } from './redactor.ts';
import { type Summary, summaryHtml } from './summary.ts';
import { toLine, toMessage } from './text.ts';

/** All that a step prints and writes. */
export interface Report extends Log {
  /** Has the runner replace each of `texts` with `***` in the log of this job from here on. */
  mask(texts: readonly string[]): void;
  /** Masks `secrets`, and keeps them out of outputs, state and summaries too. */
  registerSecrets(secrets: readonly string[]): void;
  /**
   * Sets outputs, in the order of `values`.
   * @throws {Failure} `outputs-not-written`, with the values
   */
  output(values: Readonly<Record<string, string>>): void;
  /**
   * Sets an output to a secret.
   * @throws {Failure} `secret-output-not-written`
   */
  outputSecret(name: string, secret: string): void;
  /** Keeps `value`, which JSON must be able to hold, for the post step. Returns why it cannot, if so. */
  saveState(name: string, value: unknown): string | undefined;
  summarize(summary: Summary): void;
  /** One annotation, for what is not wrong enough to fail the step. */
  warn<Code extends WarningCode>(code: Code, details: WarningDetails[Code]): void;
  /** Fails the step: one annotation, and the summary. */
  fail(error: unknown): void;
  /** Reports `error` as a warning of a cleanup, with what it may have left. */
  warnOfCleanup(error: unknown, leftovers: string): void;
}

/** The report of this step, to the log and the files that the runner names in the environment. */
export function createReport(): Report {
  const redactor = createRedactor();
  const line = (text: string) => toLine(text, redactor.redactShown);
  // GitHub's log does not show titles, so the title is the first line of the message too.
  const annotate = (annotation: typeof core.error, { code, title, lines }: Description) => {
    const url = troubleshootingUrl(code, process.env);
    const { text, omitted } = toMessage([title, ...lines, `See ${url}`].map(line));
    annotation(text, { title: line(title) });
    return omitted;
  };
  const warnOf = (description: Description) => {
    const { title, lines } = description;
    const omitted = annotate(core.warning, description);
    if (omitted > 0) summarize({ title: `⚠️ ${title}`, paragraphs: lines });
  };
  const warn: Report['warn'] = (code, details) => warnOf(describeWarning(code, details));
  const summarize = (summary: Summary) => {
    const reason = appendSummary(summary, redactor);
    if (reason !== undefined) warn('summary-not-written', { reason });
  };
  return {
    info: (text) => core.info(line(text)),
    debug: (text) => core.debug(line(text)),
    mask: (texts) => texts.forEach(core.setSecret),
    registerSecrets(secrets) {
      secrets.forEach(core.setSecret);
      redactor.register(secrets);
    },
    output: (values) => writeOutputs(values, redactor),
    outputSecret: writeSecretOutput,
    saveState: (name, value) => writeState(name, value, redactor),
    summarize,
    warn,
    fail(error) {
      const description = describeError(error);
      const { title, lines, table } = description;
      annotate(core.error, description);
      summarize({ title: `❌ ${title}`, paragraphs: lines, table });
    },
    warnOfCleanup(error, leftovers) {
      const description = describeError(error);
      const lines = [...description.lines, formatLeftovers(leftovers)];
      warnOf({ ...description, lines });
    },
  };
}

function writeOutputs(values: Readonly<Record<string, string>>, { redact }: Redactor): void {
  try {
    for (const [name, value] of Object.entries(values)) core.setOutput(name, redact(value));
  } catch (error) {
    throw new Failure('outputs-not-written', { reason: messageOf(error), values });
  }
}

function writeSecretOutput(name: string, secret: string): void {
  try {
    // Without that file, core would print it.
    if (!process.env['GITHUB_OUTPUT']) throw new Error('GITHUB_OUTPUT is not set');
    core.setOutput(name, secret);
  } catch (error) {
    throw new Failure('secret-output-not-written', { reason: messageOf(error), name });
  }
}

function writeState(name: string, value: unknown, { redact }: Redactor): string | undefined {
  try {
    core.saveState(name, redact(JSON.stringify(value)));
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

/** Returns why the summary could not be written, if so. */
function appendSummary(summary: Summary, { redactShown }: Redactor): string | undefined {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (!file) return undefined;
  try {
    // Not by `core.summary`: what it loads of Node would take a twentieth of a whole create.
    appendFileSync(file, `${summaryHtml(summary, redactShown)}\n`);
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

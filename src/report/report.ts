import { appendFileSync, statSync } from 'node:fs';
import { types } from 'node:util';
import * as core from '@actions/core';
import type { Effect } from '../http/effect.ts';
import { toJson } from '../lib/json.ts';
import type { Log } from '../lib/log.ts';
import type { Context } from '../shared/context.ts';
import { Failure } from '../shared/failure.ts';
import { describeError, describeWarning } from './describe-error.ts';
import { type Description, type EffectFacts, troubleshootingUrl } from './description.ts';
import { outputsNotWritten, secretOutputNotWritten, summaryNotWritten } from './failures.ts';
import { describeOmitted, MAX_VALUE_BYTES, MAX_VALUE_SIZE, type Outputs } from './outputs.ts';
import { createRedactor, type Redactor, withRests } from './redactor.ts';
import { type Summary, summaryHtml } from './summary.ts';
import { type Redact, toLine, toMessage } from './text.ts';

/** What a post step may leave at OpenRouter; empty for nothing. */
interface Leftovers extends Pick<EffectFacts, 'advice'> {
  leftovers: string;
}

/** Everything that a step prints and writes. */
export interface Report extends Log {
  /** Shown only if debug logging is enabled for the run. */
  debug(line: string): void;
  /** Makes the runner replace `texts` with `***` in the rest of the job's log. */
  mask(texts: readonly string[]): void;
  toLine: Context['toLine'];
  /** Replaces secrets in a text that is written elsewhere with `***`. */
  redact: Redact;
  /** Masks `secrets` in the log, and redacts them in outputs, state and summaries. */
  registerSecrets(secrets: readonly string[]): void;
  /**
   * Sets outputs, in their order, and logs what was left out of them.
   * @throws {Failure} `outputs-not-written`, with the values
   */
  output(outputs: Outputs): void;
  /**
   * Sets an output to a secret.
   * @throws {Failure} `secret-output-not-written`
   */
  outputSecret(name: string, secret: string): void;
  /** Saves `value` as JSON for the post step. Returns why it cannot be written, if so. */
  saveState(name: string, value: unknown): string | undefined;
  /** Appends to the job summary. A failure to write it is only a warning. */
  summarize(summary: Summary): void;
  /** Adds a warning annotation, for a problem that does not fail the step. */
  warn: Context['warn'];
  /**
   * Reports the error that fails the step: an error annotation and the summary.
   * @param effect what the step may have changed at OpenRouter
   * @param context what may be left there that should not be
   */
  fail(error: unknown, effect: Effect, context?: Leftovers): void;
  /**
   * Reports the error of a post step as a warning, with what may be left at OpenRouter. If that is
   * nothing, the error is only logged.
   */
  warnOfPostStep(error: unknown, context: { effect: Effect } & Leftovers): void;
  /** Ends the log. */
  end(): void;
}

/** Which step of a job this is, as its annotations and its summary name it. */
export interface StepName {
  /** What `uses:` in the workflow ends with. */
  action: string;
  isPost?: boolean;
  /** Whether it ends what the jobs before it have used. Then its warnings are in the summary, too, as in a post step. */
  endsJob?: boolean;
  /** Whether it changes nothing at OpenRouter. */
  onlyReads?: boolean;
}

/** Creates the report of a step. It writes to the log and to the files that the runner provides. */
export function createReport({
  action,
  isPost = false,
  endsJob = isPost,
  onlyReads = false,
}: StepName): Report {
  const who = isPost ? `${action}, post step` : action;
  const redactor = createRedactor();
  const line = (text: string) => toLine(text, redactor.redactShown);
  const groups = groupRequests();
  const info = groups.outside((text: string) => core.info(line(text)));
  const [error, warning] = [groups.outside(core.error), groups.outside(core.warning)];
  const warnOf = (description: Description) => {
    const omitted = annotate(warning, description, { line, who });
    if (endsJob || omitted > 0) summarize(toSummary('⚠️', description));
  };
  const failOf = (description: Description) => {
    annotate(error, description, { line, who });
    summarize(toSummary('❌', description));
  };
  const summarize = (summary: Summary) => {
    const of = isPost ? [`Post step of ${action}, after the job.`] : [];
    const paragraphs = [...of, ...(summary.paragraphs ?? [])];
    const reason = appendSummary({ ...summary, paragraphs }, redactor);
    if (reason === undefined) return;
    annotate(warning, describeWarning(summaryNotWritten, { reason }), { line, who });
  };
  return {
    info,
    request: groups.inside((text) => core.info(line(text))),
    end: groups.close,
    toLine: line,
    notice: groups.outside((text) => core.notice(line(text), { title: who })),
    redact: redactor.redactShown,
    debug: (text) => core.debug(line(text)),
    mask: (texts) => texts.forEach(core.setSecret),
    registerSecrets(secrets) {
      withRests(secrets).forEach(core.setSecret);
      redactor.register(secrets);
    },
    output: (outputs) => writeOutputs(outputs, redactor).forEach(info),
    outputSecret: writeSecretOutput,
    saveState: (name, value) => writeState(name, value, redactor),
    summarize,
    warn: (kind, facts) => warnOf(describeWarning(kind, facts)),
    ...errorReports({ info, warnOf, failOf, onlyReads }),
  };
}

interface ErrorWriters {
  info(text: string): void;
  warnOf(description: Description): void;
  failOf(description: Description): void;
  onlyReads: boolean;
}

/** The part of a report that is about the error that ends a step. */
function errorReports({
  info,
  warnOf,
  failOf,
  onlyReads,
}: ErrorWriters): Pick<Report, 'fail' | 'warnOfPostStep'> {
  return {
    fail: (error, effect, context = { leftovers: '' }) =>
      failOf(describeError(error, effect, { ...context, onlyReads })),
    warnOfPostStep(error, { effect, leftovers, advice }) {
      const description = describeError(error, effect, { leftovers, advice });
      if (leftovers === '') messageOf(description).forEach(info);
      else warnOf(description);
    },
  };
}

type Write<Args extends unknown[]> = (...args: Args) => void;

/**
 * Folds the requests in the log: the first opens a group, and what stands outside of it closes the group, so that
 * nothing is held back. Requests that run at once share the group that is open.
 */
function groupRequests() {
  let isOpen = false;
  const close = () => {
    if (isOpen) core.endGroup();
    isOpen = false;
  };
  return {
    close,
    inside<Args extends unknown[]>(write: Write<Args>): Write<Args> {
      return (...args) => {
        if (!isOpen) core.startGroup('Requests');
        isOpen = true;
        write(...args);
      };
    },
    outside<Args extends unknown[]>(write: Write<Args>): Write<Args> {
      return (...args) => {
        close();
        write(...args);
      };
    },
  };
}

/**
 * Adds an annotation. Its title has the step and the code, because GitHub's log shows only the message. Returns
 * how many lines did not fit.
 */
function annotate(
  annotation: typeof core.error,
  description: Description,
  { line, who }: { line: Redact; who: string },
): number {
  const { code, title, linesSuffice } = description;
  const { text, omitted } = toMessage(
    [...messageOf(description), `See ${urlOf(code)}`].map((text) => line(text)),
  );
  const heading = linesSuffice
    ? title.charAt(0).toLowerCase() + title.slice(1)
    : code.replaceAll('-', ' ');
  annotation(text, { title: `${who}: ${heading}` });
  return omitted;
}

/** A description as the lines of a message. */
function messageOf({ title, lines, linesSuffice, rows = [], details = [] }: Description): string[] {
  return [...(linesSuffice ? [] : [title]), ...rows, ...lines, ...details];
}

/** What a reader unfolds to see the details of a description. */
const DETAILS = 'Details';

function toSummary(icon: string, description: Description): Summary {
  const { code, title, lines, details = [], table, folded = [], notes } = description;
  return {
    title: `${icon} ${nameProduct(title)}`,
    url: urlOf(code),
    paragraphs: lines,
    table,
    folded: [...folded, ...(details.length > 0 ? [{ title: DETAILS, paragraphs: details }] : [])],
    notes,
  };
}

/** A title that says what it is about, because a job has more summaries than those of one action. */
function nameProduct(title: string): string {
  return title.includes('OpenRouter') ? title : `OpenRouter: ${title}`;
}

function urlOf(code: string): string {
  return troubleshootingUrl(code, process.env);
}

/**
 * Sets outputs. Returns a sentence about each from which something was left out.
 * @throws {Failure} `outputs-not-written`
 */
function writeOutputs(outputs: Outputs, { redact }: Redactor): readonly string[] {
  const values = Object.fromEntries(
    Object.entries(outputs).map(([name, value]) => [
      name,
      typeof value === 'string' ? value : value.json,
    ]),
  );
  try {
    for (const [name, value] of Object.entries(values)) core.setOutput(name, redact(value));
    return describeOmitted(outputs);
  } catch (error) {
    throw new Failure(outputsNotWritten, { reason: reasonOf(error), values });
  }
}

/** @throws {Failure} `secret-output-not-written` */
function writeSecretOutput(name: string, secret: string): void {
  try {
    // Without that file, `core.setOutput` would print the secret.
    if (!process.env['GITHUB_OUTPUT']) throw new Error('GITHUB_OUTPUT is not set');
    core.setOutput(name, secret);
  } catch (error) {
    throw new Failure(secretOutputNotWritten, { reason: reasonOf(error), name });
  }
}

/** Returns why the state cannot be written, if so. */
function writeState(name: string, value: unknown, { redact }: Redactor): string | undefined {
  const json = redact(toJson(value));
  if (Buffer.byteLength(json) >= MAX_VALUE_BYTES) return `a state is limited to ${MAX_VALUE_SIZE}`;
  try {
    core.saveState(name, json);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

/**
 * The maximum size of all that a step appends to its summary, in bytes. GitHub drops a summary of more
 * than 1 MiB (https://docs.github.com/actions/writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions).
 * The difference is for what the runner changes in it: masks, and the line breaks of Windows.
 */
const MAX_SUMMARY_BYTES = 1_000_000;

/** The maximum size of one of them, in bytes, so that the failure has space after two long warnings. */
const MAX_PART_BYTES = 320_000;

/** Appends to the summary. Returns why it cannot be written, if so. */
function appendSummary(summary: Summary, { redactShown }: Redactor): string | undefined {
  const file = process.env['GITHUB_STEP_SUMMARY'];
  if (!file) return undefined;
  const html = `${summaryHtml(summary, { redact: redactShown, maxBytes: MAX_PART_BYTES })}\n`;
  try {
    const written = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    if (written + Buffer.byteLength(html) > MAX_SUMMARY_BYTES) {
      return 'GitHub accepts no more than 1 MiB for each step.';
    }
    // Not with `core.summary`: loading it takes about 5 % of the time of a create.
    appendFileSync(file, html);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOf(error: unknown): string {
  return types.isNativeError(error) ? error.message : String(error);
}

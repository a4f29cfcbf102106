import { appendFileSync } from 'node:fs';
import * as core from '@actions/core';
import type { Log } from '../lib/log.ts';
import { LIKELY_SECRET } from '../openrouter/key-format.ts';
import { Failure } from '../operations/shared/failure.ts';
import { account } from './describe-error.ts';
import { type Summary, summaryHtml } from './summary.ts';
import { toLine, toMessage } from './text.ts';

/** All that a step prints and writes. */
export interface Report extends Log {
  /** Has the runner put `***` for each of `texts` in the log of this job from here on. */
  mask(texts: readonly string[]): void;
  /** Masks `texts`, and keeps them out of outputs, state and summaries too. */
  conceal(texts: readonly string[]): void;
  /**
   * Sets outputs, in the order that `values` has.
   * @throws {Failure} when they cannot be written; it says what they were.
   */
  output(values: Readonly<Record<string, string>>): void;
  /**
   * Sets an output to what is concealed everywhere else.
   * @throws {Failure} when it cannot be written.
   */
  outputSecret(name: string, secret: string): void;
  /**
   * Keeps `value`, which JSON must be able to hold, for the post step.
   * @throws {Failure} when it cannot be written.
   */
  saveState(name: string, value: unknown): void;
  summarize(summary: Summary): void;
  /** Makes the step red: one annotation, and the summary. */
  fail(error: unknown): void;
  /** The same account of `error` as a warning, with a last line of its own. */
  warnOf(error: unknown, lastLine: string): void;
}

/** The report of this step, to the log and the files that the runner has named in the environment. */
export function openReport(): Report {
  const concealed: string[] = [];
  const redact = (text: string) =>
    concealed.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  // An answer can hold a secret that nobody has asked for.
  const redactShown = (text: string) => redact(text).replace(LIKELY_SECRET, '***');
  const line = (text: string) => toLine(text, redactShown);
  // The title is the first line of the message too: GitHub's log shows no titles.
  const annotate = (annotation: typeof core.error, title: string, lines: readonly string[]) => {
    const { text, omitted } = toMessage([title, ...lines].map(line));
    annotation(text, { title: line(title) });
    return omitted;
  };

  const report: Report = {
    info: (text) => core.info(line(text)),
    debug: (text) => core.debug(line(text)),
    warning(title, lines) {
      const omitted = annotate(core.warning, title, lines);
      if (omitted > 0) report.summarize({ title: `⚠️ ${title}`, paragraphs: lines });
    },

    mask: (texts) => texts.forEach(core.setSecret),

    conceal(texts) {
      report.mask(texts);
      concealed.push(...texts);
    },

    output(values) {
      try {
        for (const [name, value] of Object.entries(values)) core.setOutput(name, redact(value));
      } catch (error) {
        throw new Failure('The outputs could not be written', [
          `The work was done, but the outputs could not be written: ${messageOf(error)}`,
          ...Object.entries(values).map(([name, value]) => `${name}: ${value}`),
        ]);
      }
    },

    outputSecret(name, secret) {
      try {
        // Without that file, core would print it.
        if (!process.env['GITHUB_OUTPUT']) throw new Error('there is no GITHUB_OUTPUT');
        core.setOutput(name, secret);
      } catch (error) {
        throw new Failure(`The output ${name} could not be written`, [
          `The work was done, but its output could not be written: ${messageOf(error)}`,
        ]);
      }
    },

    saveState(name, value) {
      try {
        core.saveState(name, redact(JSON.stringify(value)));
      } catch (error) {
        throw new Failure('The state for the end of the job could not be written', [
          `The runner's file for it cannot be written: ${messageOf(error)}`,
        ]);
      }
    },

    summarize(summary) {
      const file = process.env['GITHUB_STEP_SUMMARY'];
      if (!file) return;
      try {
        // Not by `core.summary`: what it loads of Node would take a twentieth of a whole create.
        appendFileSync(file, `${summaryHtml(summary, redactShown)}\n`);
      } catch (error) {
        report.warning('The job summary could not be written', [messageOf(error)]);
      }
    },

    fail(error) {
      const { title, lines, table } = account(error);
      annotate(core.error, title, lines);
      report.summarize({ title: `❌ ${title}`, paragraphs: lines, table });
    },

    warnOf(error, lastLine) {
      const { title, lines } = account(error);
      report.warning(title, [...lines, lastLine]);
    },
  };
  return report;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

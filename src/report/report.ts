import * as core from '@actions/core';
import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { account } from './failure.ts';
import { type Summary, summaryHtml } from './summary.ts';
import { toLine } from './text.ts';

/** What a successful step leaves behind. */
export interface Result {
  /** By name, in the order in which they are set. */
  outputs: Readonly<Record<string, string>>;
  summary: Summary;
}

/** All that a step prints and writes. */
export interface Report extends Log {
  /** Has the runner put `***` for each of `texts` in the log of this job from here on. */
  mask(texts: readonly string[]): void;
  /** Masks `texts`, and keeps them out of outputs and summaries too. */
  conceal(texts: readonly string[]): void;
  /** @throws {Failure} when the outputs cannot be written; it says what they were. */
  publish(result: Result): Promise<void>;
  /** One annotation, and the summary. */
  fail(error: unknown): Promise<void>;
}

export function openReport(): Report {
  const concealed: string[] = [];
  const redact = (text: string) =>
    concealed.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  const line = (text: string) => toLine(text, redact);
  const mask = (texts: readonly string[]) => texts.forEach(core.setSecret);

  async function summarize(summary: Summary): Promise<void> {
    if (!process.env['GITHUB_STEP_SUMMARY']) return;
    try {
      await core.summary.addRaw(summaryHtml(summary, redact), true).write();
    } catch (error) {
      core.warning(line(`The job summary could not be written: ${messageOf(error)}`));
    }
  }

  return {
    info: (text) => core.info(line(text)),
    debug: (text) => core.debug(line(text)),
    mask,

    conceal(texts) {
      mask(texts);
      concealed.push(...texts);
    },

    async publish({ outputs, summary }) {
      try {
        for (const [name, value] of Object.entries(outputs)) core.setOutput(name, redact(value));
      } catch (error) {
        const values = Object.entries(outputs).map(([name, value]) => `${name}: ${value}`);
        const reason = `The work was done, but the outputs could not be written: ${messageOf(error)}`;
        throw new Failure('The outputs could not be written', [reason, ...values]);
      }
      await summarize(summary);
    },

    async fail(error) {
      const { title, lines } = account(error);
      core.error(lines.map(line).join('\n'), { title: line(title) });
      await summarize({ title: `❌ ${title}`, paragraphs: lines });
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

import * as core from '@actions/core';
import { Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { account } from './failure.ts';
import { toHtml, toLine } from './text.ts';

/** What a successful step leaves behind. */
export interface Result {
  /** By name, in the order in which they are set. */
  outputs: Readonly<Record<string, string>>;
  /** HTML whose every text is escaped. */
  summary: string;
}

/** All that a step prints and writes. No secret that it was told of gets through it. */
export interface Report extends Log {
  /** Keeps `secrets` out of all that follows, here and in the rest of the job. */
  mask(secrets: readonly string[]): void;
  /** @throws {Failure} when the outputs cannot be written; it says what they were. */
  publish(result: Result): Promise<void>;
  /** One annotation, and the summary. */
  fail(error: unknown): Promise<void>;
}

export function openReport(): Report {
  const secrets: string[] = [];
  const redact = (text: string) =>
    secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
  const line = (text: string) => toLine(redact(text));

  async function summarize(html: string): Promise<void> {
    if (!process.env['GITHUB_STEP_SUMMARY']) return;
    try {
      await core.summary.addRaw(redact(html), true).write();
    } catch (error) {
      core.warning(line(`The job summary could not be written: ${messageOf(error)}`));
    }
  }

  return {
    info: (text) => core.info(line(text)),
    debug: (text) => core.debug(line(text)),

    mask(texts) {
      for (const text of texts) {
        core.setSecret(text);
        secrets.push(text);
      }
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
      const paragraphs = lines.map((text) => `<p>${toHtml(text)}</p>`);
      await summarize(`<h3>❌ ${toHtml(title)}</h3>\n${paragraphs.join('\n')}`);
    },
  };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

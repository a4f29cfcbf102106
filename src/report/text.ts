import { stripVTControlCharacters } from 'node:util';

/** Takes the secrets out of a text. */
export type Redact = (text: string) => string;

/** Controls, separators of lines, and the marks that reverse the direction of reading. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

const MAX_LENGTH = 2_000;

// Below, a text is first made printable, then redacted, and cut and escaped last: the first can put
// a secret together, and the others leave of one what nothing would find any more.

/**
 * `text` as one line that a terminal and the runner can only print. The runner takes commands out
 * of a log: `::name::` where a line begins, blanks aside, and the older `##[name]` anywhere
 * (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
 */
export function toLine(text: string, redact: Redact): string {
  return shortened(redact(printable(text)))
    .replaceAll('##[', '## [')
    .replace(/^(\s*)::/, '$1: :');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\n': '<br>',
};

/** `text` as HTML shows it, without lines of its own: a blank one would end a block of HTML. */
export function toHtml(text: string, redact: Redact): string {
  const lines = text
    .split(/\r\n|[\r\n]/)
    .map(printable)
    .join('\n');
  return shortened(redact(lines)).replace(/[&<>"'\n]/g, (found) => ENTITIES[found] as string);
}

function printable(text: string): string {
  return stripVTControlCharacters(text).replace(UNPRINTABLE, ' ').trimEnd();
}

function shortened(text: string): string {
  return (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text).toWellFormed();
}

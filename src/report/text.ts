import { stripVTControlCharacters } from 'node:util';

/** Controls, separators of lines, and the marks that reverse the direction of reading. */
const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu;

const MAX_LINE = 2_000;

/**
 * `text` as one line that a terminal and the runner can only print. The runner takes commands out
 * of a log: `::name::` where a line begins, blanks aside, and the older `##[name]` anywhere
 * (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
 */
export function toLine(text: string): string {
  const printable = stripVTControlCharacters(text).replace(UNPRINTABLE, ' ').trimEnd();
  const short = printable.length > MAX_LINE ? `${printable.slice(0, MAX_LINE)}…` : printable;
  return short
    .toWellFormed()
    .replaceAll('##[', '## [')
    .replace(/^(\s*)::/, '$1: :');
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** `text` as HTML shows it, without lines of its own: a blank one would end a block of HTML. */
export function toHtml(text: string): string {
  return text
    .split(/\r\n|[\r\n]/)
    .map((line) => toLine(line).replace(/[&<>"']/g, (character) => ENTITIES[character] as string))
    .join('<br>');
}

/** `text` in HTML as code, where GitHub makes no mentions, emoji or links of it. */
export function toCode(text: string): string {
  return `<code>${toHtml(text)}</code>`;
}

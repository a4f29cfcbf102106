import { stripVTControlCharacters } from 'node:util';

/** Without a terminal: what is in a file or a log may be shown in any later. */
const DEFAULT_WIDTH = 80;

/** Enough for a word on each line. */
const MIN_WIDTH = 40;

/**
 * The width of the terminal, in characters. If the output is piped, such as to `less`, that of the terminal
 * which shows the errors, unless `COLUMNS` is set.
 */
export function terminalWidth(): number {
  const piped = Number(process.env['COLUMNS']) || process.stderr.columns;
  return Math.max(MIN_WIDTH, process.stdout.columns ?? piped ?? DEFAULT_WIDTH);
}

/** Breaks a line between words, and between the parts of JSON and of URLs, into lines of `width` characters. */
export function breakLine(line: string, width: number): string[] {
  if (lengthOf(line) <= width) return [line];
  const indentation = `${/^ */.exec(line)?.[0]}  `;
  const room = width - indentation.length;
  // Of a part that would not fit on a line, such as a URL: after a slash, or else anywhere.
  const pieces = new RegExp(`.{1,${room - 1}}/|.{1,${room}}`, 'gsu');
  const piecesOf = (part: string) => (part.length > room ? (part.match(pieces) ?? []) : [part]);
  const lines = [''];
  for (const part of line.split(BREAKS).flatMap(piecesOf)) {
    const current = lines.at(-1) ?? '';
    const isFull = lengthOf((current + part).trimEnd()) > width;
    if (isFull) lines.push(indentation + part);
    else lines[lines.length - 1] = current + part;
  }
  return lines.map((text) => text.trimEnd()).filter((text) => text !== '');
}

/** After a space, between the parameters of a URL, and between the fields of JSON. */
const BREAKS = /(?<=[ &]|,(?=["{]))/;

/** The length of a text as it is shown, without colors. */
function lengthOf(text: string): number {
  return stripVTControlCharacters(text).length;
}

import { stripVTControlCharacters } from 'node:util';

/** How wide output without a terminal is, such as a pipe: `COLUMNS` changes it. */
const DEFAULT_WIDTH = 120;

/** Enough for a word on each line. */
const MIN_WIDTH = 40;

/** The width of the terminal, in characters. */
export function terminalWidth(): number {
  const { COLUMNS } = process.env;
  const width = process.stdout.columns ?? (Number(COLUMNS) || DEFAULT_WIDTH);
  return Math.max(MIN_WIDTH, width);
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

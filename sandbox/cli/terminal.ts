import { stripVTControlCharacters } from 'node:util';

/** What a program prints to, such as a terminal. */
export interface Screen {
  /** In characters. */
  width: number;
  print(text: string): void;
}

/** The width of what no terminal shows, such as a file, in characters. */
const DEFAULT_WIDTH = 80;

/**
 * The width of the terminal, in characters. If the output is piped, such as to `less`: `COLUMNS`, or else the width
 * of the terminal that shows the errors.
 */
export function terminalWidth(): number {
  const { stdout, stderr, env } = process;
  // A terminal that does not know its width says 0.
  return stdout.columns || Number(env['COLUMNS']) || stderr.columns || DEFAULT_WIDTH;
}

/** Enough for most words, in characters. */
const MIN_ROOM = 10;

/**
 * Breaks a line between words, and between the parts of JSON and of URLs, into lines of `width` characters. A line
 * has room for `MIN_ROOM` characters in any case: a narrower terminal breaks it again.
 */
export function breakLine(line: string, width: number): string[] {
  const indentation = `${/^ */.exec(line)?.[0]}  `;
  const room = Math.max(MIN_ROOM, width - indentation.length);
  const maxLength = indentation.length + room;
  if (lengthOf(line) <= maxLength) return [line];
  // Of a part that would not fit on a line, such as a URL: after a slash, or else anywhere.
  const pieces = new RegExp(`.{1,${room - 1}}/|.{1,${room}}`, 'gsu');
  const piecesOf = (part: string) => (part.length > room ? (part.match(pieces) ?? []) : [part]);
  const lines = [''];
  for (const part of line.split(BREAKS).flatMap(piecesOf)) {
    const current = lines.at(-1) ?? '';
    const isFull = lengthOf((current + part).trimEnd()) > maxLength;
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

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
  return truncate(redact(printable(text)))
    .replaceAll('##[', '## [')
    .replace(/^(\s*)::/, '$1: :');
}

/**
 * The runner cuts the message of an annotation at 4,096 UTF-16 code units, once it is unescaped and
 * masked, which can make it longer
 * (https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs).
 */
const MAX_MESSAGE = 4_000;
/** Of that, for the last lines, which say what to do. */
const MAX_END = 1_000;
/** Of that, for the first lines: more than the longest line that `toLine` makes. */
const MAX_START = 2_900;

/**
 * The message of an annotation: `lines`, each of them made by `toLine`. Where that is more than the
 * runner shows, the first and the last of them; `omitted` counts the others.
 */
export function toMessage(lines: readonly string[]): { text: string; omitted: number } {
  const text = lines.join('\n');
  if (text.length <= MAX_MESSAGE) return { text, omitted: 0 };
  const start = takeFitting(lines, { size: MAX_START, sizeOf: lengthWithBreak });
  const end = takeFitting(lines.toReversed(), { size: MAX_END, sizeOf: lengthWithBreak });
  const omitted = lines.length - start.length - end.length;
  const note = `… and ${omitted} more: the job summary has every line.`;
  return { text: [...start, note, ...end.toReversed()].join('\n'), omitted };
}

function lengthWithBreak(line: string): number {
  return line.length + 1;
}

/** The first of `texts`, as many as fit into `size` together. */
export function takeFitting(
  texts: readonly string[],
  { size, sizeOf }: { size: number; sizeOf: (text: string) => number },
): readonly string[] {
  let left = size;
  const end = texts.findIndex((text) => {
    left -= sizeOf(text);
    return left < 0;
  });
  return end < 0 ? texts : texts.slice(0, end);
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
  return truncate(redact(lines)).replace(/[&<>"'\n]/g, (found) => ENTITIES[found] as string);
}

function printable(text: string): string {
  return stripVTControlCharacters(text).replace(UNPRINTABLE, ' ').trimEnd();
}

function truncate(text: string): string {
  return (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text).toWellFormed();
}

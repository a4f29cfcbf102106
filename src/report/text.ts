import { stripVTControlCharacters } from 'node:util';

/**
 * Replaces the secrets in a text. If it `isCut`, also removes what may be the beginning of a secret that
 * the cut divides.
 */
export type Redact = (text: string, options?: { isCut: boolean }) => string;

/**
 * Control characters, line separators, and all that is invisible: marks that change the direction of text,
 * characters without a width, and letters that no one sees, with which a text hides another one. Joiners
 * and variation selectors are left: they only change the shape of the character next to them, and emoji
 * and the names of many languages need them.
 */
const UNPRINTABLE =
  /[[\p{Cc}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]--[\p{Join_Control}\p{Variation_Selector}]]+/gv;

/** The maximum length of a text, in UTF-16 code units. */
const MAX_LENGTH = 2_000;

// The functions below make a text printable, then redact it, then truncate and escape it. The order
// matters: removing control characters can complete a secret, and a truncated or escaped secret would
// no longer be found.

/**
 * Makes `text` one line that is safe to print. The runner executes commands in a log: `::name::` at the
 * beginning of a line, after whitespace, and the older `##[name]` anywhere
 * (https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs).
 */
export function toLine(text: string, redact: Redact): string {
  return truncate(bounded(text, (part, cut) => redact(printable(part).trimEnd(), cut)))
    .replaceAll('##[', '## [')
    .replace(/^(\s*)::/, '$1: :');
}

/**
 * The maximum length of a message. The runner cuts the message of an annotation at 4,096 UTF-16 code
 * units, after unescaping and masking it, which can make it longer
 * (https://github.com/actions/runner/blob/main/src/Runner.Worker/ExecutionContext.cs).
 */
const MAX_MESSAGE = 4_000;
/** The part of it for the last lines, which say what to do. */
const MAX_END = 1_000;
/** The part of it for the first lines: more than the longest line that `toLine` returns. */
const MAX_START = 2_900;

/**
 * Joins `lines`, which `toLine` returned, to the message of an annotation. If they are more than the
 * runner shows, the message has the first and the last lines, and `omitted` counts the others.
 */
export function toMessage(lines: readonly string[]): { text: string; omitted: number } {
  const text = lines.join('\n');
  if (text.length <= MAX_MESSAGE) return { text, omitted: 0 };
  const fitting = { sizeOf: lengthWithBreak, render: (line: string) => line };
  const start = takeFitting(lines, { size: MAX_START, ...fitting });
  const end = takeFitting(lines.toReversed(), { size: MAX_END, ...fitting });
  const omitted = lines.length - start.length - end.length;
  const note = `… and ${omitted} more: see the job summary.`;
  return { text: [...start, note, ...end.toReversed()].join('\n'), omitted };
}

function lengthWithBreak(line: string): number {
  return line.length + 1;
}

interface Fitting<Item> {
  size: number;
  sizeOf(text: string): number;
  /** Called only until the size is reached. */
  render(item: Item): string;
}

/** Renders the first of `items`, as many as fit into `size` together. */
export function takeFitting<Item>(
  items: readonly Item[],
  { size, sizeOf, render }: Fitting<Item>,
): string[] {
  const texts: string[] = [];
  let rest = size;
  for (const item of items) {
    const text = render(item);
    rest -= sizeOf(text);
    if (rest < 0) break;
    texts.push(text);
  }
  return texts;
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '\n': '<br>',
};

/** Escapes `text` for HTML. Line breaks become `<br>`, because a blank line would end a block of HTML. */
export function toHtml(text: string, redact: Redact): string {
  const clean: Redact = (part, cut) =>
    redact(
      part
        .split(/\r\n|[\r\n]/)
        .map(printable)
        .join('\n'),
      cut,
    );
  return truncate(bounded(text, clean)).replace(
    /[&<>"'\n]/g,
    (character) => ENTITIES[character] as string,
  );
}

/**
 * The most of a text that is cleaned, in UTF-16 code units. Escape sequences take
 * `stripVTControlCharacters` a time that grows with the square of their number.
 */
const MAX_CLEANED = 4_096;

/** `clean` applied to the beginning of `text`. */
function bounded(text: string, clean: Redact): string {
  const isCut = text.length > MAX_CLEANED;
  return clean(text.slice(0, MAX_CLEANED), { isCut }) + (isCut ? '…' : '');
}

function printable(text: string): string {
  return stripVTControlCharacters(text).replace(UNPRINTABLE, ' ');
}

function truncate(text: string): string {
  return (text.length > MAX_LENGTH ? `${text.slice(0, MAX_LENGTH)}…` : text).toWellFormed();
}

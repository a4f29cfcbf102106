import { type Redact, takeFitting, toHtml } from './text.ts';

/** The summary of a step in plain text. This file and `text.ts` know the HTML. */
export interface Summary {
  title: string;
  /** The link of the title. */
  url?: string;
  paragraphs?: readonly Cell[];
  table?: Table | undefined;
  /** Paragraphs after the table. */
  notes?: readonly string[] | undefined;
}

export interface Table {
  header: readonly Heading[];
  rows: readonly (readonly Cell[])[];
  /** How many rows were left out already. */
  more?: number;
}

/** The header of a column. Numbers are aligned to the right. */
export type Heading = string | { numbers: string };

/** The content of a cell. GitHub finds no mentions, emoji or links in code. */
export type Cell = string | { code: string } | { text: string; url: string };

/** What the sentences about omitted paragraphs and rows can take, in bytes. */
const OMISSION_BYTES = 100;

/**
 * The HTML of `summary`, without the secrets that `redact` removes from each text. Rows and paragraphs
 * that would make it larger than `maxBytes` are left out and counted: each of both kinds has half of the
 * space, and what the other leaves. Returns undefined if not even the title fits.
 */
export function summaryHtml(
  { title, url, paragraphs = [], table, notes = [] }: Summary,
  { redact, maxBytes }: { redact: Redact; maxBytes: number },
): string | undefined {
  const html = (text: string) => toHtml(text, redact);
  const cellHtml = cellRenderer(html);
  const heading = `<h3>${cellHtml(url ? { text: title, url } : title)}</h3>`;
  const rowHtml = rowRenderer(table, cellHtml);
  const headings = table?.header.map((column) =>
    typeof column === 'string' ? column : column.numbers,
  );
  const header = headings ? ['<table>', rowHtml('th', headings)] : [];
  const end = table ? ['</table>'] : [];
  const space = maxBytes - OMISSION_BYTES - sizeOf([heading, ...header, ...end]);
  if (space < 0) return undefined;

  const { texts, rows } = fitBoth(space, {
    texts: [...paragraphs, ...notes].map((text) => () => `<p>${cellHtml(text)}</p>`),
    rows: (table?.rows ?? []).map((cells) => () => rowHtml('td', cells)),
  });
  const omittedRows = table ? table.rows.length - rows.length + (table.more ?? 0) : 0;
  return [
    heading,
    ...texts.slice(0, paragraphs.length),
    ...header,
    ...rows,
    ...end,
    ...omission(omittedRows, 'more'),
    ...texts.slice(paragraphs.length),
    ...omission(paragraphs.length + notes.length - texts.length, 'more paragraphs'),
  ].join('\n');
}

/** Renders as many of both kinds of lines as fit into `space`, in bytes. */
function fitBoth(
  space: number,
  lines: Readonly<Record<'texts' | 'rows', readonly (() => string)[]>>,
): Record<'texts' | 'rows', readonly string[]> {
  const take = (rendered: readonly (() => string)[], size: number) =>
    takeFitting(rendered, { size, sizeOf: sizeOfLine, render: (line) => line() });
  const texts = take(lines.texts, space);
  const rows = take(lines.rows, space - Math.min(sizeOf(texts), space / 2));
  return { texts: take(lines.texts, space - sizeOf(rows)), rows };
}

function omission(count: number, what: string): string[] {
  return count > 0 ? [`<p>… and ${count} ${what}</p>`] : [];
}

/** Returns a function that renders the content of cells, with `html` for their texts. */
function cellRenderer(html: (text: string) => string) {
  return (content: Cell) => {
    if (typeof content === 'string') return html(content);
    if ('code' in content) return `<code>${html(content.code)}</code>`;
    return `<a href="${html(content.url)}">${html(content.text)}</a>`;
  };
}

/** Returns a function that renders the rows of `table`, with `cellHtml` for their cells. */
function rowRenderer(table: Table | undefined, cellHtml: (content: Cell) => string) {
  // GitHub keeps this attribute, and removes styles.
  const attributes = table?.header.map((heading) =>
    typeof heading === 'string' ? '' : ' align="right"',
  );
  return (tag: string, cells: readonly Cell[]) =>
    `<tr>${cells.map((content, at) => `<${tag}${attributes?.[at]}>${cellHtml(content)}</${tag}>`).join('')}</tr>`;
}

/** The size of `lines` in bytes, with a line break each. */
function sizeOf(lines: readonly string[]): number {
  return lines.reduce((size, line) => size + sizeOfLine(line), 0);
}

function sizeOfLine(line: string): number {
  return Buffer.byteLength(line) + 1;
}

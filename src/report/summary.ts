import type { Cell, Folded, Table } from '../lib/table.ts';
import { type Redact, takeFitting, toHtml } from './text.ts';

/** The summary of a step in plain text. This file and `text.ts` know the HTML. */
export interface Summary {
  title: string;
  /** The link of the title. */
  url?: string | undefined;
  paragraphs?: readonly Cell[];
  table?: Table | undefined;
  /** What a reader unfolds. */
  folded?: readonly Folded[] | undefined;
  /** Paragraphs after the tables. */
  notes?: readonly Cell[] | undefined;
}

/**
 * The HTML of `summary`, without the secrets that `redact` removes from each text. It has `maxBytes` at
 * most, if that is enough for title and header: paragraphs have a quarter of them, and the rows of all
 * tables two thirds, with equal shares. What exceeds that is left out and counted.
 */
export function summaryHtml(
  { title, url, paragraphs = [], table, folded = [], notes = [] }: Summary,
  { redact, maxBytes }: { redact: Redact; maxBytes: number },
): string {
  const html = (text: string) => toHtml(text, redact);
  const cellHtml = cellRenderer(html);
  const tableCellHtml = cellRenderer(html, breakable);
  const paragraphsHtml = paragraphRenderer(maxBytes / 4, cellHtml);
  const size = (maxBytes * 2) / 3 / (folded.length + 1);
  const tableHtml = (shown: Table) => linesOf(shown, { cellHtml: tableCellHtml, size });
  return [
    `<h3>${cellHtml(url ? { text: title, url } : title)}</h3>`,
    ...paragraphsHtml(paragraphs),
    ...(table ? tableHtml(table) : []),
    ...folded.flatMap((part) => [
      `<details><summary>${cellHtml(part.title)}</summary>`,
      ...paragraphsHtml(part.paragraphs ?? []),
      ...(part.table ? tableHtml(part.table) : []),
      '</details>',
    ]),
    ...paragraphsHtml(notes),
  ].join('\n');
}

/** Returns a function that renders paragraphs, with as many of all calls as fit into `size` together. */
function paragraphRenderer(size: number, cellHtml: (content: Cell) => string) {
  let rest = size;
  return (paragraphs: readonly Cell[]): string[] => {
    const texts = takeFitting(paragraphs, {
      size: rest,
      sizeOf: sizeOfLine,
      render: (text) => `<p>${cellHtml(text)}</p>`,
    });
    const omitted = paragraphs.length - texts.length;
    // What follows a text that is left out is left out, too.
    rest = omitted > 0 ? 0 : rest - texts.reduce((sum, text) => sum + sizeOfLine(text), 0);
    return [...texts, ...omission(omitted, omitted === 1 ? 'more paragraph' : 'more paragraphs')];
  };
}

/** The HTML of `table`, with as many rows as fit into `size`. */
function linesOf(
  table: Table,
  { cellHtml, size }: { cellHtml(content: Cell): string; size: number },
): string[] {
  const rowHtml = rowRenderer(table, cellHtml);
  const headings = table.header.map((heading) =>
    typeof heading === 'string' ? heading : heading.numbers,
  );
  const rows = takeFitting(table.rows, {
    size,
    sizeOf: sizeOfLine,
    render: (cells) => rowHtml('td', cells),
  });
  const omitted = table.rows.length - rows.length + (table.more ?? 0);
  return [
    '<table>',
    rowHtml('th', headings),
    ...rows,
    ...(table.total ? [rowHtml('td', table.total)] : []),
    '</table>',
    ...omission(omitted, 'more'),
  ];
}

function omission(count: number, what: string): string[] {
  return count > 0 ? [`<p>… and ${count} ${what}</p>`] : [];
}

/** A URL in a text that is escaped, without the punctuation after it. */
const URL_IN_HTML = /https?:\/\/(?:[^\s<&]|&amp;)*[^\s<&.,;:!?)…]/g;

/**
 * Returns a function that renders the content of cells, with `html` for their texts.
 * @param show what becomes of the HTML of a text that is shown
 */
function cellRenderer(html: (text: string) => string, show = (shown: string): string => shown) {
  const cellHtml = (content: Cell): string => {
    if (typeof content === 'string') return withLinks(html(content), show);
    if ('code' in content) return `<code>${show(html(content.code))}</code>`;
    if ('url' in content) return `<a href="${html(content.url)}">${show(html(content.text))}</a>`;
    return content.map(cellHtml).join('');
  };
  return cellHtml;
}

function withLinks(html: string, show: (shown: string) => string): string {
  const links = html.match(URL_IN_HTML) ?? [];
  return html
    .split(URL_IN_HTML)
    .map((text, at) => {
      const url = links[at];
      return show(text) + (url === undefined ? '' : `<a href="${url}">${show(url)}</a>`);
    })
    .join('');
}

/** What a browser does not divide, if it is long: a hyphen divides, but not before a digit. */
const LONG = /(?:[^\s-]|-(?=\d)){15,}/g;

/**
 * `html`, in which a long model, field, URL or id can be divided. Otherwise, a phone hides the last columns of a table, because
 * GitHub lets only paragraphs break a word.
 */
function breakable(html: string): string {
  return html.replace(LONG, (long) => long.replace(/\/(?=[^/])|-(?=\d)|[_:](?=\w)/g, '$&<wbr>'));
}

/** Returns a function that renders the rows of `table`, with `cellHtml` for their cells. */
function rowRenderer(table: Table, cellHtml: (content: Cell) => string) {
  // GitHub keeps this attribute, and removes styles.
  const attributes = table.header.map((heading) =>
    typeof heading === 'string' ? '' : ' align="right"',
  );
  return (tag: string, cells: readonly Cell[]) =>
    `<tr>${cells.map((content, at) => `<${tag}${attributes[at]}>${cellHtml(content)}</${tag}>`).join('')}</tr>`;
}

/** The size of `line` in bytes, with its line break. */
function sizeOfLine(line: string): number {
  return Buffer.byteLength(line) + 1;
}

import type { Cell, Table } from '../lib/table.ts';
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

/**
 * The HTML of `summary`, without the secrets that `redact` removes from each text. It has `maxBytes` at
 * most, if that is enough for title and header: paragraphs have a quarter of them, and rows two thirds. What
 * exceeds that is left out and counted.
 */
export function summaryHtml(
  { title, url, paragraphs = [], table, notes = [] }: Summary,
  { redact, maxBytes }: { redact: Redact; maxBytes: number },
): string {
  const cellHtml = cellRenderer((text) => toHtml(text, redact));
  const rowHtml = rowRenderer(table, cellHtml);
  const headings = table?.header.map((column) =>
    typeof column === 'string' ? column : column.numbers,
  );
  const all = [...paragraphs, ...notes];
  const texts = takeFitting(all, {
    size: maxBytes / 4,
    sizeOf: sizeOfLine,
    render: (text) => `<p>${cellHtml(text)}</p>`,
  });
  const rows = takeFitting(table?.rows ?? [], {
    size: (maxBytes * 2) / 3,
    sizeOf: sizeOfLine,
    render: (cells) => rowHtml('td', cells),
  });
  const omittedRows = table ? table.rows.length - rows.length + (table.more ?? 0) : 0;
  return [
    `<h3>${cellHtml(url ? { text: title, url } : title)}</h3>`,
    ...texts.slice(0, paragraphs.length),
    ...(headings ? ['<table>', rowHtml('th', headings), ...rows, '</table>'] : []),
    ...omission(omittedRows, 'more'),
    ...texts.slice(paragraphs.length),
    ...omission(all.length - texts.length, 'more paragraphs'),
  ].join('\n');
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

/** The size of `line` in bytes, with its line break. */
function sizeOfLine(line: string): number {
  return Buffer.byteLength(line) + 1;
}

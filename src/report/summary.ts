import type { Cell, Table } from '../table.ts';
import { type Redact, toHtml } from './text.ts';

/** What a job summary says, in plain text; how it looks is said here alone. */
export interface Summary {
  title: string;
  /** What the title leads to. */
  url?: string;
  paragraphs?: readonly string[];
  table?: Table | undefined;
}

/** Of a table; GitHub takes no more than a mebibyte. */
const MAX_ROWS = 500;

export function summaryHtml(summary: Summary, redact: Redact): string {
  const { title, url, paragraphs = [], table } = summary;
  const html = (text: string) => toHtml(text, redact);
  const cell = (content: Cell) =>
    typeof content === 'string' ? html(content) : `<code>${html(content.code)}</code>`;
  const row = (tag: string, cells: readonly Cell[]) =>
    `<tr>${cells.map((content) => `<${tag}>${cell(content)}</${tag}>`).join('')}</tr>`;
  return [
    `<h3>${url ? `<a href="${html(url)}">${html(title)}</a>` : html(title)}</h3>`,
    ...paragraphs.map((text) => `<p>${html(text)}</p>`),
    ...(table
      ? [
          '<table>',
          row('th', table.header),
          ...table.rows.slice(0, MAX_ROWS).map((cells) => row('td', cells)),
          '</table>',
          ...(table.rows.length > MAX_ROWS
            ? [`<p>… and ${table.rows.length - MAX_ROWS} more</p>`]
            : []),
        ]
      : []),
  ].join('\n');
}

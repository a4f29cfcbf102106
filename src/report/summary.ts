import { type Redact, toHtml } from './text.ts';

/** What a job summary says, in plain text; how it looks is said here alone. */
export interface Summary {
  title: string;
  /** What the title leads to. */
  url?: string;
  paragraphs?: readonly string[];
  table?: { header: readonly string[]; rows: readonly (readonly Cell[])[] };
}

/** Code is where GitHub makes no mentions, emoji or links of a text. */
export type Cell = string | { code: string };

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
          ...table.rows.map((cells) => row('td', cells)),
          '</table>',
        ]
      : []),
  ].join('\n');
}

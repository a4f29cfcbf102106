import type { Cell, Table } from './table.ts';
import { type Redact, toHtml } from './text.ts';

/** What a job summary says, in plain text; how it looks is said here alone. */
export interface Summary {
  title: string;
  /** What the title leads to. */
  url?: string;
  paragraphs?: readonly string[];
  table?: Table | undefined;
}

/**
 * Of the rows of a table, in bytes. GitHub takes a mebibyte of a step
 * (https://docs.github.com/actions/writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions).
 */
const MAX_TABLE = 512 * 1024;

/** `summary` as the HTML that GitHub shows, in which `redact` has taken the secrets out of each text. */
export function summaryHtml(summary: Summary, redact: Redact): string {
  const { title, url, paragraphs = [], table } = summary;
  const html = (text: string) => toHtml(text, redact);
  return [
    `<h3>${url ? `<a href="${html(url)}">${html(title)}</a>` : html(title)}</h3>`,
    ...paragraphs.map((text) => `<p>${html(text)}</p>`),
    ...(table ? tableHtml(table, html) : []),
  ].join('\n');
}

function tableHtml({ header, rows, more = 0 }: Table, html: (text: string) => string): string[] {
  const cell = (content: Cell) =>
    typeof content === 'string' ? html(content) : `<code>${html(content.code)}</code>`;
  const row = (tag: string, cells: readonly Cell[]) =>
    `<tr>${cells.map((content) => `<${tag}>${cell(content)}</${tag}>`).join('')}</tr>`;
  const shown = fitting(
    rows.map((cells) => row('td', cells)),
    MAX_TABLE,
  );
  const rest = rows.length - shown.length + more;
  return [
    '<table>',
    row('th', header),
    ...shown,
    '</table>',
    ...(rest > 0 ? [`<p>… and ${rest} more</p>`] : []),
  ];
}

/** As many of `texts` as fit into `size` bytes together. */
export function fitting(texts: readonly string[], size: number): readonly string[] {
  let left = size;
  const first = texts.findIndex((text) => {
    left -= Buffer.byteLength(text);
    return left < 0;
  });
  return first < 0 ? texts : texts.slice(0, first);
}

import { type Redact, takeFitting, toHtml } from './text.ts';

/** The summary of a step in plain text. This file alone knows the HTML. */
export interface Summary {
  title: string;
  /** The link of the title. */
  url?: string;
  paragraphs?: readonly string[];
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
export type Cell = string | { code: string };

/**
 * The size limit for the rows of a table, in bytes. GitHub accepts 1 MiB per step
 * (https://docs.github.com/actions/writing-workflows/choosing-what-your-workflow-does/workflow-commands-for-github-actions).
 */
const MAX_TABLE_BYTES = 512 * 1024;

/** The HTML of `summary`, without the secrets that `redact` removes from each text. */
export function summaryHtml(summary: Summary, redact: Redact): string {
  const { title, url, paragraphs = [], table, notes = [] } = summary;
  const html = (text: string) => toHtml(text, redact);
  const toParagraph = (text: string) => `<p>${html(text)}</p>`;
  return [
    `<h3>${url ? `<a href="${html(url)}">${html(title)}</a>` : html(title)}</h3>`,
    ...paragraphs.map(toParagraph),
    ...(table ? tableHtml(table, html) : []),
    ...notes.map(toParagraph),
  ].join('\n');
}

function tableHtml({ header, rows, more = 0 }: Table, html: (text: string) => string): string[] {
  const cell = (content: Cell) =>
    typeof content === 'string' ? html(content) : `<code>${html(content.code)}</code>`;
  // GitHub keeps this attribute, and removes styles.
  const attributes = header.map((heading) => (typeof heading === 'string' ? '' : ' align="right"'));
  const row = (tag: string, cells: readonly Cell[]) =>
    `<tr>${cells.map((content, at) => `<${tag}${attributes[at]}>${cell(content)}</${tag}>`).join('')}</tr>`;
  const shown = takeFitting(rows, {
    size: MAX_TABLE_BYTES,
    sizeOf: Buffer.byteLength,
    render: (cells) => row('td', cells),
  });
  const rest = rows.length - shown.length + more;
  return [
    '<table>',
    row(
      'th',
      header.map((heading) => (typeof heading === 'string' ? heading : heading.numbers)),
    ),
    ...shown,
    '</table>',
    ...(rest > 0 ? [`<p>… and ${rest} more</p>`] : []),
  ];
}

/** A row of a table: its cells by the titles of their columns. */
export type Row = Record<string, string>;

/** `rows` as a table in Markdown. All columns but the first have figures, or a dash without one. */
export function formatTable(rows: readonly Row[]): string {
  const titles = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const lines = [
    titles,
    titles.map((_, at) => (at === 0 ? '---' : '---:')),
    ...rows.map((row) => titles.map((title) => row[title] ?? '–')),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

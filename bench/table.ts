/** A row of the table: a measure, and its figure for each candidate. */
export interface Row {
  measure: string;
  ours: string;
  /** The least figure that is possible. */
  least?: string;
  bare?: string;
  sdk?: string;
  curl?: string;
}

const COLUMNS: [keyof Row, string][] = [
  ['measure', 'Measure'],
  ['ours', 'These actions'],
  ['least', 'Least possible'],
  ['bare', 'Bare script'],
  ['sdk', 'Official SDK'],
  ['curl', 'curl'],
];

/** `rows` as a table in Markdown. */
export function formatTable(rows: readonly Row[]): string {
  const lines = [
    COLUMNS.map(([, title]) => title),
    COLUMNS.map(([key]) => (key === 'measure' ? '---' : '---:')),
    ...rows.map((row) => COLUMNS.map(([key]) => row[key] ?? '')),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

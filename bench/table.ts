/** A line of the table: what was measured, and the figure for each way to do it. */
export interface Row {
  measure: string;
  ours: string;
  /** The least that it could be. */
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

/** The rows as Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const lines = [
    COLUMNS.map(([, title]) => title),
    COLUMNS.map(([key]) => (key === 'measure' ? '---' : '---:')),
    ...rows.map((row) => COLUMNS.map(([key]) => row[key] ?? '')),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/** What a job summary shows in rows. */
export interface Table {
  header: readonly string[];
  rows: readonly (readonly Cell[])[];
  /** How many rows there would be beside these. */
  more?: number;
}

/** Code is where GitHub makes no mentions, emoji or links of a text. */
export type Cell = string | { code: string };

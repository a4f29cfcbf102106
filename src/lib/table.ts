/** A table in plain text. `report/` makes HTML of it. */
export interface Table {
  header: readonly Heading[];
  rows: readonly (readonly Cell[])[];
  /** The last row, also if others are left out. */
  total?: readonly Cell[] | undefined;
  /** How many rows were left out already. */
  more?: number;
}

/** The header of a column. Numbers are aligned to the right. */
export type Heading = string | { numbers: string };

/** The content of a cell: texts, code and links, or several of them. GitHub finds no mentions, emoji or links in code. */
export type Cell = string | { code: string } | { text: string; url: string } | readonly Cell[];

/** Paragraphs and a table that a reader unfolds. */
export interface Folded {
  title: Cell;
  paragraphs?: readonly Cell[] | undefined;
  table?: Table | undefined;
}

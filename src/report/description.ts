import type { Table } from './table.ts';

/** What an annotation and a summary say about a failure. */
export interface Description {
  /** The section of `docs/troubleshooting.md`. */
  code: string;
  title: string;
  /** What failed, what is known about its effect, what to do: one fact each. */
  lines: readonly string[];
  /** For the summary. */
  table?: Table | undefined;
}

import type { Log } from '../../lib/log.ts';
import type { Table } from '../../report/table.ts';

/**
 * Why a step is red, in words for whoever reads the log: `title` heads the annotation and the
 * summary, `lines` say what happened and what to do about it, and `table` shows in the summary what
 * would be too long for both.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly title: string;
  readonly lines: readonly string[];
  readonly table: Table | undefined;

  constructor(title: string, lines: readonly string[], table?: Table) {
    super(lines.join('\n'));
    this.title = title;
    this.lines = lines;
    this.table = table;
  }
}

/**
 * Runs `act`.
 * @throws {Failure} what `act` throws, with `line` as its last.
 */
export function orFailWith(line: string, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.title, [...error.lines, line], error.table);
  }
}

/** Runs `act`, whose failure is a warning: another error is about to be thrown, and must not be hidden. */
export function orWarn({ warning }: Pick<Log, 'warning'>, act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    warning(error.title, error.lines);
  }
}

/** As many of `lines` as an annotation has room for, and how many more there are. */
export function someOf(lines: readonly string[], most = 20): string[] {
  const rest = lines.length - most;
  return [...lines.slice(0, most), ...(rest > 0 ? [`… and ${rest} more`] : [])];
}

/** Where a program logs what it does: plain text, one line per call. */
export interface Log {
  info(line: string): void;
  /** Shown only if debug logging is enabled for the run. */
  debug(line: string): void;
}

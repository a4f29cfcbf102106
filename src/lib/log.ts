/** Where a program reports what it does: one line per call, plain text. */
export interface Log {
  info(line: string): void;
  /** Shown only if debug logging is enabled for the run. */
  debug(line: string): void;
}

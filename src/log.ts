/** Where a program tells its story; one line per call, plain text. */
export interface Log {
  info(line: string): void;
  /** Shown only where the run has debug logging switched on. */
  debug(line: string): void;
}

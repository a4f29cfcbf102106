/** Where a program tells its story; one line per call, plain text. */
export interface Log {
  info(line: string): void;
  /** Shown only where the run has debug logging switched on. */
  debug(line: string): void;
  /** An annotation, for what is not wrong enough to end the step. */
  warning(title: string, lines: readonly string[]): void;
}

/** Where a program logs what it does: plain text, one line per call. */
export interface Log {
  /** What matters to a reader: always shown. */
  info(line: string): void;
  /** A request, why it is sent again, or what several have done in detail: folded. */
  request(line: string): void;
  /** What a reader of a green run should know: a notice annotation. */
  notice(line: string): void;
}

const EVERY = 100;

/**
 * Returns what to call after each part of long work. Every hundredth call logs how much of it is done:
 * `API keys deleted: 100 of 500.`
 */
export function countDone({ info }: Pick<Log, 'info'>, what: string, total: number): () => void {
  let done = 0;
  return () => {
    done += 1;
    if (done % EVERY === 0) info(`${what}: ${done} of ${total}.`);
  };
}

/**
 * Why a step is red, in words for whoever reads the log: `title` heads the annotation and the
 * summary, `message` (lines, separated by `\n`) says what happened and what to do about it.
 */
export class Failure extends Error {
  override readonly name = 'Failure';
  readonly title: string;

  constructor(title: string, lines: readonly string[], options?: ErrorOptions) {
    super(lines.join('\n'), options);
    this.title = title;
  }
}

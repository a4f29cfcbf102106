import { Failure } from '../failure.ts';

/** One thing that is wrong with what a workflow author wrote. */
export interface Problem {
  /** As it is written in the workflow. */
  input: string;
  /** Completes a sentence that begins with the input. */
  message: string;
  /** What was written, unless it is a secret. */
  given?: string;
  /** What was probably meant. */
  instead?: string | undefined;
}

/** The error that tells all `problems` at once, one a line. */
export function refusal(problems: readonly Problem[]): Failure {
  const count = problems.length === 1 ? 'One input' : `${problems.length} inputs`;
  return new Failure(`${count} cannot be used`, [
    ...problems.map(lineOf),
    'Nothing was sent to OpenRouter.',
  ]);
}

const MAX_GIVEN = 100;

function lineOf({ input, message, given, instead }: Problem): string {
  const written = given && `given: ${JSON.stringify(shortened(given))}`;
  const meant = instead && `try: ${instead}`;
  return [`${input} ${message}`, written, meant].filter(Boolean).join('; ');
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length > MAX_GIVEN ? `${characters.slice(0, MAX_GIVEN).join('')}…` : text;
}

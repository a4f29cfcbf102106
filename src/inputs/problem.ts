import { Failure } from '../operations/shared/failure.ts';

/** One thing that is wrong with what a workflow author wrote. */
export interface Problem {
  /** As it is written in the workflow. */
  input: string;
  /** The entries of a list that it is about, counted from 1. */
  entries?: readonly number[];
  /** Completes a sentence that begins with the input. */
  message: string;
  /** What was written, unless it is a secret. */
  given?: string;
  /** How the text probably came about. */
  cause?: string | undefined;
  /** What was probably meant. */
  instead?: string | undefined;
}

/** The error that tells all `problems` at once, one a line. */
export function refusal(problems: readonly Problem[]): Failure {
  const inputs = new Set(problems.map(({ input }) => input)).size;
  const count = inputs === 1 ? 'One input' : `${inputs} inputs`;
  return new Failure(`${count} cannot be used`, [
    ...problems.map(lineOf),
    'Nothing was sent to OpenRouter.',
  ]);
}

const MAX_GIVEN = 100;

function lineOf({ input, entries = [], message, given, cause, instead }: Problem): string {
  const written = given && `given: ${JSON.stringify(shortened(given))}`;
  const meant = instead && `try: ${instead}`;
  return [`${input}${entriesIn(entries)} ${message}`, written, cause, meant]
    .filter(Boolean)
    .join('; ');
}

function shortened(text: string): string {
  const characters = [...text];
  return characters.length > MAX_GIVEN ? `${characters.slice(0, MAX_GIVEN).join('')}…` : text;
}

function entriesIn(entries: readonly number[]): string {
  return entries.length > 0 ? ` (entry ${entries.join(', ')})` : '';
}

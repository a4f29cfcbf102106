import { declareFailure } from '../shared/failure.ts';

/** A problem with an input or with an environment variable. */
export interface InvalidInput {
  /** The name, as written in the workflow. */
  input: string;
  /** The positions of the invalid entries in a list, counted from 1. */
  entries?: readonly number[];
  /** The problem. It completes a sentence that begins with the name. */
  message: string;
  /** The text that the author wrote, unless it contains a secret. */
  provided?: string;
  /** Why the text is probably wrong. */
  cause?: string | undefined;
  /** What the author probably meant. */
  suggestion?: string | undefined;
}

export const invalidInputs = declareFailure<{ problems: readonly InvalidInput[] }>(
  'invalid-inputs',
  ({ problems }) => {
    const [first, ...others] = new Set(problems.map(({ input }) => input));
    return {
      title: others.length === 0 ? `Invalid input ${first}` : `${others.length + 1} invalid inputs`,
      linesSuffice: true,
      lines: problems.map(toLine),
      effect: ['Nothing was sent to OpenRouter.'],
    };
  },
);

function toLine({
  input,
  entries = [],
  message,
  provided,
  cause,
  suggestion,
}: InvalidInput): string {
  const position = entries.length > 0 ? ` (entry ${entries.join(', ')})` : '';
  return [
    `${input}${position} ${message}`,
    ...(provided ? [`given: ${JSON.stringify(cutProvided(provided))}`] : []),
    ...(cause ? [cause] : []),
    ...(suggestion ? [`try: ${suggestion}`] : []),
  ].join('; ');
}

/** The maximum number of characters that are shown of an input. */
const MAX_PROVIDED = 100;

/** What is shown of the text of an input. */
function cutProvided(text: string): string {
  const characters = [...text];
  return characters.length > MAX_PROVIDED ? `${characters.slice(0, MAX_PROVIDED).join('')}…` : text;
}

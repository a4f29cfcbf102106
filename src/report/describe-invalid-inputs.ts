import type { FailureDetails, InvalidInput } from '../shared/failure.ts';
import type { FailureText } from './description.ts';

/** Describes all input problems, one per line. */
export function describeInvalidInputs({ problems }: FailureDetails['invalid-inputs']): FailureText {
  const inputs = new Set(problems.map(({ input }) => input)).size;
  return {
    title: inputs === 1 ? '1 invalid input' : `${inputs} invalid inputs`,
    lines: problems.map(toLine),
    effect: ['Nothing was sent to OpenRouter.'],
  };
}

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
    ...(provided ? [`given: ${JSON.stringify(truncate(provided))}`] : []),
    ...(cause ? [cause] : []),
    ...(suggestion ? [`try: ${suggestion}`] : []),
  ].join('; ');
}

/** The maximum number of characters that are shown of an input. */
const MAX_PROVIDED = 100;

function truncate(text: string): string {
  const characters = [...text];
  return characters.length > MAX_PROVIDED ? `${characters.slice(0, MAX_PROVIDED).join('')}…` : text;
}

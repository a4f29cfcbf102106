import { type DescriptionText, declareFailure, declareWarning } from '../shared/failure.ts';
import { describeEffect } from './description.ts';

export const outputsNotWritten = declareFailure<{
  reason: string;
  values: Readonly<Record<string, string>>;
}>('outputs-not-written', ({ reason, values }) => ({
  title: 'The outputs could not be written',
  lines: [
    `The runner's file for outputs cannot be written: ${reason}`,
    'The step stopped there. What it had to do after that was not done.',
    ...Object.entries(values).map(([name, value]) => `${name}: ${value}`),
  ],
}));

export const secretOutputNotWritten = declareFailure<{ reason: string; name: string }>(
  'secret-output-not-written',
  ({ reason, name }) => ({
    title: `The output ${name} could not be written`,
    lines: [`The runner's file for outputs cannot be written: ${reason}`],
    effect: ['The step stopped there, so no later step has the API key.'],
  }),
);

export const stateNotWritten = declareFailure<{
  reason: string;
  /** What already exists at OpenRouter. */
  exists?: string | undefined;
}>('state-not-written', ({ reason, exists }, effect) => ({
  ...describeStateNotWritten({ reason }),
  effect: [exists ? `Already exists at OpenRouter: ${exists}.` : describeEffect(effect)],
}));

/** The same, once the outcome is known. */
export const stateNotWrittenWarning = declareWarning('state-not-written', describeStateNotWritten);

function describeStateNotWritten({ reason }: { reason: string }): DescriptionText {
  return {
    title: 'The state for the post step could not be written',
    lines: [`The runner's state file cannot be written: ${reason}`],
  };
}

export const summaryNotWritten = declareWarning<{ reason: string }>(
  'summary-not-written',
  ({ reason }) => ({
    title: 'The job summary could not be written',
    lines: [reason],
  }),
);

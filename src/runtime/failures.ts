import { formatLeftovers } from '../report/description.ts';
import { declareFailure, declareWarning } from '../shared/failure.ts';

export const stateInvalid = declareFailure<{ name: string }>('state-invalid', ({ name }) => ({
  title: 'The post step cannot read its saved state',
  lines: [
    `The state ${name} does not have the expected form.`,
    'Something in the job sets variables that begin with STATE_, or the action changed during the job.',
  ],
}));

export const mainStillRunning = declareWarning<{
  /** How long the post step has waited. */
  seconds: number;
  /** What may still exist at OpenRouter. */
  leftovers: string;
}>('main-still-running', ({ seconds, leftovers }) => ({
  title: 'The step is still running after its job ended',
  lines: [
    `It was sent SIGTERM, and has not ended within ${seconds} s. Whatever it creates from now on stays.`,
    formatLeftovers(leftovers),
  ],
}));

export const mainWasRunning = declareWarning<{ leftovers: string }>(
  'main-was-running',
  ({ leftovers }) => ({
    title: 'The step was still running after its job ended',
    lines: [
      'It was ended with SIGTERM. Whether it had created anything by then is unknown.',
      formatLeftovers(leftovers),
    ],
  }),
);

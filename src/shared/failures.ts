import { formatTime } from '../openrouter/time.ts';
import { declareFailure, declareWarning, type FailureText } from './failure.ts';
import type { DifferingClocks } from './time-window.ts';

/** What the time is needed for, and which of two clocks decides. */
const SAFER_TIMES = {
  age: 'Each age is the younger of both, so that nothing is deleted too early.',
  expiry:
    'The API key expires by the clock that is behind, unless what exists shows that this one is wrong.',
  period: "The period is by the runner's clock, and the figures count as incomplete.",
};

export const clocksDiffer = declareWarning<DifferingClocks & { purpose: keyof typeof SAFER_TIMES }>(
  'clocks-differ',
  ({ server, runner, purpose }) => ({
    title: 'The clocks of OpenRouter and of the runner differ by more than a day',
    lines: [
      `OpenRouter's clock shows ${formatTime(server)}, and the runner's ${formatTime(runner)}.`,
      SAFER_TIMES[purpose],
      "Correct the runner's clock. If it is right, check the server at api-url.",
    ],
  }),
);

export const workspaceNotFound = declareFailure<{
  /** The input: an id or a slug. */
  workspace: string;
}>('workspace-not-found', ({ workspace }) => ({
  title: `The workspace ${workspace} does not exist`,
  lines: [
    'No workspace has that id or slug in the account of the management key.',
    'Check the id or slug for a typo. Otherwise, create the workspace in an earlier step, with the same management key. If it existed before, it may have been deleted.',
  ],
}));

/**
 * What a post step says about something that the step created, and that cannot be found any more.
 * @param id with its name: `id 0f1e…`, or `hash 0f1e…`
 */
export function describeMissing(what: string, id: string): FailureText {
  return {
    title: `The ${what} cannot be found`,
    lines: [],
    effect: [
      `This step created it, ${id}, and OpenRouter now reports that it does not exist.`,
      'Either something else has deleted it, or the management key of the post step belongs to another account and cannot see it. GitHub evaluates the inputs again for a post step.',
    ],
  };
}

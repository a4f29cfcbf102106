import { runCleanUp } from './clean-up-step.ts';
import { remainsOfCreate } from './inputs/clean-up.ts';
import { cleanUp, slugOf } from './workspace/clean-up.ts';

/** The end of a job with `action.yml`: deletes the workspace that its step made, if that is asked. */
export function post(): Promise<void> {
  return runCleanUp({
    remains: remainsOfCreate(),
    cleanUp,
    tell: (remains) =>
      remains ? `the workspace ${slugOf(remains)}` : 'whatever workspace the step made',
  });
}

import { cleanUp, slugOf } from '../operations/create/cleanup.ts';
import { remainsOfCreate } from '../runtime/cleanup-journal.ts';
import { runCleanUp } from '../runtime/cleanup-step.ts';

/** The end of a job with `action.yml`: deletes the workspace that its step made, if that is asked. */
export function post(): Promise<void> {
  return runCleanUp({
    remains: remainsOfCreate(),
    cleanUp,
    tell: (remains) =>
      remains ? `the workspace ${slugOf(remains)}` : 'whatever workspace the step made',
  });
}

import { cleanUpKeys, tellRemains } from '../operations/key/cleanup.ts';
import { remainsOfKey } from '../runtime/cleanup-journal.ts';
import { runCleanUp } from '../runtime/cleanup-step.ts';

/** The end of a job with `key/action.yml`: revokes the key that its step made, if that is asked. */
export function keyPost(): Promise<void> {
  return runCleanUp({
    remains: remainsOfKey(),
    cleanUp: cleanUpKeys,
    tell: (remains) => (remains ? tellRemains(remains) : 'whatever API key the step made'),
  });
}

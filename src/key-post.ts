import { runCleanUp } from './clean-up-step.ts';
import { remainsOfKey } from './inputs/clean-up.ts';
import { cleanUpKeys, tellRemains } from './workspace/key-remains.ts';

/** The end of a job with `key/action.yml`: revokes the key that its step made, if that is asked. */
export function keyPost(): Promise<void> {
  return runCleanUp({
    remains: remainsOfKey(),
    cleanUp: cleanUpKeys,
    tell: (remains) => (remains ? tellRemains(remains) : 'whatever API key the step made'),
  });
}

import { describeLeftovers, keyCleanupTask, runKeyCleanup } from '../operations/key/cleanup.ts';
import { runCleanupStep } from '../runtime/cleanup-step.ts';

/** The post step of `key/action.yml`: revokes the created key, and deletes orphaned ones. */
export function keyPost(): Promise<void> {
  return runCleanupStep({
    schema: keyCleanupTask(),
    run: runKeyCleanup,
    describeLeftovers: (task) =>
      task ? describeLeftovers(task) : 'an API key, if the step created one',
  });
}

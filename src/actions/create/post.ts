import { runCleanupStep } from '../../runtime/post-step.ts';
import { createCleanupTask, describeWorkspaceLeft, runCreateCleanup } from './delete-after-job.ts';

/** The post step of `action.yml`: deletes the created workspace, if `delete-after-job` is set. */
export function createPost(): Promise<void> {
  return runCleanupStep({
    schema: createCleanupTask(),
    run: runCreateCleanup,
    describeLeftovers: (task) =>
      task ? describeWorkspaceLeft(task) : 'a workspace, if the step created one',
  });
}

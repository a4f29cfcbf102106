import { runPostStep } from '../../runtime/post-step.ts';
import { createTask, describeWorkspaceLeft, runCreateTask } from './delete-after-job.ts';

/** The post step of `action.yml`: deletes the created workspace, if `delete-after-job` is set. */
export function createPost(): Promise<void> {
  return runPostStep({
    schema: createTask(),
    run: runCreateTask,
    describeLeftovers: (task) =>
      task ? describeWorkspaceLeft(task) : 'a workspace, if the step created one',
  });
}

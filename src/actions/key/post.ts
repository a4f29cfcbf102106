import { runPostStep } from '../../runtime/post-step.ts';
import { endAndReport } from './end-and-report.ts';
import { describeKeysLeft } from './failures.ts';
import { readJobStatus, replacesAfterJob } from './inputs.ts';
import { keyTask, leavesToEndKey } from './task.ts';

/**
 * The post step of `key/action.yml`: deletes the created key, or deletes those that it replaces, reports what
 * it has spent, and deletes orphaned ones.
 */
export function keyPost(): Promise<void> {
  return runPostStep({
    action: 'key',
    schema: keyTask(),
    async run(task, context, { report }) {
      const jobStatus = readJobStatus();
      if (leavesToEndKey(task, jobStatus, context)) return undefined;
      return endAndReport({ task, jobStatus }, context, report);
    },
    // The job must not succeed with a key that does not work, or with two that do.
    failsJob: (task) => (task ? task.afterJob === 'replaces' : replacesAfterJob()),
    describeLeftovers: (task) =>
      task ? describeKeysLeft(task) : 'an API key, if the step created one',
  });
}

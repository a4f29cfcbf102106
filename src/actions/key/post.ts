import { runPostStep } from '../../runtime/post-step.ts';
import { describeKeysLeft, runKeyTask } from './end-key.ts';
import { readJobStatus, replacesAfterJob } from './inputs.ts';
import { replacedSummary, spendReporter } from './report.ts';
import { keyTask } from './task.ts';

/**
 * The post step of `key/action.yml`: revokes the created key, or deletes those that it replaces, reports what
 * it has spent, and deletes orphaned ones.
 */
export function keyPost(): Promise<void> {
  return runPostStep({
    action: 'key',
    schema: keyTask(),
    run: (task, context, { report }) =>
      runKeyTask(task, {
        ...context,
        jobStatus: readJobStatus(),
        onReplaced: (deleted) => report.summarize(replacedSummary(deleted)),
        onSpend: spendReporter(report),
      }),
    // The job must not succeed with a key that does not work, or with two that do.
    failsJob: (task) => (task ? task.replaced !== undefined : replacesAfterJob()),
    describeLeftovers: (task) =>
      task ? describeKeysLeft(task) : 'an API key, if the step created one',
  });
}

import { runPostStep } from '../../runtime/post-step.ts';
import { runKeyTask } from './end-key.ts';
import { describeKeysLeft } from './failures.ts';
import { readJobStatus, replacesAfterJob } from './inputs.ts';
import { replacedSummary, reportSpend } from './report.ts';
import { keyTask } from './task.ts';

/**
 * The post step of `key/action.yml`: deletes the created key, or deletes those that it replaces, reports what
 * it has spent, and deletes orphaned ones.
 */
export function keyPost(): Promise<void> {
  return runPostStep({
    action: 'key',
    schema: keyTask(),
    async run(task, context, { report }) {
      const end = await runKeyTask(task, { ...context, jobStatus: readJobStatus() });
      if (end.replaced.length > 0) report.summarize(replacedSummary(end.replaced));
      if (end.spend) reportSpend(end.spend, report);
      return end.incomplete;
    },
    // The job must not succeed with a key that does not work, or with two that do.
    failsJob: (task) => (task ? task.replaced !== undefined : replacesAfterJob()),
    describeLeftovers: (task) =>
      task ? describeKeysLeft(task) : 'an API key, if the step created one',
  });
}

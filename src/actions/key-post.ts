import { describeKeysLeft, keyCleanupTask, runKeyCleanup } from '../operations/key/cleanup.ts';
import { formatSpend } from '../report/key.ts';
import { runCleanupStep } from '../runtime/cleanup-step.ts';

/**
 * The post step of `key/action.yml`: reports what the created key has spent, revokes it, unless it
 * is kept, and deletes orphaned ones.
 */
export function keyPost(): Promise<void> {
  return runCleanupStep({
    schema: keyCleanupTask(),
    run: (task, context, { report }) =>
      runKeyCleanup(task, {
        ...context,
        onSpend(spend) {
          report.info(`${formatSpend(spend)}.`);
          report.summarize({ title: `💵 ${formatSpend(spend)}` });
        },
      }),
    describeLeftovers: (task) =>
      task ? describeKeysLeft(task) : 'an API key, if the step created one',
  });
}

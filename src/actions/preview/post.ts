import { runPostStep } from '../../runtime/post-step.ts';
import { readJobStatus } from '../key/inputs.ts';
import { leavesToEndKey } from '../key/task.ts';
import { endAndReport } from './end-and-report.ts';
import { describePreviewLeft } from './end-job.ts';
import { previewTask } from './task.ts';

/** The post step of `preview/action.yml`: ends the API key, and brings the comment up to date. */
export function previewPost(): Promise<void> {
  return runPostStep({
    action: 'preview',
    schema: previewTask(),
    // Without a key, there is only the comment to write.
    failsJob: (task) => !task || task.key !== undefined,
    // Before that, only requests to GitHub may have succeeded.
    async run(task, context, step) {
      const jobStatus = readJobStatus();
      if (task.key && leavesToEndKey(task.key, jobStatus, context)) return undefined;
      return endAndReport({ task, jobStatus }, context, step);
    },
    describeLeftovers: (task) => (task ? describePreviewLeft(task) : ''),
  });
}

import { runPostStep } from '../../runtime/post-step.ts';
import { startGitHub } from '../../runtime/step.ts';
import { readJobStatus } from '../key/inputs.ts';
import { reportSpend } from '../key/report.ts';
import { describePreviewLeft, runPreviewTask } from './end-job.ts';
import { readPostGitHub } from './inputs.ts';
import { commentRenderer } from './render-comment.ts';
import { previewTask } from './task.ts';
import { openComments } from './write-comment.ts';

/** The post step of `preview/action.yml`: ends the API key, and brings the comment up to date. */
export function previewPost(): Promise<void> {
  return runPostStep({
    action: 'preview',
    schema: previewTask(),
    // Without a key, there is only the comment to write.
    failsJob: (task) => !task || task.key !== undefined,
    // Before that, only requests to GitHub may have succeeded.
    async run(task, context, step) {
      const { report } = step;
      const gitHub = readPostGitHub();
      const github = startGitHub(gitHub, step);
      const { spend, incomplete } = await runPreviewTask(task, {
        ...context,
        github,
        comments: task.comment
          ? openComments({ ...gitHub, render: commentRenderer(gitHub, report) })
          : undefined,
        repository: { ...gitHub.repository, ...task.repository },
        jobStatus: readJobStatus(),
      });
      if (spend) reportSpend(spend, report);
      return incomplete;
    },
    describeLeftovers: (task) => (task ? describePreviewLeft(task) : ''),
  });
}

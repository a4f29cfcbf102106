import { runPostStep } from '../../runtime/post-step.ts';
import { startGitHub } from '../../runtime/step.ts';
import { readJobStatus } from '../key/inputs.ts';
import { spendReporter } from '../key/report.ts';
import { describePreviewLeft, runPreviewTask } from './end-job.ts';
import { readPostGitHub } from './inputs.ts';
import { commentRenderer } from './render-comment.ts';
import { endSummary } from './report.ts';
import { previewTask } from './task.ts';

/** The post step of `preview/action.yml`: ends the API key, and looks once more whether the preview is needed. */
export function previewPost(): Promise<void> {
  return runPostStep({
    schema: previewTask(),
    failsJob: () => true,
    async run(task, context, step) {
      const { report } = step;
      const gitHub = readPostGitHub();
      return runPreviewTask(task, {
        ...context,
        github: startGitHub(gitHub, step),
        repository: { ...gitHub.repository, ...task.repository },
        jobLogin: gitHub.jobLogin,
        run: gitHub.run,
        notice: report.notice,
        renderComment: task.comment ? commentRenderer(gitHub, report) : undefined,
        readJobStatus,
        onSpend: spendReporter(report),
        onEnd(deletion) {
          // The main step has said so if there was nothing to delete any more.
          if (deletion.kind !== 'deletion') return;
          report.summarize(endSummary(task, deletion, { dryRun: false }));
        },
      });
    },
    describeLeftovers: (task) => (task ? describePreviewLeft(task) : ''),
  });
}

import { type Step, startGitHub } from '../../runtime/step.ts';
import type { Context, IncompleteTask } from '../../shared/context.ts';
import type { JobStatus } from '../key/job-status.ts';
import { reportSpend } from '../key/report.ts';
import { runPreviewTask } from './end-job.ts';
import { readPostGitHub } from './inputs.ts';
import { commentRenderer } from './render-comment.ts';
import type { PreviewTask } from './task.ts';
import { openComments } from './write-comment.ts';

/**
 * Carries out the task of a preview once its job has ended, and reports what its key has spent.
 * @throws {Failure} `invalid-inputs`
 */
export async function endAndReport(
  { task, jobStatus }: { task: PreviewTask; jobStatus: JobStatus },
  context: Context,
  step: Step,
): Promise<IncompleteTask<PreviewTask> | undefined> {
  const { report } = step;
  const gitHub = readPostGitHub();
  const { spend, incomplete } = await runPreviewTask(task, jobStatus, {
    ...context,
    github: startGitHub(gitHub, step),
    comments: task.comment
      ? openComments({ ...gitHub, render: commentRenderer(gitHub, report) })
      : undefined,
    repository: { ...gitHub.repository, ...task.repository },
  });
  if (spend) reportSpend(spend, report);
  return incomplete;
}

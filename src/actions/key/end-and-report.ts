import type { Report } from '../../report/report.ts';
import type { Context, IncompleteTask } from '../../shared/context.ts';
import { runKeyTask } from './end-key.ts';
import type { KeyLeft } from './failures.ts';
import type { JobStatus } from './job-status.ts';
import { replacedSummary, reportSpend } from './report.ts';
import type { KeyTask } from './task.ts';

/** Carries out the task of a key once its job has ended, and reports what the key has spent. */
export async function endAndReport(
  { task, jobStatus }: { task: KeyTask; jobStatus: JobStatus },
  context: Context,
  report: Report,
): Promise<IncompleteTask<KeyLeft> | undefined> {
  const { spend, replaced, incomplete } = await runKeyTask(task, jobStatus, context);
  if (replaced.length > 0) report.summarize(replacedSummary(replaced));
  if (spend) reportSpend(spend, report);
  return incomplete;
}

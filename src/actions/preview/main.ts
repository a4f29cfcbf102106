import { completeRepository } from '../../github/repository.ts';
import { throwIfCancelled } from '../../lib/cancellation.ts';
import type { Report } from '../../report/report.ts';
import { openJournal } from '../../runtime/journal.ts';
import { runStep, startContext, startGitHub } from '../../runtime/step.ts';
import { wantsSeal } from '../../sealing/inputs.ts';
import { NO_KEY, outputKey } from '../../sealing/output-key.ts';
import { identityOutputs } from '../create/report.ts';
import { readPreviewInputs, reasonForNoKey } from './inputs.ts';
import { commentRenderer } from './render-comment.ts';
import {
  previewKeyOutputs,
  previewOutputs,
  previewSummary,
  reportSkipped,
  subjectOutputs,
} from './report.ts';
import { runPreview } from './run-preview.ts';
import { openComments } from './write-comment.ts';

/** `preview/action.yml`: makes the workspace of a pull request or branch agree with its state. */
export function preview(): Promise<void> {
  return runStep({ action: 'preview' }, async (step) => {
    const { report } = step;
    const reason = reasonForNoKey();
    if (reason !== undefined) {
      outputNoKey(report);
      return reportSkipped(reason, report);
    }
    const inputs = readPreviewInputs();
    const saveTask = openJournal(inputs, report);

    const context = startContext(inputs, step);
    const github = startGitHub(inputs.gitHub, step);
    const result = await runPreview(inputs, {
      ...context,
      github,
      comments: inputs.comment
        ? openComments({
            ...inputs.gitHub,
            render: commentRenderer(inputs.gitHub, report),
          })
        : undefined,
      repository: await completeRepository(github, inputs.gitHub.repository),
      saveTask,
      registerSecrets: report.registerSecrets,
      onSubject: (subject) => report.output(subjectOutputs(subject)),
      onWorkspace: (workspace, ownership) => report.output(identityOutputs(workspace, ownership)),
      onKey(key, end) {
        report.output(previewKeyOutputs(key));
        outputKey(key.secret, { action: 'preview', task: end }, inputs, report);
      },
      random: Math.random,
    });

    if (!('opened' in result && result.opened?.key)) outputNoKey(report);
    if (result.state === 'skipped') return reportSkipped(result.reason, report);
    report.output(previewOutputs(result));
    if (result.state === 'clean-up' && result.failure) throw result.failure;
    throwIfCancelled(step.signal);
    report.summarize(previewSummary(result, inputs));
  });
}

/** So that other jobs can tell a run without a key from one whose sealed key was lost. */
function outputNoKey(report: Pick<Report, 'output'>): void {
  if (wantsSeal()) report.output({ 'sealed-key': NO_KEY });
}

import { completeRepository } from '../../github/repository.ts';
import { throwIfCancelled } from '../../lib/cancellation.ts';
import { openJournal } from '../../runtime/journal.ts';
import { runStep, startContext, startGitHub } from '../../runtime/step.ts';
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
    if (reason !== undefined) return reportSkipped(reason, report);
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
      onKey(key) {
        report.output(previewKeyOutputs(key));
        report.outputSecret('key', key.secret);
      },
      random: Math.random,
    });

    if (result.state === 'skipped') return reportSkipped(result.reason, report);
    report.output(previewOutputs(result));
    if (result.state === 'clean-up' && result.failure) throw result.failure;
    throwIfCancelled(step.signal);
    report.summarize(previewSummary(result, inputs));
  });
}

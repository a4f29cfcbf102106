import { readCreateInputs } from '../inputs/create.ts';
import { createWorkspace } from '../operations/create/create.ts';
import { noJournal } from '../operations/shared/context.ts';
import { createSummary, identityOutputs, outcomeOutputs } from '../report/create.ts';
import { openJournal } from '../runtime/cleanup-journal.ts';
import { saveMainProcess } from '../runtime/main-process.ts';
import { runStep, startContext } from '../runtime/step.ts';

/** `action.yml`: creates a workspace, or reuses or updates the one that exists. */
export function create(): Promise<void> {
  return runStep(async (step) => {
    const { report } = step;
    saveMainProcess(report);
    const inputs = readCreateInputs(report);

    const result = await createWorkspace(inputs, {
      ...startContext(inputs, step),
      journal: inputs.deleteAfterJob ? openJournal(inputs, report) : noJournal,
      onWorkspace: (workspace, ownership) => report.output(identityOutputs(workspace, ownership)),
    });

    report.output(outcomeOutputs(result, inputs));
    report.summarize(createSummary(result, inputs));
  });
}

import { throwIfCancelled } from '../../lib/cancellation.ts';
import { openJournal } from '../../runtime/journal.ts';
import { runStep, startContext } from '../../runtime/step.ts';
import { createWorkspace } from './create-workspace.ts';
import { readCreateInputs } from './inputs.ts';
import { createSummary, identityOutputs, outcomeOutputs } from './report.ts';

/** `action.yml`: creates a workspace, or reuses or updates the one that exists. */
export function create(): Promise<void> {
  return runStep({ action: 'openrouter-workspace' }, async (step) => {
    const { report } = step;
    const inputs = readCreateInputs(report);
    const saveTask = openJournal(inputs, report);

    const result = await createWorkspace(inputs, {
      ...startContext(inputs, step),
      saveTask: inputs.deleteAfterJob ? saveTask : () => undefined,
      onWorkspace: (workspace, ownership) => report.output(identityOutputs(workspace, ownership)),
    });

    report.output(outcomeOutputs(result, inputs));
    throwIfCancelled(step.signal);
    report.summarize(createSummary(result, inputs));
  });
}

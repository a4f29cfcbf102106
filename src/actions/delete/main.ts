import { runStep, startContext } from '../../runtime/step.ts';
import { deleteOne } from './delete-workspace.ts';
import { readDeleteInputs } from './inputs.ts';
import { deleteOutputs, deleteSummary } from './report.ts';

/** `delete/action.yml`: deletes a workspace and what blocks its deletion. */
export function deleteWorkspace(): Promise<void> {
  return runStep({ action: 'delete' }, async (step) => {
    const { report } = step;
    const inputs = readDeleteInputs(report);

    const result = await deleteOne(inputs, startContext(inputs, step), ({ id, slug }) =>
      report.output({ id, slug }),
    );

    report.output(deleteOutputs(result, inputs));
    if (result?.failure) throw result.failure;
    report.summarize(deleteSummary(result, inputs));
  });
}

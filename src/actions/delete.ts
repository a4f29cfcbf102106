import { readDeleteInputs } from '../inputs/delete.ts';
import { deleteOne } from '../operations/teardown/delete.ts';
import { deleteOutputs, deleteSummary } from '../report/delete.ts';
import { runStep, startContext } from '../runtime/step.ts';

/** `delete/action.yml`: deletes a workspace and what blocks its deletion. */
export function deleteWorkspace(): Promise<void> {
  return runStep(async (step) => {
    const { report } = step;
    const inputs = readDeleteInputs(report);

    const result = await deleteOne(inputs, startContext(inputs, step), ({ id, slug }) =>
      report.output({ id, slug }),
    );

    report.output(deleteOutputs(result, inputs));
    if (result.failure) throw result.failure;
    report.summarize(deleteSummary(result, inputs));
  });
}

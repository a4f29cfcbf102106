import { readDeleteInputs } from '../inputs/delete.ts';
import { deleteOne } from '../operations/teardown/delete.ts';
import { outputsOfDelete, summaryOfDelete } from '../report/delete.ts';
import { connect } from '../runtime/connect.ts';
import { runStep } from '../runtime/step.ts';

/** `delete/action.yml`: deletes a workspace, and what blocks its deletion. */
export function deleteWorkspace(): Promise<void> {
  return runStep(async (step) => {
    const { report, clock } = step;
    const inputs = readDeleteInputs();
    const { workspace: asked, dryRun } = inputs;

    const result = await deleteOne(
      inputs,
      { client: connect(inputs, step), clock, log: report },
      ({ id, slug }) => report.output({ id, slug }),
    );

    report.output(outputsOfDelete(result, dryRun));
    if (result.failure) throw result.failure;
    report.summarize(summaryOfDelete(result, { asked, dryRun }));
  });
}

import { readSweepInputs } from '../inputs/sweep.ts';
import { failureOf, sweep as sweepWorkspaces } from '../operations/teardown/sweep.ts';
import { sweepOutputs, sweepSummary } from '../report/sweep.ts';
import { openContext } from '../runtime/open-context.ts';
import { runStep } from '../runtime/step.ts';

/** `sweep/action.yml`: deletes stale workspaces. */
export function sweep(): Promise<void> {
  return runStep(async (step) => {
    const { report } = step;
    const inputs = readSweepInputs();

    const result = await sweepWorkspaces(inputs, openContext(inputs, step));

    report.output(sweepOutputs(result));
    if (result.stale > 0) report.warn('stale-workspaces', { result });
    const failure = failureOf(result, inputs);
    if (failure) throw failure;
    report.summarize(sweepSummary(result, inputs));
  });
}

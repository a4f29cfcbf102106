import { readSweepInputs } from '../inputs/sweep.ts';
import { sweep as sweepWorkspaces } from '../operations/teardown/sweep.ts';
import { failureOf, leakOf, outputsOfSweep, summaryOfSweep } from '../report/sweep.ts';
import { connect } from '../runtime/connect.ts';
import { runStep } from '../runtime/step.ts';

/** `sweep/action.yml`: deletes stale workspaces. */
export function sweep(): Promise<void> {
  return runStep(async (step) => {
    const { report, clock, signal } = step;
    const inputs = readSweepInputs();

    const result = await sweepWorkspaces(inputs, {
      client: connect(inputs, step),
      clock,
      log: report,
      signal,
    });

    report.output(outputsOfSweep(result));
    const leak = leakOf(result);
    if (leak) report.warning(...leak);
    const failure = failureOf(result, inputs);
    if (failure) throw failure;
    report.summarize(summaryOfSweep(result, inputs));
  });
}

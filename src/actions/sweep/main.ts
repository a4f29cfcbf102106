import { runStep, startContext } from '../../runtime/step.ts';
import { sweepFailure } from '../../teardown/failures.ts';
import { sweepOutputs, sweepSummary } from '../../teardown/report.ts';
import { readSweepInputs } from './inputs.ts';
import { SWEEP, staleNotice } from './report.ts';
import { sweep as sweepWorkspaces } from './sweep-workspaces.ts';

/** `sweep/action.yml`: deletes stale workspaces. */
export function sweep(): Promise<void> {
  return runStep({ action: 'sweep' }, async (step) => {
    const { report } = step;
    const inputs = readSweepInputs();

    const result = await sweepWorkspaces(inputs, startContext(inputs, step));

    report.output(sweepOutputs(result));
    const failure = sweepFailure(result, SWEEP, inputs);
    if (failure) throw failure;
    const notice = staleNotice(result);
    if (notice !== undefined) report.notice(notice);
    report.summarize(sweepSummary(result, SWEEP, inputs));
  });
}

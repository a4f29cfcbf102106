import { runStep, startContext } from '../../runtime/step.ts';
import { readUsageInputs } from './inputs.ts';
import { readUsage } from './read-usage.ts';
import { usageLines, usageOutputs, usageSummary } from './report.ts';
import { usageFailure, warnOnCost } from './thresholds.ts';

/** `usage/action.yml`: reports what a workspace or an API key has used and cost. */
export function usage(): Promise<void> {
  return runStep({ action: 'usage', onlyReads: true }, async (step) => {
    const { report } = step;
    const inputs = readUsageInputs(report);

    const context = startContext(inputs, step);
    const result = await readUsage(inputs, context);

    for (const line of usageLines(result)) report.info(line);
    report.output(usageOutputs(result));
    warnOnCost(result, inputs, context);
    // The summary of a failure has the same details.
    const failure = usageFailure(result, inputs);
    if (failure) throw failure;
    report.summarize(usageSummary(result, inputs));
  });
}

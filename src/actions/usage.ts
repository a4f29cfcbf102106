import { readUsageInputs } from '../inputs/usage.ts';
import { failureOf, warnOnCost } from '../operations/usage/thresholds.ts';
import { readUsage } from '../operations/usage/usage.ts';
import { usageLines, usageOutputs, usageSummary } from '../report/usage.ts';
import { openContext, runStep } from '../runtime/step.ts';

/** `usage/action.yml`: reports what a workspace or an API key has used and cost. */
export function usage(): Promise<void> {
  return runStep(async (step) => {
    const { report } = step;
    const inputs = readUsageInputs();

    const context = openContext(inputs, step);
    const result = await readUsage(inputs, context);

    for (const line of usageLines(result)) report.info(line);
    report.output(usageOutputs(result));
    report.summarize(usageSummary(result));
    const failure = failureOf(result, inputs);
    if (failure) throw failure;
    warnOnCost(result, inputs, context);
  });
}

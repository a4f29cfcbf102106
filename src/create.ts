import { connect } from './connect.ts';
import { CLEAN_UP_STATE, type CleanUpState } from './inputs/clean-up.ts';
import { readCreateInputs } from './inputs/create.ts';
import { leaveProcess } from './main-process.ts';
import { identity, outcomeOf, summaryOf } from './report/created.ts';
import { runStep } from './step.ts';
import type { Remains } from './workspace/clean-up.ts';
import { createWorkspace } from './workspace/create.ts';

/** `action.yml`: creates a workspace, or takes or updates the one that exists. */
export function create(): Promise<void> {
  return runStep(async (step) => {
    const { report, clock } = step;
    leaveProcess(report);
    const inputs = readCreateInputs();
    const { apiUrl, timeoutMs, deleteAfterJob, deleteKeys } = inputs;
    const leave = (remains: Remains) =>
      report.saveState(CLEAN_UP_STATE, { apiUrl, timeoutMs, remains } satisfies CleanUpState);

    const result = await createWorkspace(inputs, {
      client: connect(inputs, step),
      clock,
      log: report,
      events: {
        intended: (intended) => leave({ intended, deleteKeys }),
        withdrawn: () => report.saveState(CLEAN_UP_STATE, null),
        known(workspace, created) {
          const { id, slug } = workspace;
          if (created && deleteAfterJob) leave({ made: { id, slug }, deleteKeys });
          report.output(identity(workspace, created));
        },
      },
    });

    report.output(outcomeOf(result, inputs));
    report.summarize(summaryOf(result, inputs));
  });
}

import { readCreateInputs } from '../inputs/create.ts';
import type { Remains } from '../operations/create/cleanup.ts';
import { createWorkspace } from '../operations/create/create.ts';
import { identity, outcomeOf, summaryOf } from '../report/create.ts';
import { CLEAN_UP_STATE, type CleanUpState } from '../runtime/cleanup-journal.ts';
import { connect } from '../runtime/connect.ts';
import { leaveProcess } from '../runtime/main-process.ts';
import { runStep } from '../runtime/step.ts';

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

import { connect } from './connect.ts';
import { readCleanUpState, readManagementKey } from './inputs/clean-up.ts';
import { runStep } from './step.ts';
import { cleanUp, slugOf } from './workspace/clean-up.ts';

/** The end of a job with `action.yml`: deletes the workspace that its step made, if that is asked. */
export async function post(): Promise<void> {
  const state = readCleanUpState();
  if (!state) return;
  await runStep(
    async (step) => {
      const { report, clock, signal } = step;
      const client = connect({ ...state, managementKey: readManagementKey() }, step);
      await cleanUp(state.remains, { client, clock, log: report, signal });
    },
    (report, error) => {
      report.warnOf(
        error,
        `It may be left behind at OpenRouter: the workspace ${slugOf(state.remains)}.`,
      );
      return 0;
    },
  );
}

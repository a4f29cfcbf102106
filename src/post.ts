import { connect } from './connect.ts';
import { Failure } from './failure.ts';
import { readCleanUpState, readManagementKey, remainsOfCreate } from './inputs/clean-up.ts';
import { runStep } from './step.ts';
import { cleanUp, slugOf } from './workspace/clean-up.ts';

/** The end of a job with `action.yml`: deletes the workspace that its step made, if that is asked. */
export async function post(): Promise<void> {
  const state = readCleanUpState(remainsOfCreate());
  if (!state) return;
  await runStep(
    async (step) => {
      const { report, clock, signal } = step;
      if (state instanceof Failure) throw state;
      const client = connect({ ...state, managementKey: readManagementKey() }, step);
      await cleanUp(state.remains, { client, clock, log: report, signal });
    },
    (report, error) => {
      const left =
        state instanceof Failure
          ? 'whatever workspace the step made'
          : `the workspace ${slugOf(state.remains)}`;
      report.warnOf(error, `It may be left behind at OpenRouter: ${left}.`);
      return 0;
    },
  );
}

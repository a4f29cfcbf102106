import { connect } from './connect.ts';
import { Failure } from './failure.ts';
import { readCleanUpState, readManagementKey, remainsOfKey } from './inputs/clean-up.ts';
import { runStep } from './step.ts';
import { cleanUpKeys, tellRemains } from './workspace/key-remains.ts';

/** The end of a job with `key/action.yml`: revokes the key that its step made, if that is asked. */
export async function keyPost(): Promise<void> {
  const state = readCleanUpState(remainsOfKey());
  if (!state) return;
  await runStep(
    async (step) => {
      const { report, clock, signal } = step;
      if (state instanceof Failure) throw state;
      const client = connect({ ...state, managementKey: readManagementKey() }, step);
      await cleanUpKeys(state.remains, { client, clock, log: report, signal });
    },
    (report, error) => {
      const left =
        state instanceof Failure ? 'whatever API key the step made' : tellRemains(state.remains);
      report.warnOf(error, `It may be left behind at OpenRouter: ${left}.`);
      return 0;
    },
  );
}

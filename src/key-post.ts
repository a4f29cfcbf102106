import { connect } from './connect.ts';
import { readCleanUpState, readManagementKey } from './inputs/clean-up.ts';
import { runStep } from './step.ts';
import { cleanUpKeys, type KeyRemains, tellRemains } from './workspace/key-remains.ts';

/** The end of a job with `key/action.yml`: revokes the key that its step made, if that is asked. */
export async function keyPost(): Promise<void> {
  const state = readCleanUpState<KeyRemains>();
  if (!state) return;
  await runStep(
    async (step) => {
      const { report, clock, signal } = step;
      const client = connect({ ...state, managementKey: readManagementKey() }, step);
      await cleanUpKeys(state.remains, { client, clock, log: report, signal });
    },
    (report, error) => {
      report.warnOf(error, `It may be left behind at OpenRouter: ${tellRemains(state.remains)}.`);
      return 0;
    },
  );
}

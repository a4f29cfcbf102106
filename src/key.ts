import { connect } from './connect.ts';
import { CLEAN_UP_STATE, type CleanUpState } from './inputs/clean-up.ts';
import { readKeyInputs } from './inputs/key.ts';
import { leaveProcess } from './main-process.ts';
import { outputsOfKey, summaryOfKey } from './report/minted.ts';
import { runStep } from './step.ts';
import { makeKey } from './workspace/key.ts';
import type { KeyRemains } from './workspace/key-remains.ts';

/** `key/action.yml`: makes an API key in a workspace, for one job. */
export function key(): Promise<void> {
  return runStep(async (step) => {
    const { report, clock } = step;
    leaveProcess(report);
    const inputs = readKeyInputs();
    const { apiUrl, timeoutMs } = inputs;

    const result = await makeKey(inputs, {
      client: connect(inputs, step),
      clock,
      log: report,
      random: Math.random,
      timeOfDay: Date.now,
      events: {
        conceal: report.conceal,
        leave: (remains) =>
          report.saveState(
            CLEAN_UP_STATE,
            remains && ({ apiUrl, timeoutMs, remains } satisfies CleanUpState<KeyRemains>),
          ),
        minted(made) {
          report.output(outputsOfKey(made));
          report.outputSecret('key', made.secret);
        },
      },
    });

    report.summarize(summaryOfKey(result, inputs));
  });
}

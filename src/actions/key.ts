import { readKeyInputs } from '../inputs/key.ts';
import type { KeyRemains } from '../operations/key/cleanup.ts';
import { makeKey } from '../operations/key/create-key.ts';
import { outputsOfKey, summaryOfKey } from '../report/key.ts';
import { CLEAN_UP_STATE, type CleanUpState } from '../runtime/cleanup-journal.ts';
import { connect } from '../runtime/connect.ts';
import { leaveProcess } from '../runtime/main-process.ts';
import { runStep } from '../runtime/step.ts';

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

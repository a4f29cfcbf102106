import { openJournal } from '../../runtime/journal.ts';
import { runStep, startContext } from '../../runtime/step.ts';
import { outputKey } from '../../sealing/output-key.ts';
import { createKey } from './create-key.ts';
import { readKeyInputs } from './inputs.ts';
import { keyOutputs, keySummary } from './report.ts';

/** `key/action.yml`: creates an API key in a workspace. */
export function key(): Promise<void> {
  return runStep({ action: 'key' }, async (step) => {
    const { report } = step;
    const inputs = readKeyInputs(report);

    const result = await createKey(inputs, {
      saveTask: openJournal(inputs, report),
      ...startContext(inputs, step),
      registerSecrets: report.registerSecrets,
      onKey(created, end) {
        report.output(keyOutputs(created));
        outputKey(created.secret, { action: 'key', task: end }, inputs, report);
      },
      random: Math.random,
    });

    report.summarize(keySummary(result, inputs));
  });
}

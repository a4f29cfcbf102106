import { runStep, startContext } from '../../runtime/step.ts';
import { sealedKeyMismatch } from '../../sealing/failures.ts';
import { hasSealedKey } from '../../sealing/inputs.ts';
import { openKey } from '../../sealing/sealed-key.ts';
import { Failure } from '../../shared/failure.ts';
import { assertWorks } from './assert-works.ts';
import { readUnsealKeyInputs } from './inputs.ts';

/** `unseal-key/action.yml`: opens an API key that another job has sealed. */
export function unsealKey(): Promise<void> {
  return runStep({ action: 'unseal-key', onlyReads: true }, async (step) => {
    const { report } = step;
    if (!hasSealedKey()) {
      report.info('There is no API key, and nothing is wrong: the output key is empty.');
      report.output({ key: '' });
      return;
    }
    const { sealedKey, seal, workflowRun, ...connection } = readUnsealKeyInputs();
    const opened = openKey(sealedKey, { seal, run: workflowRun.id });
    if (typeof opened === 'string') {
      throw new Failure(sealedKeyMismatch, { problem: opened, part: 'key' });
    }
    const { key } = opened;
    report.registerSecrets([key]);
    // OpenRouter has accepted the key as that of a new one.
    const context = startContext({ ...connection, managementKey: key }, step, {
      wasAccepted: true,
    });
    await assertWorks(context);
    report.outputSecret('key', key);
  });
}

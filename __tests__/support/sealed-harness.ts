import { expect } from '@jest/globals';
import { seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { newSeal } from '../../sandbox/runner/seal.ts';
import { openEmptiedHarness } from './emptied-harness.ts';

type Inputs = Record<string, string>;

/** The variables of the run in which the jobs of these tests are. */
export const RUN = { GITHUB_RUN_ID: '17000000001' };

/** An OpenRouter with the workspace `demo`, and jobs of one run that pass on a sealed key. */
export function openSealedHarness() {
  const { harness } = openEmptiedHarness();
  const seal = newSeal();
  /** The job `key`: its main step seals a key. */
  const sealOne = async (changes: Inputs = {}, env: Inputs = {}) => {
    if (harness.sandbox.account.workspaces.length === 1) {
      seedWorkspace(harness.sandbox, { slug: 'demo' });
    }
    const inputs = { workspace: 'demo', name: 'CI', 'limit-usd': '5', seal, ...changes };
    const step = await harness.run('key', inputs, { ...RUN, ...env });
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    return { step, sealed: String(step.outputs['sealed-key']), inputs };
  };
  return {
    harness,
    seal,
    sealOne,
    /** All API keys, the newest first. */
    keys: () => harness.sandbox.account.keys,
    /** The job that uses the key, which has no management key. */
    unseal: (sealed: string, inputs: Inputs = {}, env: Inputs = {}) =>
      harness.run(
        'unseal-key',
        { 'sealed-key': sealed, seal, 'management-key': '', ...inputs },
        { ...RUN, ...env },
      ),
    /** The job `end`. */
    end: (sealed: string, inputs: Inputs = {}, env: Inputs = {}) =>
      harness.run('end-key', { 'sealed-key': sealed, ...inputs }, { ...RUN, ...env }),
  };
}

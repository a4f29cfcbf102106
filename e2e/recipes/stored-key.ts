import assert from 'node:assert/strict';
import type { Sandbox } from '../../sandbox/openrouter/server.ts';
import { openReader, type ReaderRun } from '../reader.ts';

/** The API call with which gh stores a secret. */
const STORE = 'PUT /environments/*/secrets/*';

/** A reader who has copied the workflows. */
async function openStoredKey(sandbox: Sandbox) {
  const reader = await openReader('docs/recipes/stored-key.md', sandbox);
  const { service } = reader;
  const stored = () => service.read().secrets['openrouter-jobs/OPENROUTER_API_KEY'] ?? '';
  const ROTATION_TOKEN = JSON.stringify({ environments: 'write' });
  return {
    reader,
    stored,
    /** Runs the workflow that stores a new key, and returns the outputs of the step that creates it. */
    async rotate(succeeds: boolean, options: ReaderRun = {}): Promise<Record<string, string>> {
      const secrets = { ROTATION_TOKEN };
      const run = await reader.run('Rotate the API key', { secrets, ...options });
      assert.equal(run.exitCode === 0, succeeds, run.log);
      return run.outputs('key');
    },
    /** Runs a job with the secret, and returns the key that its program gets. */
    async evaluate(): Promise<string | undefined> {
      const secrets = { OPENROUTER_API_KEY: stored() };
      const run = await reader.run('Evaluation', { secrets });
      assert.equal(run.exitCode, 0, run.log);
      return reader.calls().find(({ call }) => call === 'evaluate')?.key;
    },
  };
}

/** What the files of the recipe do, by a sentence that says what holds. */
export const STORED_KEY: Record<string, (sandbox: Sandbox) => Promise<void>> = {
  async 'a stored key is replaced by a run that succeeds, and by no other, and none is deleted'(
    sandbox,
  ) {
    const { reader, stored, rotate, evaluate } = await openStoredKey(sandbox);
    const { change } = reader.service;
    const first = await rotate(true);
    assert.equal(stored(), first['key']);

    change(({ faults }) => Object.assign(faults, { [STORE]: 401 }));
    const rejected = await rotate(false);
    change((service) => Object.assign(service, { faults: {}, latencyMs: 5_000 }));
    const cancelled = await rotate(false, {
      change: (text) => text.replace('run: printf', 'run: echo "Stores" && printf'),
      cancelAt: 'Stores',
    });
    change((service) => Object.assign(service, { latencyMs: 0 }));
    const annotations = ['error openrouter-workspace: server error'];
    assert.deepEqual(await rotate(false, { down: 'everything', annotations }), {});
    assert.equal(await evaluate(), first['key']);

    const last = await rotate(true);
    assert.equal(await evaluate(), last['key']);
    assert.deepEqual(
      sandbox.account.keys.map(({ hash, disabled, limit }) => ({ hash, disabled, limit })),
      [last, cancelled, rejected, first].map(({ hash }) => ({ hash, disabled: false, limit: 100 })),
    );
    await reader.close();
  },
};

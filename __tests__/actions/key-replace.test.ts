import { expect, test } from '@jest/globals';
import { seedKey, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { CREATE, DELETE, expectCreated, expectFailed, openKeyHarness } from '../support/key.ts';
import { onNth } from '../support/on-nth.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls } = key;
const seed = (fields: Parameters<typeof seedKey>[2]) => seedKey(key.sandbox, key.workspace, fields);

test('replace deletes exactly the keys of that name that existed before', async () => {
  for (const name of ['CI', 'Other', 'CI', 'CI']) seed({ name });
  const [disabled] = keys();
  if (disabled) disabled.disabled = true;
  const elsewhere = seedWorkspace(key.sandbox, { slug: 'preview-43' });
  seedKey(key.sandbox, elsewhere, { name: 'CI' });
  onNth(key.sandbox, CREATE, 1, () => seed({ name: 'CI' }));
  const main = await createKey({ replace: 'true' });
  expectCreated(main, keys());
  expect(calls().slice(2)).toEqual([CREATE, DELETE, DELETE, DELETE]);
  // What another job created in the meantime stays, and so does the key of the other workspace.
  expect(keys().map(({ name }) => name)).toEqual(['CI', 'CI', 'CI', 'Other']);
  expect(main.log.match(/which the new one replaces/g)).toHaveLength(3);
  expect((await runPost(main)).exitCode).toBe(0);
  expect(keys()).toHaveLength(3);
});

test('A replace that fails reports the new key and the old ones that are left', async () => {
  for (const name of ['CI', 'CI', 'CI']) seed({ name });
  const labels = keys().map(({ label }) => label);
  const rejection = { on: DELETE, kind: 'response', status: 403 } as const;
  key.scheduleFaults(rejection, rejection);
  const main = await createKey({ replace: 'true' });
  const outputs = expect.objectContaining({ key: expect.any(String) });
  const { title, message } = expectFailed(main, outputs as object);
  expect(title).toBe('Could not delete 2 of 3 replaced API keys');
  expect(message).toContain(
    `The new API key exists, and the outputs are set: "CI" (${main.outputs['label']})`,
  );
  const left = keys().flatMap(({ label }) => (labels.includes(label) ? [label] : []));
  expect(left).toHaveLength(2);
  for (const label of labels) expect(message.includes(label)).toBe(left.includes(label));
  expect(message).not.toContain('Nothing was changed');

  expect((await runPost(main)).exitCode).toBe(0);
  expect(keys().map(({ label }) => label)).toEqual(left);
});

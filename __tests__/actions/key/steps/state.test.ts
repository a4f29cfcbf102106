import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { annotations } from '../../../support/harness.ts';
import { CREATE, expectFailed, expectNoSecret, openKeyHarness } from '../../../support/key.ts';
import { onNth } from '../../../support/on-nth.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls } = key;

const TITLE = 'The state for the post step could not be written';

test.each(['/no/such/file', ''])(
  'A key that cannot be output because GITHUB_OUTPUT is "%s" is revoked even if it is to stay',
  async (file) => {
    const main = await createKey({ 'revoke-after-job': 'false' }, { GITHUB_OUTPUT: file });
    expect(main.exitCode).toBe(1);
    expect(annotations(main)[0]?.data).toContain('could not be written');
    expectNoSecret(main);
    expect(keys()).toHaveLength(1);
    await runPost(main);
    expect(keys()).toEqual([]);
  },
);

test('No key is created if the state for the post step cannot be written', async () => {
  const { title, message } = expectFailed(await createKey({}, { GITHUB_STATE: tmpdir() }));
  expect(title).toBe(TITLE);
  expect(message).toContain('Nothing was changed at OpenRouter.');
  expect(calls()).not.toContain(CREATE);
});

test('If state cannot be written after POST /keys, the error names the key that exists', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'state-'));
  const state = join(folder, 'state');
  writeFileSync(state, '');
  onNth(key.sandbox, CREATE, 1, () => {
    rmSync(state);
    mkdirSync(state);
  });
  const main = await createKey({}, { GITHUB_STATE: state });
  rmSync(folder, { recursive: true });
  const { title, message } = expectFailed(main);
  const [created] = keys();
  expect(title).toBe(TITLE);
  expect(message).toContain(
    `Already exists at OpenRouter: the API key "CI" (${created?.label}), hash ${created?.hash}, which the post step deletes.`,
  );
  expect(message).not.toContain('Nothing was changed');
});

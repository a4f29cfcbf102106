import { tmpdir } from 'node:os';
import { expect, test } from '@jest/globals';
import { annotations } from '../../../support/harness.ts';
import { CREATE, expectFailed, expectNoSecret, openKeyHarness } from '../../../support/key.ts';

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

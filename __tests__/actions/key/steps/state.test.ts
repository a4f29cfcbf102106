import { expect, test } from '@jest/globals';
import { annotations } from '../../../support/harness.ts';
import { expectNoSecret, openKeyHarness } from '../../../support/key-harness.ts';

const key = openKeyHarness();
const { createKey, runPost, keys } = key;

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

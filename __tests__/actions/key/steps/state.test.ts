import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
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

describe('a state file that cannot be written once POST /keys was sent', () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'state-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  function createKeyAndLoseState() {
    const state = join(folder, 'state');
    writeFileSync(state, '');
    onNth(key.sandbox, CREATE, 1, () => {
      rmSync(state);
      mkdirSync(state);
    });
    return createKey({}, { GITHUB_STATE: state });
  }

  test('If state cannot be written after POST /keys, the error names the key that exists', async () => {
    const { title, message } = expectFailed(await createKeyAndLoseState());
    const [created] = keys();
    expect(title).toBe(TITLE);
    expect(message).toContain(
      `Already exists at OpenRouter: the API key "CI" (${created?.label}), hash ${created?.hash}, which the post step deletes.`,
    );
    expect(message).not.toContain('Nothing was changed');
  });

  test('State that cannot be written is only a warning next to a rejection', async () => {
    key.scheduleFaults({ on: CREATE, kind: 'response', status: 422 });
    const main = await createKeyAndLoseState();
    expect(expectFailed(main).title).toBe('Could not create the API key "CI"');
    expect(annotations(main, 'warning').map(({ properties }) => properties['title'])).toEqual([
      TITLE,
    ]);
  });
});

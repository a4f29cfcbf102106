/** One example over a socket. `__tests__/actions/key` tests all others in virtual time. */
import { expect, test } from '@jest/globals';
import { seedKey } from '../../../../sandbox/openrouter/seed.ts';
import { annotations } from '../../../support/harness.ts';
import {
  CREATE,
  DELETE,
  expectCreated,
  expectFailed,
  LIST,
  LOOKUP,
  openKeyHarness,
} from '../../../support/key.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls, posted } = key;

test('After a lost response to a POST /keys that was applied, the orphan is deleted and one key is created', async () => {
  const old = seedKey(key.sandbox, key.workspace, { name: 'CI' });
  key.scheduleFaults({ on: CREATE, kind: 'reset', applied: true });
  const main = await createKey();
  expectCreated(main, keys());
  expect(keys().map(({ hash }) => hash)).toEqual([main.outputs['hash'], old.hash]);
  expect(calls()).toEqual([LOOKUP, LIST, CREATE, LIST, DELETE, CREATE]);
  const [first, second] = posted();
  expect(second).toEqual(first);
  expect(main.log).toContain('Checking whether it created a key whose secret was lost.');
  expect(main.log).toContain('Deleted the orphaned API key');

  const post = await runPost(main);
  expect(annotations(post, 'warning')).toEqual([]);
  expect(keys()).toEqual([old]);
});

test('A rejected POST /keys fails the step at once and leaves the post step nothing to do', async () => {
  key.scheduleFaults({ on: CREATE, kind: 'response', status: 422, body: '{"message":"No"}' });
  const main = await createKey();
  const { title, message } = expectFailed(main);
  expect(title).toBe('Could not create the API key "CI"');
  expect(message).toContain('HTTP 422 Unprocessable Entity: No');
  expect(message).toContain('Nothing was changed at OpenRouter.');
  expect(calls()).toEqual([LOOKUP, LIST, CREATE]);
  expect(await runPost(main)).toMatchObject({ exitCode: 0, log: '' });
  expect(calls()).toHaveLength(3);
});

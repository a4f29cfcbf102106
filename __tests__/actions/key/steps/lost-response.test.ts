/**
 * Over a socket at the hardest moment: the key exists, its secret has not arrived. Every other moment is
 * tested in virtual time.
 */
import { expect, test } from '@jest/globals';
import { seedKey } from '../../../../sandbox/openrouter/seed.ts';
import { annotations } from '../../../support/harness.ts';
import { CREATE, expectNoSecret, openKeyHarness } from '../../../support/key-harness.ts';
import { inCancelledTime } from '../../../support/step-time.ts';

const key = openKeyHarness();
const { interruptKey, runPost, keys } = key;

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'After %s during the response to POST /keys, the post step deletes the key',
  async (signal) => {
    const old = seedKey(key.sandbox, key.workspace, { name: 'CI' });
    key.scheduleFaults({ on: CREATE, kind: 'stall', applied: true });
    const inputs = { 'revoke-after-job': 'false', timeout: '24h' };
    const main = await interruptKey(signal, 3, inputs, inCancelledTime());
    expect(main.exitCode).toBe(signal === 'SIGKILL' ? null : 1);
    expect(annotations(main)).toHaveLength(signal === 'SIGKILL' ? 0 : 1);
    expectNoSecret(main);

    const post = await runPost(main, { 'revoke-after-job': 'false' });
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(keys()).toEqual([old]);
  },
);

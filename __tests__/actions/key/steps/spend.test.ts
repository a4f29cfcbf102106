import { describe, expect, test } from '@jest/globals';
import type { Key } from '../../../../sandbox/openrouter/resources/keys.ts';
import { seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { annotations } from '../../../support/harness.ts';
import { DELETE, expectNoSecret, openKeyHarness, READ } from '../../../support/key.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls } = key;

/** Has the newest key spend. */
const spend = (credits: number) => seedUsage(key.sandbox, keys()[0] as Key, { credits });

describe('after the job, the key action reports what the key has spent', () => {
  test('in its log and its summary', async () => {
    const main = await createKey({ 'limit-usd': '5' });
    spend(0.0421);
    const post = await runPost(main);
    expect(post.exitCode).toBe(0);
    expect(post.log.split('\n')[0]).toBe('Spent $0.0421 of the limit of $5.00 (API key "CI").');
    expect(post.summary).toContain(
      '<h3>💵 Spent $0.0421 of the limit of $5.00 (API key &quot;CI&quot;)</h3>',
    );
    expect(annotations(post, 'warning')).toEqual([]);
    expect(calls().slice(3)).toEqual([READ, DELETE]);
    expectNoSecret(post);
  });

  test('also if it is not revoked, and only logs if that is impossible', async () => {
    const main = await createKey({ 'revoke-after-job': 'false' });
    spend(0.3);
    expect((await runPost(main)).log).toBe('Spent $0.30 (API key "CI").');
    const post = await runPost(main, { 'management-key': '' });
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(post.log).toContain('1 invalid input');
    expect(keys()).toHaveLength(1);
  });
});

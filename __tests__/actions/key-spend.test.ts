import { describe, expect, test } from '@jest/globals';
import type { Key } from '../../sandbox/openrouter/resources/keys.ts';
import { seedUsage } from '../../sandbox/openrouter/seed.ts';
import { annotations } from '../support/harness.ts';
import { DELETE, expectNoSecret, openKeyHarness, READ } from '../support/key.ts';

const key = openKeyHarness();
const { createKey, runPost, keys, calls } = key;

/** Has the newest key spend. */
const spend = (credits: number, byok = 0) =>
  seedUsage(key.sandbox, keys()[0] as Key, { credits, byok });

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

  test.each<[string, Record<string, string>, number, number, string]>([
    ['without a limit', {}, 0.3, 0, 'Spent $0.30 (API key "CI").'],
    [
      'with a limit that resets',
      { 'limit-usd': '1', 'limit-reset': 'daily' },
      0.3,
      0,
      'Spent $0.30 in total. The daily limit is $1.00, of which $0.70 remains (API key "CI").',
    ],
    [
      'with your own provider keys',
      { 'limit-usd': '1' },
      0.3,
      0.25,
      'Spent $0.30 of the limit of $1.00, and $0.25 with your own provider keys (API key "CI").',
    ],
  ])('%s', async (_, inputs, credits, byok, line) => {
    const main = await createKey(inputs);
    spend(credits, byok);
    expect((await runPost(main)).log.split('\n')[0]).toBe(line);
  });

  test('with a warning if the limit is used up', async () => {
    const main = await createKey({ 'limit-usd': '1' });
    spend(1.25);
    const post = await runPost(main);
    expect(post.exitCode).toBe(0);
    const [warning] = annotations(post, 'warning');
    expect(warning?.properties['title']).toBe('The limit of the API key "CI" is used up');
    expect(warning?.data).toContain('The limit is $1.00, of which -$0.25 remains.');
    expect(warning?.data).toMatch(/#key-limit-used-up$/);
    expect(keys()).toEqual([]);
  });

  test('before it revokes it, and does not wait long for that', async () => {
    const main = await createKey();
    key.scheduleFaults({ on: READ, kind: 'silence' });
    // In real time, which is over after 1.5 s.
    const post = await runPost(main, {}, {});
    expect(post.exitCode).toBe(0);
    expect(annotations(post, 'warning')).toEqual([]);
    expect(post.log).toContain('has spent is unknown: ');
    expect(keys()).toEqual([]);
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

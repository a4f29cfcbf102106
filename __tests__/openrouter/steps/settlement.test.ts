import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { ANALYTICS_LAG, COUNTER_DELAY } from '../../../sandbox/openrouter/resources/usage.ts';
import type { Workspace } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { annotations, openHarness } from '../../support/harness.ts';

const MINUTE = 60_000;
const SLUG = 'preview-42';
const WHY = 'OpenRouter can count what is spent up to an hour late.';

const harness = openHarness({ counterDelay: COUNTER_DELAY, analyticsLag: ANALYTICS_LAG });
let workspace: Workspace;

beforeEach(() => {
  const { workspaces, keys, spends } = harness.sandbox.account;
  workspaces.length = 1;
  keys.length = 0;
  spends.length = 0;
  workspace = seedWorkspace(harness.sandbox, { slug: SLUG, age: 100 * MINUTE });
});

/** Has a key spend 0.42 USD, so many milliseconds ago. */
function spend(key: Key, age = 0): void {
  seedUsage(harness.sandbox, key, { credits: 0.42, age });
}

const seedSpender = (age = 0): void => spend(seedKey(harness.sandbox, workspace), age);

/** Has a key spend something, and end two minutes later, so that it is counted. */
function seedCounted(): void {
  const key = seedKey(harness.sandbox, workspace);
  spend(key, 63 * MINUTE);
  const updated_at = new Date(Date.now() - 61 * MINUTE).toISOString();
  Object.assign(key, { disabled: true, updated_at });
}

/** Expects that a summary says why an amount is a lower bound: once, or not at all. */
function expectWhy({ summary }: { summary: string }, isExact = false): void {
  expect(summary.split(WHY)).toHaveLength(isExact ? 1 : 2);
  expect(summary).not.toContain('$0.00');
}

describe('the post step of a key whose counters are 40 s late', () => {
  /** Runs a job whose key, with a limit of 0.42 USD, spends that so many milliseconds before its end. */
  async function runJob(age: number) {
    const inputs = { workspace: SLUG, name: 'CI', 'limit-usd': '0.42' };
    const main = await harness.run('key', inputs);
    spend(harness.sandbox.account.keys[0] as Key, age);
    return harness.end('key', inputs, main);
  }

  test('shows no amount if nothing is counted yet, and says how to read it later', async () => {
    const post = await runJob(0);
    expect(post.log).toMatch(/^Spending not yet counted \(API key "CI #\w{6}"\)\.$/m);
    expect(post.summary).toContain('<h3>💵 Spending at OpenRouter not yet counted</h3>');
    expect(post.summary).toContain(`<p>${WHY} To read the amount then, run the action usage with `);
    expectWhy(post);
    expect(annotations(post, 'warning')).toEqual([]);
  });

  test('says that a limit is used up as soon as the counter shows it: more cannot be left', async () => {
    const post = await runJob(MINUTE);
    expectWhy(post);
    expect(annotations(post, 'warning')[0]?.data).toContain(
      'Spent at least $0.42 of $0.42 at OpenRouter: the limit of the API key is used up',
    );
  });
});

test('replaced keys whose counters are 40 s late have spent at least what is counted', async () => {
  seedSpender();
  spend(harness.sandbox.account.keys[0] as Key, MINUTE);
  const kept = { 'revoke-after-job': 'false', 'expires-in': '70d' };
  const inputs = { workspace: SLUG, name: 'Key', replace: 'after-job', ...kept };
  const main = await harness.run('key', inputs);
  const { summary } = await harness.end('key', inputs, main);
  const [, replaced = ''] = summary.split('that the new one replaces');
  expect(replaced).toContain('<td align="right">at least $0.42</td>');
  expect(replaced).toContain(`<p>${WHY}</p>`);
});

describe('of API keys whose counters are 40 s late', () => {
  const DELETE = { workspace: SLUG, 'delete-keys': 'true' };
  const SWEEP = { 'slug-pattern': 'preview-*', 'older-than': '1h', 'delete-keys': 'true' };

  test.each([
    ['nothing is counted yet', 0, 'spending not yet counted'],
    ['something is counted', MINUTE, 'at least $0.42 spent'],
  ])('delete and sweep do not say what they had spent if %s', async (_, age, spent) => {
    seedSpender(age);
    const dryRun = await harness.run('delete', { ...DELETE, 'dry-run': 'true' });
    expect(dryRun.summary).toContain(`API keys that would be deleted with it: 1, ${spent}<`);
    const deleted = await harness.run('delete', DELETE);
    expect(deleted.log).toContain(`Deleted the workspace: 1 API key, ${spent}.`);
    expect(deleted.summary).toContain(`<summary>API keys deleted by this step: 1, ${spent}<`);
    for (const step of [dryRun, deleted]) {
      expectWhy(step);
      expect(step.outputs['keys-cost-usd']).toBe('');
    }
    workspace = seedWorkspace(harness.sandbox, { slug: SLUG, age: 100 * MINUTE });
    seedSpender(age);
    const swept = await harness.run('sweep', SWEEP);
    expect(swept.log).toContain(`: 1 API key, ${spent}.`);
    expect(swept.summary).toContain(`<summary>Deleted: 1, ${spent}<`);
    expectWhy(swept);
  });

  test('delete and sweep say what they had spent an hour after they ended', async () => {
    seedCounted();
    const deleted = await harness.run('delete', DELETE);
    expect(deleted.outputs['keys-cost-usd']).toBe('0.42');
    expect(deleted.summary).toContain('API keys deleted by this step: 1, $0.42 spent<');
    expectWhy(deleted, true);
    workspace = seedWorkspace(harness.sandbox, { slug: SLUG, age: 100 * MINUTE });
    seedCounted();
    const swept = await harness.run('sweep', SWEEP);
    expect(swept.summary).toContain('<summary>Deleted: 1, $0.42 spent<');
    expectWhy(swept, true);
  });

  test('a sum is a lower bound if one of them has just ended', async () => {
    seedCounted();
    seedSpender();
    const deleted = await harness.run('delete', DELETE);
    expect(deleted.outputs['keys-cost-usd']).toBe('');
    expect(deleted.summary).toContain('API keys deleted by this step: 2, at least $0.42 spent<');
    expectWhy(deleted);
  });

  test('delete-after-job does not say what they had spent', async () => {
    const inputs = { slug: 'of-the-job', 'delete-after-job': 'true', 'delete-keys': 'true' };
    const main = await harness.create(inputs);
    workspace = harness.sandbox.account.workspaces.at(-1) as Workspace;
    seedSpender();
    const post = await harness.post(main, inputs);
    expect(post.summary).toContain('API keys deleted by this step: 1, spending not yet counted<');
    expectWhy(post);
  });

  test('a workspace with keys that delete keeps names each key, and no amount', async () => {
    seedSpender();
    const step = await harness.run('delete', { workspace: SLUG });
    expect(step.summary).toContain('<td align="right">not yet counted</td>');
    expectWhy(step);
  });
});

test('usage of what was just spent says that nothing is counted, and why', async () => {
  seedSpender();
  const step = await harness.run('usage', { workspace: SLUG });
  expect(step.summary).toContain(
    '<h3>💵 Nothing counted for the OpenRouter workspace &quot;preview-42&quot;</h3>',
  );
  expect(step.log).toContain('Nothing is counted for the workspace "preview-42".');
  expectWhy(step);
});

import { expect, test } from '@jest/globals';
import { type GitHubEvent, scheduleEvent } from '../../sandbox/github/events.ts';
import { closePull, mergePull, openPull, pushTo } from '../../sandbox/github/people.ts';
import { COUNTER_DELAY } from '../../sandbox/openrouter/resources/usage.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../sandbox/openrouter/seed.ts';
import { expectFailure } from '../support/harness.ts';
import { openPreviewHarness } from '../support/preview-harness.ts';

/** Counters are 40 seconds late, and more. Steps are processes of the bundle. */
const { harness, gitHub, main, job, keyOf, slugs, comments, letPass } = openPreviewHarness({
  counterDelay: COUNTER_DELAY,
  isBundle: true,
});

const HOUR = 3_600_000;

const open = () => openPull(gitHub.server.github, gitHub.repository)[0];
const close = () => closePull(gitHub.server.github, gitHub.repository, 1)[0];
function push(): GitHubEvent {
  const [, synchronized] = pushTo(gitHub.server.github, gitHub.repository, 'feature');
  return synchronized as GitHubEvent;
}
/** Runs the night after all keys have ended an hour ago. */
function settle() {
  letPass(HOUR + 1_000);
  return main(scheduleEvent(gitHub.server.github, gitHub.repository));
}
const spentReally = () =>
  harness.sandbox.account.spends.reduce((sum, { credits }) => sum + credits, 0) / 1e9;
const bill = (amount: string) => [
  expect.stringContaining(`<h3>OpenRouter preview: ${amount} spent, closed</h3>`),
];

test('four jobs in a row that spend 1 USD each spend 2 USD with preview-limit-usd: 2', async () => {
  const inputs = { 'preview-limit-usd': '2' };
  const first = await job(open(), inputs, 1);
  const second = await job(push(), inputs, 1);
  for (const { exitCode } of [first, second].flatMap(Object.values)) expect(exitCode).toBe(0);
  for (const event of [push(), push()]) {
    const step = await main(event, inputs);
    expect(expectFailure(step, step.outputs).code).toBe('preview-limit-reached');
    expect(step.outputs).not.toHaveProperty('key');
  }
  expect(spentReally()).toBe(2);
});

test('a deployed preview that has spent 3.25 USD has that in its final bill in the night after its close', async () => {
  const inputs = { key: 'preview', 'limit-usd': '5' };
  const { main: deployed } = await job(open(), inputs, 1);
  letPass(3_600_000);
  seedUsage(harness.sandbox, keyOf(deployed), { credits: 2.25 });
  const { main: closed, post: ended } = await job(close(), inputs);
  expect([closed.exitCode, ended.exitCode]).toEqual([0, 0]);
  expect(comments().join()).toContain(' spent so far</h3>');
  const night = await settle();
  expect(night.outputs).toMatchObject({ count: '1', 'keys-cost-usd': '3.25' });
  expect(night.summary).toContain('Deleted: 1, $3.25 spent');
  expect(comments()).toEqual(bill('$3.25'));
  expect(slugs()).toEqual([]);
});

test('five jobs that spend 5 USD within a minute, and then a merge, have 5 USD in the final bill', async () => {
  const start = harness.sandbox.account.now().getTime();
  await job(open(), {}, 1);
  for (let n = 0; n < 4; n += 1) await job(push(), {}, 1);
  expect(harness.sandbox.account.now().getTime() - start).toBeLessThan(60_000);
  expect(comments().join()).not.toMatch(/\$0\.00/);
  const [merged] = mergePull(gitHub.server.github, gitHub.repository, 1);
  await job(merged);
  expect((await settle()).outputs['keys-cost-usd']).toBe('5');
  expect(comments()).toEqual(bill('$5.00'));
});

test('a key that has spent 0.42 of 5 USD is not said to have spent nothing', async () => {
  const { sandbox } = harness;
  const { id } = seedWorkspace(sandbox, { slug: 'demo' });
  const inputs = { workspace: id, name: 'CI', 'limit-usd': '5' };
  const env = harness.processEnv();
  const step = await harness.run('key', inputs, env);
  const [key] = sandbox.account.keys;
  if (!key) throw new Error('No API key');
  seedUsage(sandbox, key, { credits: 0.42 });
  const ended = await harness.end('key', inputs, step, { env });
  expect([step.exitCode, ended.exitCode]).toEqual([0, 0]);
  expect(ended.summary).toContain('not yet counted');
  expect(ended.log + ended.summary).not.toContain('$0.00');
});

test('a key that has spent 1 USD is not said to have spent nothing by the step that deletes it', async () => {
  const { sandbox } = harness;
  const workspace = seedWorkspace(sandbox, { slug: 'demo' });
  seedUsage(sandbox, seedKey(sandbox, workspace), { credits: 1 });
  const inputs = { workspace: 'demo', 'delete-keys': 'true' };
  const step = await harness.run('delete', inputs, harness.processEnv());
  expect(step).toMatchObject({ exitCode: 0, outputs: { deleted: 'true', 'keys-cost-usd': '' } });
  expect(step.summary).toContain('API keys deleted by this step: 1, spending not yet counted');
  expect(step.log + step.summary).not.toContain('$0.00');
});

import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { scheduleEvent } from '../../../../sandbox/github/events.ts';
import { closePull, openPull, reopenPull } from '../../../../sandbox/github/people.ts';
import { COUNTER_DELAY } from '../../../../sandbox/openrouter/resources/usage.ts';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { MAX_CONCURRENCY } from '../../../../src/http/client.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness } from '../../../support/preview-harness.ts';

/** Steps are processes of the bundle. */
const { harness, gitHub, main, startMain, job, letPass, slugs, comments } = openPreviewHarness({
  counterDelay: COUNTER_DELAY,
  isBundle: true,
});

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FORTY = 40;
const account = () => harness.sandbox.account;
const nightly = () => scheduleEvent(gitHub.server.github, gitHub.repository);
const exact = () => comments().filter((body) => body.includes('preview: $0.50 spent, closed</h3>'));
const locked = () => slugs().filter((slug) => slug.startsWith('locked-'));

/** Has as many previews as there are pull requests, all closed, whose keys ended two hours ago and have spent 0.50 USD. */
function closeForty(): void {
  const { github } = gitHub.server;
  const { repository } = gitHub;
  for (let number = 1; number <= FORTY; number += 1) {
    openPull(github, repository, { number, branch: `branch-${number}` });
    closePull(github, repository, number);
    const description = `Preview of ${github.serverUrl}/${repository.name}/pull/${number} (repository ${repository.id})`;
    const slug = `preview-shop-${number}`;
    const workspace = seedWorkspace(harness.sandbox, { slug, description });
    const key = seedKey(harness.sandbox, workspace, { name: 'CI', limit: 1 });
    seedUsage(harness.sandbox, key, { credits: 0.5, age: 3 * HOUR });
    const endedAt = new Date(account().now().getTime() - 2 * HOUR).toISOString();
    Object.assign(key, { disabled: true, updated_at: endedAt });
  }
}

afterEach(() => {
  Object.assign(gitHub.server.github, { limitedUntil: undefined });
});

test('a close with three working keys needs 15 requests and no time, and a reopening goes on with the same preview', async () => {
  const { github } = gitHub.server;
  const inputs = { 'preview-limit-usd': '1.5', 'limit-usd': '0.5' };
  const { main: opened } = await job(openPull(github, gitHub.repository)[0], inputs, 0.5);
  const workspace = account().workspaces[1] as Workspace;
  for (const name of ['One', 'Two', 'Three']) {
    seedKey(harness.sandbox, workspace, { name, limit: 0.5 });
  }
  const start = account().now().getTime();
  const step = await main(closePull(github, gitHub.repository, 1)[0]);
  expect(step).toMatchObject({ exitCode: 0, annotations: [], outputs: { state: 'closed' } });
  expect(account().keys.every(({ disabled }) => disabled)).toBe(true);
  expect(step.openRouterCalls.length + step.gitHubCalls.length).toBe(15);
  // Only between two writes at GitHub.
  expect(account().now().getTime() - start).toBeLessThanOrEqual(2_000);
  letPass(5 * MINUTE);
  const again = await main(reopenPull(github, gitHub.repository, 1)[0], inputs);
  expect(again.outputs['id']).toBe(opened.outputs['id']);
  expect(slugs()).toEqual(['preview-shop-1']);
  expect(comments()).toHaveLength(1);
});

describe('a night of forty', () => {
  beforeEach(closeForty);

  test('deletes all, and writes their bills', async () => {
    const step = await main(nightly(), { timeout: '10m' });
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(step.outputs).toMatchObject({ count: '40', 'keys-cost-usd': '20' });
    expect([slugs(), exact().length]).toEqual([[], FORTY]);
    expect(step.openRouterCalls.length + step.gitHubCalls.length).toBeLessThanOrEqual(530);
  });

  test('without enough time leaves the rest to the next, locks nothing that it leaves, and succeeds', async () => {
    const step = await main(nightly(), { timeout: '25s' });
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    const { length: left } = slugs();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThan(FORTY);
    expect([locked(), exact().length]).toEqual([[], FORTY - left]);
    expect(step.summary).toContain(`Left to the next clean-up: ${left}`);
    const next = await main(nightly(), { timeout: '10m' });
    expect(next.outputs['count']).toBe(String(left));
    expect([slugs(), exact().length]).toEqual([[], FORTY]);
  });

  test('that GitHub throttles after ten locks no more, and no preview is deleted without its bill', async () => {
    onNth(harness.sandbox, 'DELETE /workspaces/:id', 10, () => {
      const until = new Date(account().now().getTime() + HOUR);
      Object.assign(gitHub.server.github, { limitedUntil: until });
    });
    await main(nightly(), { timeout: '10m' });
    const { length: left } = slugs();
    expect([left, exact().length]).toEqual([FORTY - 10, 10]);
    // Those that were about to get their bill.
    const { length: unbilled } = locked();
    expect(unbilled).toBeLessThan(MAX_CONCURRENCY);
    letPass(2 * HOUR);
    const next = await main(nightly(), { timeout: '10m' });
    expect(next).toMatchObject({ exitCode: 0, annotations: [] });
    expect([slugs(), comments().length]).toEqual([[], FORTY]);
    expect(exact()).toHaveLength(FORTY - unbilled);
  });

  test('that is killed is finished by the next', async () => {
    const running = await startMain(nightly(), { timeout: '10m' });
    onNth(harness.sandbox, 'PATCH /workspaces/:id', 12, () => running.kill('SIGKILL'));
    expect((await running.result).exitCode).toBeNull();
    const { length: unbilled } = locked();
    expect(unbilled).toBeGreaterThan(0);
    const next = await main(nightly(), { timeout: '10m' });
    expect(next).toMatchObject({ exitCode: 0, annotations: [] });
    expect([slugs(), account().keys]).toEqual([[], []]);
    expect(comments()).toHaveLength(FORTY);
    expect(exact().length).toBeGreaterThanOrEqual(FORTY - unbilled);
  });
});

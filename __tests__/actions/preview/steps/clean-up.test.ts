import { describe, expect, test } from '@jest/globals';
import { changeBranch } from '../../../../sandbox/github/changes.ts';
import { type GitHubEvent, scheduleEvent } from '../../../../sandbox/github/events.ts';
import {
  closePull,
  deleteBranch,
  openPull,
  pushTo,
  reopenPull,
} from '../../../../sandbox/github/people.ts';
import { COUNTER_DELAY } from '../../../../sandbox/openrouter/resources/usage.ts';
import { seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { annotations, expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness, type PreviewStep } from '../../../support/preview-steps.ts';

const { harness, gitHub, main, job, keyOf, letPass, slugs, comments } = openPreviewHarness({
  counterDelay: COUNTER_DELAY,
});

const MINUTE = 60_000;
/** After that long, a key that has ended has settled, also by a clock with whole seconds. */
const SETTLED = 3 * MINUTE + 1_000;
const QUIET: Record<string, string> = { comment: 'false' };

const now = () => harness.sandbox.account.now().getTime();
const open = (options = {}) => openPull(gitHub.server.github, gitHub.repository, options);
const close = (number = 1) => closePull(gitHub.server.github, gitHub.repository, number);
const nightly = () => scheduleEvent(gitHub.server.github, gitHub.repository);
const pushIn = () => pushTo(gitHub.server.github, gitHub.repository, 'feature/x')[0];
const titled = (title: string) => expect.stringContaining(`<h3>OpenRouter preview: ${title}</h3>`);

/** Opens previews 1 to `count`, whose keys settle, and closes all but the first, without a run for that. */
async function openSome(count: number): Promise<GitHubEvent> {
  for (let number = 1; number <= count; number += 1) {
    await job(open({ branch: `branch-${number}` })[0]);
    if (number > 1) close(number);
  }
  letPass(SETTLED);
  return nightly();
}

function expectUnchanged({ openRouterCalls }: PreviewStep): void {
  expect(openRouterCalls.filter((call) => !call.startsWith('GET '))).toEqual([]);
}

describe('a clean-up', () => {
  test('deletes the previews of closed pull requests and writes their comments', async () => {
    seedWorkspace(harness.sandbox, { slug: 'preview-shop-9', name: 'Made by hand' });
    await job(pushIn(), { 'slug-prefix': 'demo-' });
    deleteBranch(gitHub.server.github, gitHub.repository, 'feature/x');
    const step = await main(await openSome(2));
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(step.outputs).toEqual({ deleted: expect.anything(), failed: '[]', count: '2' });
    expect(step.summary).toContain('<details><summary>Kept: 1</summary>');
    expect(JSON.parse(step.outputs['deleted'] ?? '')).toHaveLength(2);
    expect(slugs()).toEqual(['preview-shop-9', 'preview-shop-1']);
    expect(comments().map((body) => body.includes(', closed</h3>'))).toEqual([false, true]);
  });

  test('ends the spending without waiting, and leaves the rest to the next one', async () => {
    const { main: deployed } = await job(open()[0], { key: 'preview' }, 0.5);
    close();
    const start = now();
    const first = await main(nightly());
    expect(now() - start).toBeLessThan(5_000);
    expect(first).toMatchObject({ exitCode: 0, annotations: [] });
    expect(first.outputs).toEqual({ deleted: '[]', failed: '[]', count: '0' });
    expect(first.summary).toContain(
      '✅ Ended, and deleted by the next clean-up: 1 OpenRouter preview</h3>',
    );
    expect(first.log).toContain('The next clean-up deletes it.');
    expect([keyOf(deployed).disabled, slugs()]).toEqual([true, ['preview-shop-1']]);
    expect(comments()).toEqual([titled('nothing counted so far')]);
    letPass(SETTLED);
    const second = await main(nightly());
    expect(second.outputs).toMatchObject({ failed: '[]', count: '1' });
    expect(second.summary).toContain('<summary>Deleted: 1, $0.50 spent</summary>');
    expect([slugs(), comments()]).toEqual([[], [titled('$0.50 spent, closed')]]);
  });

  test('brings the comments of open pull requests up to date', async () => {
    await job(open()[0], {}, 0.5);
    expect(comments()).toEqual([titled('nothing counted so far')]);
    letPass(SETTLED);
    const step = await main(nightly());
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expectUnchanged(step);
    expect(comments()).toEqual([titled('$0.50 spent so far')]);
    expect(comments()[0]).not.toMatch(/at least|not yet counted|minutes late/);
    const again = await main(nightly());
    expect(again.gitHubCalls.filter((call) => !call.startsWith('GET'))).toEqual(['POST /graphql']);
  });

  test('deletes all previews of a pull request, and writes a bill for each', async () => {
    const [opened] = open();
    for (const prefix of ['one-', 'two-', 'three-']) {
      await job(opened, { 'slug-prefix': prefix }, 0.5);
    }
    close();
    letPass(SETTLED);
    const step = await main(nightly());
    expect(JSON.parse(step.outputs['deleted'] ?? '')).toHaveLength(3);
    expect(comments()).toEqual(Array(3).fill(titled('$0.50 spent, closed')));
    expect(annotations(step, 'notice')).toEqual([]);
  });

  test('finishes a workspace that is closed, although its pull request is open again', async () => {
    const [opened] = open();
    const { main: first } = await job(opened, {}, 0.5);
    letPass(SETTLED);
    const [closed] = close();
    const fault = { on: 'DELETE /workspaces/:id', kind: 'response', status: 403 } as const;
    harness.sandbox.faults.push(fault);
    expect((await main(closed)).exitCode).toBe(1);
    const [reopened] = reopenPull(gitHub.server.github, gitHub.repository, 1);
    await job(reopened, {}, 0.25);
    letPass(SETTLED);
    const step = await main(nightly());
    expect(JSON.parse(step.outputs['deleted'] ?? '')).toMatchObject([{ id: first.outputs['id'] }]);
    expect(slugs()).toEqual(['preview-shop-1']);
    expect(comments()).toEqual([titled('$0.50 spent, closed'), titled('$0.25 spent so far')]);
  });

  test('finds branches that are gone, whatever the default branch is called', async () => {
    const { repository } = gitHub;
    await job(pushIn());
    letPass(SETTLED);
    for (const branch of ['main', 'feature/x']) changeBranch(repository, branch, undefined);
    changeBranch(repository, 'trunk', 'a'.repeat(40));
    repository.defaultBranch = 'trunk';
    const step = await main(nightly());
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(slugs()).toEqual([]);
    // The runner has told the id and the default branch.
    expect(step.gitHubCalls).not.toContain('GET /repos/:owner/:repo');
  });

  test('waits while GitHub throttles without saying how long, and loses no bill', async () => {
    const event = await openSome(16);
    const { github } = gitHub.server;
    Object.assign(github, { limitSaysHowLong: false, writesPerMinute: 5 });
    const step = await main(event, { timeout: '30m' });
    Object.assign(github, { limitSaysHowLong: true, writesPerMinute: 80 });
    expect(step).toMatchObject({ exitCode: 0, annotations: [], outputs: { count: '15' } });
    expect(comments().filter((body) => body.includes(', closed</h3>'))).toHaveLength(15);
  });

  test('deletes nothing if max-deletions would be exceeded', async () => {
    const step = await main(await openSome(3), { 'max-deletions': '1' });
    const { code, message } = expectFailure(step, { deleted: '[]', failed: '[]', count: '0' });
    expect(code).toBe('too-many-stale');
    expect(message).toContain('set max-deletions to 2 and start a new run.');
    expectUnchanged(step);
  });

  test('lists what it would delete with dry-run, unless that is too much, and only then', async () => {
    const event = await openSome(3);
    const listed = async (inputs: Record<string, string>) =>
      /🔎 Dry run: would delete (\d) OpenRouter preview/.exec(
        (await main(event, inputs)).summary,
      )?.[1];
    expect(await listed({ 'dry-run': 'true' })).toBe('2');
    expect(await listed({ 'dry-run': 'true', 'max-deletions': '1' })).toBeUndefined();
    expect(slugs()).toHaveLength(3);
    expect(await listed({})).toBeUndefined();
    expect(slugs()).toHaveLength(1);
  });

  test('names what keeps a workspace, goes on, and fails', async () => {
    const event = await openSome(3);
    const body = JSON.stringify({ message: `not with sk-or-v1-${'0'.repeat(64)}` });
    harness.sandbox.faults.push({ on: 'DELETE /keys/:hash', kind: 'response', status: 403, body });
    const step = await main(event, QUIET);
    const { title, message } = expectFailure(step, step.outputs);
    expect(title).toBe('Could not check or delete 1 OpenRouter preview');
    expect(slugs()).toHaveLength(2);
    const { deleted, failed, count } = step.outputs;
    expect(JSON.parse(deleted ?? '')).toHaveLength(1);
    const [{ slug, reason }] = JSON.parse(failed ?? '');
    expect(reason).toBe('OpenRouter: HTTP 403: not with ***. None of its API keys works.');
    expect(message).toContain(`${slug}: ${reason}\nDeleted: 1, $0.00 spent.\n`);
    const [, number = ''] = /(\d)$/.exec(slug) ?? [];
    const link = `<a href="https://github.com/octo-org/shop/pull/${number}">#${number}</a>`;
    expect(step.summary).toContain(`<tr><td><code>${slug}</code> ${link}</td><td>${reason}</td>`);
    expect(count).toBe('1');
  });

  test('does not say that keys are disabled if one could not be', async () => {
    const { main: deployed } = await job(open()[0], { key: 'preview' });
    close();
    const on = `PATCH /keys/${keyOf(deployed).hash}`;
    harness.sandbox.faults.push({ on, kind: 'response', status: 403, body: '{}' });
    const step = await main(nightly());
    const { message } = expectFailure(step, step.outputs);
    expect(message).toContain('preview-shop-1');
    expect(`${message}${step.summary}${step.log}`).not.toMatch(
      /keys (are|were) disabled|None of its API keys works/,
    );
  });

  test('reports a preview that another job deletes in the meantime', async () => {
    await job(open()[0], QUIET, 0.75);
    close();
    letPass(SETTLED);
    onNth(harness.sandbox, 'DELETE /keys/:hash', 1, () => {
      harness.sandbox.account.workspaces.length = 1;
    });
    const { summary, outputs } = await main(nightly(), QUIET);
    expect(outputs).toMatchObject({ failed: '[]', count: '0' });
    expect(summary).toContain('<summary>Already deleted by another job: 1, $0.75 spent</summary>');
  });
});

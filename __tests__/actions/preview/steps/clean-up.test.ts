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
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../../sandbox/openrouter/seed.ts';
import { annotations, expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness, type PreviewStep } from '../../../support/preview-harness.ts';

const { harness, gitHub, main, job, keyOf, letPass, slugs, comments } = openPreviewHarness({
  counterDelay: COUNTER_DELAY,
});

const MINUTE = 60_000;
/** After that long, a key that has ended is counted, also by a clock with whole seconds. */
const COUNTED = 60 * MINUTE + 1_000;
const QUIET: Record<string, string> = { comment: 'false' };
/** Enough to outlast the retries of a step. */
const DOWN = Array(99).fill({ kind: 'response', status: 502 });
const workspace = () => harness.sandbox.account.workspaces[1] as Workspace;
/** Creates an API key that works and has spent 0.50 USD. */
const seedSpender = () =>
  seedUsage(harness.sandbox, seedKey(harness.sandbox, workspace(), { limit: 1 }), { credits: 0.5 });
const patchesOf = (path: string) =>
  harness.sandbox.requests.flatMap(({ method, path: sent, body }) =>
    method === 'PATCH' && sent.startsWith(path) ? [JSON.parse(body)] : [],
  );

const now = () => harness.sandbox.account.now().getTime();
const open = (options = {}) => openPull(gitHub.server.github, gitHub.repository, options);
const close = (number = 1) => closePull(gitHub.server.github, gitHub.repository, number);
const nightly = () => scheduleEvent(gitHub.server.github, gitHub.repository);
const pushIn = () => pushTo(gitHub.server.github, gitHub.repository, 'feature/x')[0];
const titled = (title: string) => expect.stringContaining(`<h3>OpenRouter preview: ${title}</h3>`);

/** Opens previews 1 to `count`, whose keys end, and closes all but the first, without a run for that. */
async function openSome(count: number): Promise<GitHubEvent> {
  for (let number = 1; number <= count; number += 1) {
    await job(open({ branch: `branch-${number}` })[0]);
    if (number > 1) close(number);
  }
  letPass(COUNTED);
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
    expect(step.outputs).toEqual({
      deleted: expect.anything(),
      failed: '[]',
      count: '2',
      'keys-cost-usd': '0',
    });
    expect(step.summary).toContain('<details><summary>Kept: 1, $0.00 spent</summary>');
    expect(step.summary).toContain('it is open: 0 API keys can spend');
    expect(JSON.parse(step.outputs['deleted'] ?? '')).toHaveLength(2);
    expect(slugs()).toEqual(['preview-shop-9', 'preview-shop-1']);
    expect(comments().map((body) => body.includes(', closed</h3>'))).toEqual([false, true]);
  });

  test('shows what each open preview has spent, its cap, and how many of its keys can spend', async () => {
    const inputs = { 'preview-limit-usd': '5' };
    const { main: deployed } = await job(open()[0], { ...inputs, key: 'preview' }, 0.5);
    await job(open()[0], inputs, 0.25);
    letPass(COUNTED);
    expect(deployed.exitCode).toBe(0);
    const step = await main(nightly());
    expect(step.summary).toContain('Kept: 2, at least $0.75 spent');
    expect(step.summary).toContain('it is open: 1 API key can spend, the cap is $5.00');
    expect(step.summary).toContain('it is open: 0 API keys can spend, the cap is $5.00');
    // Nothing has changed since, so each comment reads its keys once, and no one else does.
    const again = await main(nightly());
    expect(again.openRouterCalls.filter((call) => call === 'GET /keys')).toHaveLength(2);
    const dryRun = await main(nightly(), { 'dry-run': 'true' });
    expect(dryRun.summary).toContain('Kept: 2, at least $0.75 spent');
    expectUnchanged(dryRun);
  });

  test('ends the spending without waiting, and leaves the rest to the next night', async () => {
    const { main: deployed } = await job(open()[0], { key: 'preview' }, 0.5);
    close();
    const start = now();
    const first = await main(nightly());
    expect(now() - start).toBeLessThan(5_000);
    expect(first).toMatchObject({ exitCode: 0, annotations: [] });
    expect(first.outputs).toEqual({
      deleted: '[]',
      failed: '[]',
      count: '0',
      'keys-cost-usd': '',
    });
    expect(first.summary).toContain('✅ Left to the next clean-up: 1 OpenRouter preview</h3>');
    expect(first.summary).toContain('an API key ended less than an hour ago');
    expect([keyOf(deployed).disabled, slugs()]).toEqual([true, ['preview-shop-1']]);
    expect(comments()).toEqual([titled('nothing counted so far')]);
    letPass(COUNTED);
    const second = await main(nightly());
    expect(second.outputs).toMatchObject({ failed: '[]', count: '1', 'keys-cost-usd': '0.5' });
    expect(second.summary).toContain('<summary>Deleted: 1, $0.50 spent</summary>');
    expect([slugs(), comments()]).toEqual([[], [titled('$0.50 spent, closed')]]);
  });

  test('brings the comments of open pull requests up to date', async () => {
    await job(open()[0], {}, 0.5);
    expect(comments()).toEqual([titled('nothing counted so far')]);
    letPass(COUNTED);
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
    letPass(COUNTED);
    const step = await main(nightly());
    expect(JSON.parse(step.outputs['deleted'] ?? '')).toHaveLength(3);
    expect(comments()).toEqual(Array(3).fill(titled('$0.50 spent, closed')));
    expect(annotations(step, 'notice')).toEqual([]);
  });

  test('finds branches that are gone, whatever the default branch is called', async () => {
    const { repository } = gitHub;
    await job(pushIn());
    letPass(COUNTED);
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

  test('lists what it would delete with dry-run, and only then', async () => {
    const event = await openSome(3);
    const step = await main(event, { 'dry-run': 'true' });
    expect(step.summary).toContain('🔎 Dry run: would delete 2 OpenRouter previews');
    expectUnchanged(step);
    await main(event);
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
    letPass(COUNTED);
    onNth(harness.sandbox, 'DELETE /keys/:hash', 1, () => {
      harness.sandbox.account.workspaces.length = 1;
    });
    const { summary, outputs } = await main(nightly(), QUIET);
    expect(outputs).toMatchObject({ failed: '[]', count: '0' });
    expect(summary).toContain('<summary>Already deleted by another job: 1, $0.75 spent</summary>');
  });

  test('writes the bill, and deletes exactly the keys that it was made of', async () => {
    const { main: step } = await job(open()[0], {}, 0.75);
    close();
    letPass(COUNTED);
    const { id } = workspace();
    const description = String(workspace()['description']);
    const night = await main(nightly());
    expect(patchesOf('/workspaces')).toEqual([
      { slug: `locked-${id}`, description: `${description}, locked` },
    ]);
    expect(night.openRouterCalls).toEqual([
      ...['GET /workspaces', 'GET /keys', 'GET /workspaces/:id', 'PATCH /workspaces/:id'],
      ...['GET /keys', 'DELETE /keys/:hash', 'DELETE /workspaces/:id'],
    ]);
    expect([slugs(), comments()]).toEqual([[], [titled('$0.75 spent, closed')]]);
    expect(comments()[0]).toContain('This is the final bill.');
    expect(harness.sandbox.account.keys).not.toContainEqual({ hash: step.outputs['key-hash'] });
  });

  test('bills a key that a person has stopped with a limit of 0', async () => {
    await job(open()[0], {}, 0.3);
    const key = seedKey(harness.sandbox, workspace(), { name: 'By hand', limit: 1 });
    seedUsage(harness.sandbox, key, { credits: 0.9 });
    const updated_at = harness.sandbox.account.now().toISOString();
    Object.assign(key, { limit: 0, disabled: true, updated_at });
    close();
    letPass(COUNTED);
    await main(nightly());
    expect(comments()).toEqual([titled('$1.20 spent, closed')]);
    expect(comments()[0]).toContain('By hand');
  });

  test('takes the larger counter of a key, which a replica can show too low', async () => {
    await job(open()[0], {}, 0.75);
    close();
    letPass(COUNTED);
    onNth(harness.sandbox, 'PATCH /workspaces/:id', 1, () => {
      harness.sandbox.account.replicaLags.push(2 * COUNTED);
    });
    await main(nightly());
    harness.sandbox.account.replicaLags.length = 0;
    expect(comments()).toEqual([titled('$0.75 spent, closed')]);
  });

  test('leaves a workspace alone that is not its preview any more', async () => {
    await job(open()[0]);
    close();
    letPass(COUNTED);
    onNth(harness.sandbox, 'GET /keys', 1, () => {
      workspace()['description'] = 'Mine now';
    });
    const step = await main(nightly());
    expect(step).toMatchObject({ exitCode: 0, outputs: { count: '0' } });
    expect(step.summary).toContain('another run or a person has changed the workspace');
    expectUnchanged(step);
  });

  test('goes on only if the response shows that the workspace is locked', async () => {
    await job(open()[0]);
    close();
    letPass(COUNTED);
    const body = JSON.stringify({ data: { ...workspace() } });
    harness.sandbox.faults.push({
      on: 'PATCH /workspaces/:id',
      kind: 'response',
      status: 200,
      body,
    });
    const step = await main(nightly());
    expect(step.openRouterCalls.join()).not.toContain('DELETE');
    expect(step.summary).toContain('OpenRouter has not changed its slug and its description');
  });

  test('leaves the rest to the next night if a key works after the lock, which then says at least', async () => {
    await job(open()[0], {}, 0.5);
    close();
    letPass(COUNTED);
    onNth(harness.sandbox, 'PATCH /workspaces/:id', 1, () => {
      const late = seedKey(harness.sandbox, workspace(), { name: 'Late', limit: 1 });
      seedUsage(harness.sandbox, late, { credits: 0.25 });
    });
    const first = await main(nightly());
    expect([first.exitCode, first.outputs['count']]).toEqual([0, '0']);
    letPass(COUNTED);
    expect((await main(nightly())).exitCode).toBe(0);
    letPass(COUNTED);
    await main(nightly());
    expect([slugs(), comments()]).toEqual([[], [titled('at least $0.75 spent, closed')]]);
  });

  test('keeps a key that its lists have missed, and says at least from then on', async () => {
    await job(open()[0], {}, 0.3);
    close();
    letPass(COUNTED);
    const { account } = harness.sandbox;
    onNth(harness.sandbox, 'DELETE /keys/:hash', 1, () => {
      // Six seconds late, when the bill is written.
      seedSpender();
    });
    const first = await main(nightly());
    expect([first.exitCode, account.keys.length]).toEqual([0, 1]);
    expect(comments()).toEqual([titled('at least $0.30 spent, closed')]);
    for (const _ of ['disables the key', 'deletes']) {
      letPass(COUNTED);
      await main(nightly());
    }
    expect([slugs(), comments()]).toEqual([[], [titled('at least $0.30 spent, closed')]]);
  });

  test('fails if it cannot write that doubt: then the comment says too little', async () => {
    await job(open()[0], {}, 0.3);
    close();
    letPass(COUNTED);
    const on = 'PATCH /repos/:owner/:repo/issues/comments/:id';
    onNth(harness.sandbox, 'DELETE /keys/:hash', 1, () => {
      seedSpender();
      gitHub.server.faults.push(...DOWN.map((fault) => ({ on, ...fault })));
    });
    const step = await main(nightly());
    gitHub.server.faults.length = 0;
    expect(expectFailure(step, step.outputs).code).toBe('sweep-incomplete');
  });

  test('fails if the workspace cannot be deleted although no key is listed', async () => {
    await job(open()[0], {}, 0.3);
    close();
    letPass(COUNTED);
    const rejected = {
      on: 'DELETE /workspaces/:id',
      kind: 'response',
      status: 400,
      body: '{}',
    } as const;
    harness.sandbox.faults.push(...Array(9).fill(rejected));
    const step = await main(nightly());
    harness.sandbox.faults.length = 0;
    const { message } = expectFailure(step, step.outputs);
    expect(message).toContain('preview-shop-1: OpenRouter: HTTP 400');
    const next = await main(nightly());
    expect([next.exitCode, slugs()]).toEqual([0, []]);
    expect(comments()).toEqual([titled('$0.30 spent, closed')]);
  });

  test('writes at least if a night was killed after its lock, and leaves a bill that was written', async () => {
    for (const [call, expected] of [
      ['PATCH /workspaces/:id', 'at least $0.30 spent, closed'],
      ['DELETE /keys/:hash', '$0.30 spent, closed'],
    ] as const) {
      gitHub.repository.comments.change([]);
      await job(open({ number: call.length, branch: call.length.toString() })[0], {}, 0.3);
      close(call.length);
      letPass(COUNTED);
      onNth(harness.sandbox, call, 1, () => harness.sandbox.faults.push(...DOWN));
      await main(nightly());
      harness.sandbox.faults.length = 0;
      expect(slugs()).toEqual([expect.stringMatching(/^locked-/)]);
      const step = await main(nightly());
      expect([step.exitCode, slugs()]).toEqual([0, []]);
      expect(comments()).toEqual([titled(expected)]);
    }
  });

  test('deletes a locked workspace although its pull request is open again, but disables no key there', async () => {
    await job(open()[0], {}, 0.3);
    close();
    letPass(COUNTED);
    const { id, description } = workspace();
    Object.assign(workspace(), { slug: `locked-${id}`, description: `${description}, locked` });
    const key = seedKey(harness.sandbox, workspace(), { name: 'Deployed', limit: 1 });
    reopenPull(gitHub.server.github, gitHub.repository, 1);
    const first = await main(nightly());
    expect([first.exitCode, key.disabled]).toEqual([0, false]);
    expect(first.summary).toContain('it is locked, and a job may use its API key');
    Object.assign(key, { disabled: true, updated_at: harness.sandbox.account.now().toISOString() });
    letPass(COUNTED);
    expect((await main(nightly())).outputs['count']).toBe('1');
    expect(slugs()).toEqual([]);
  });

  test('names a key whose end OpenRouter does not report, in each night', async () => {
    const { main: step } = await job(open()[0], { 'expires-in': 'never' }, 0.3);
    close();
    keyOf(step)['updated_at'] = null;
    letPass(COUNTED);
    const night = await main(nightly());
    expect(night.annotations.map(({ title }) => title)).toEqual(['preview: key end unknown']);
    expect(slugs()).toEqual(['preview-shop-1']);
  });

  test('names all keys in each night if OpenRouter does not tell its time', async () => {
    await job(open()[0], {}, 0.3);
    close();
    letPass(COUNTED);
    const { account } = harness.sandbox;
    const { headers } = account;
    account.headers = () => ({});
    const night = await main(nightly());
    account.headers = headers;
    expect(night.annotations.map(({ title }) => title)).toEqual(['preview: key end unknown']);
    expect(slugs()).toEqual(['preview-shop-1']);
  });

  test('deletes without a bill if GitHub rejects the comment for good', async () => {
    await job(open()[0], {}, 0.3);
    close();
    letPass(COUNTED);
    const on = 'PATCH /repos/:owner/:repo/issues/comments/:id';
    gitHub.server.faults.push({ on, kind: 'response', status: 403, body: '{}' });
    const step = await main(nightly());
    expect(step.outputs).toMatchObject({ count: '1', 'keys-cost-usd': '0.3' });
    expect(slugs()).toEqual([]);
  });

  test('does not believe a comment: its sum only makes the bill a lower bound', async () => {
    await job(open()[0], {}, 0.3);
    close();
    letPass(COUNTED);
    const [comment] = gitHub.repository.comments.now();
    const forged = String(comment?.body).replace('"spent":0', '"spent":9');
    gitHub.repository.comments.change([{ ...comment, body: forged } as never]);
    const step = await main(nightly());
    expect(comments()).toEqual([titled('at least $0.30 spent, closed')]);
    expect(step.outputs['keys-cost-usd']).toBe('');
  });
});

import { afterEach, describe, expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../../sandbox/github/events.ts';
import { asTarget } from '../../../../sandbox/github/events.ts';
import {
  closePull,
  deleteBranch,
  openPull,
  pushTo,
  reopenPull,
} from '../../../../sandbox/github/people.ts';
import { COUNTER_DELAY } from '../../../../sandbox/openrouter/resources/usage.ts';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey } from '../../../../sandbox/openrouter/seed.ts';
import { expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness, type PreviewStep } from '../../../support/preview-harness.ts';

const { harness, gitHub, main, post, job, keyOf, letPass, slugs, comments } = openPreviewHarness({
  counterDelay: COUNTER_DELAY,
});

const MINUTE = 60_000;
const DEPLOYED = { key: 'preview' };
const READ_PULL = 'GET /repos/:owner/:repo/pulls/:number';

const account = () => harness.sandbox.account;
const now = () => account().now().getTime();
const open = () => openPull(gitHub.server.github, gitHub.repository)[0];
const close = () => closePull(gitHub.server.github, gitHub.repository, 1)[0];
const reopen = () => reopenPull(gitHub.server.github, gitHub.repository, 1)[0];
function push(): GitHubEvent {
  const [, synchronized] = pushTo(gitHub.server.github, gitHub.repository, 'feature');
  return synchronized as GitHubEvent;
}
const workspace = () => account().workspaces[1] as Workspace;
const failureOf = (step: PreviewStep) => expectFailure(step, step.outputs);
const titled = (title: string) => expect.stringContaining(`<h3>OpenRouter preview: ${title}</h3>`);
const fail = (on: string, how: object = {}) =>
  harness.sandbox.faults.push({ on, kind: 'response', status: 403, body: '{}', ...how });
const failGitHub = (on: string) =>
  gitHub.server.faults.push(...Array(99).fill({ on, kind: 'response', status: 502 }));

/** A clean-up locks the workspace. */
function lock(): void {
  const { id, description } = workspace();
  Object.assign(workspace(), { slug: `locked-${id}`, description: `${description}, locked` });
}

/** Has three keys work in the workspace of a closed pull request. Returns the event of the close. */
async function closeWithThreeKeys(): Promise<GitHubEvent> {
  await job(open(), DEPLOYED, 0.5);
  for (const name of ['One', 'Two']) seedKey(harness.sandbox, workspace(), { name, limit: 0.5 });
  letPass(5 * MINUTE);
  return close();
}

afterEach(() => {
  gitHub.server.faults.length = 0;
  Object.assign(gitHub.server.github, { limitedUntil: undefined, limitSaysHowLong: true });
});

describe('a run for a closed pull request', () => {
  test('disables the keys that work, and waits for nothing, deletes nothing and locks nothing', async () => {
    const event = await closeWithThreeKeys();
    const { id, slug, description } = workspace();
    const start = now();
    const step = await main(event);
    expect(now() - start).toBeLessThan(10_000);
    expect(step).toMatchObject({ exitCode: 0, annotations: [], outputs: { state: 'closed' } });
    expect(step.outputs).toEqual({ state: 'closed' });
    expect(workspace()).toMatchObject({ id, slug, description });
    expect(account().keys.map(({ disabled }) => disabled)).toEqual([true, true, true]);
    expect(comments()).toEqual([titled('$0.50 spent so far')]);
    expect(step.summary).toContain(
      '<h3>✅ Closed the OpenRouter preview &quot;preview-shop-1&quot;: the pull request is closed</h3>',
    );
    expect(step.log).toContain('Closed the preview "preview-shop-1": 3 API keys disabled.');
    expect([...step.openRouterCalls, ...step.gitHubCalls]).toEqual([
      ...['GET /workspaces', 'GET /keys', ...Array(3).fill('PATCH /keys/:hash')],
      ...['GET /keys', 'GET /workspaces/:id', 'GET /keys'],
      ...[READ_PULL, READ_PULL, READ_PULL, 'POST /graphql'],
      'GET /repos/:owner/:repo/issues/:number/comments',
      'PATCH /repos/:owner/:repo/issues/comments/:id',
      'GET /repos/:owner/:repo/issues/:number/comments',
    ]);
  });

  test('changes nothing but the comment if no key works', async () => {
    await job(open(), {}, 0.5);
    letPass(5 * MINUTE);
    const { openRouterCalls } = await main(close());
    expect(openRouterCalls.join()).not.toMatch(/PATCH|DELETE|POST/);
    expect(comments()).toEqual([titled('$0.50 spent so far')]);
  });

  test('does so for pull_request_target, too, and as often as it comes', async () => {
    const event = await closeWithThreeKeys();
    await main(asTarget(gitHub.server.github, event));
    const before = structuredClone(account().keys);
    const step = await main(event);
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(account().keys).toEqual(before);
  });

  test('ends all workspaces of the pull request, also a locked one, whose comment it leaves', async () => {
    const event = open();
    await job(event, DEPLOYED, 0.5);
    lock();
    const before = comments();
    await job(event, DEPLOYED, 0.25);
    const step = await main(close());
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(account().keys.map(({ disabled }) => disabled)).toEqual([true, true]);
    expect(comments()[0]).toBe(before[0]);
    expect(step.openRouterCalls.filter((call) => call === 'PATCH /keys/:hash')).toHaveLength(2);
  });

  test('only lists what it would disable with dry-run', async () => {
    const event = await closeWithThreeKeys();
    const step = await main(event, { 'dry-run': 'true' });
    expect(step.summary).toContain('🔎 Dry run: would close the OpenRouter preview');
    expect(step.summary).toContain('<p>3 API keys would be disabled.</p>');
    expect(account().keys.map(({ disabled }) => disabled)).toEqual([false, false, false]);
  });

  test('does not wait for GitHub if that throttles: the comment says less until the night', async () => {
    const event = await closeWithThreeKeys();
    onNth(harness.sandbox, 'PATCH /keys/:hash', 3, () => {
      // The state is read once more before that.
      gitHub.server.faults.push(
        ...Array(9).fill({
          on: 'GET /repos/:owner/:repo/issues/:number/comments',
          kind: 'response',
          status: 403,
          headers: { 'retry-after': '5' },
        }),
      );
    });
    const start = now();
    const step = await main(event);
    expect([step.exitCode, now() - start < 5_000]).toEqual([0, true]);
    expect(step.annotations.map(({ level }) => level)).toEqual(['notice']);
  });

  test('goes on with the same workspace, comment and cap once the pull request is reopened', async () => {
    const capped = { 'preview-limit-usd': '1.5' };
    await job(open(), capped, 0.75);
    letPass(5 * MINUTE);
    const { id } = workspace();
    await main(close());
    const { code } = failureOf(await main(reopen(), capped));
    expect([code, workspace().id]).toEqual(['preview-limit-reached', id]);
    await job(push(), { 'preview-limit-usd': '5' }, 0.25);
    letPass(5 * MINUTE);
    await main(close());
    expect(comments()).toEqual([titled('$1.00 of $5.00 spent so far')]);
  });
});

describe('what a server shows late does not keep a close from ending a key:', () => {
  test('a list that lacks the workspace', async () => {
    const { main: deployed } = await job(open(), DEPLOYED, 0.5);
    const event = close();
    const body = JSON.stringify({ data: [account().workspaces[0]], total_count: 1 });
    harness.sandbox.faults.push({ on: 'GET /workspaces', kind: 'response', status: 200, body });
    expect((await main(event)).exitCode).toBe(0);
    expect(keyOf(deployed).disabled).toBe(true);
  });

  test('a key that is listed and not found', async () => {
    const { main: deployed } = await job(open(), DEPLOYED, 0.5);
    const event = close();
    for (const _ of [1, 2]) fail('PATCH /keys/:hash', { status: 404 });
    expect((await main(event)).summary).toContain('1 API key disabled.');
    expect(keyOf(deployed).disabled).toBe(true);
  });

  test('a branch that was deleted', async () => {
    const { github } = gitHub.server;
    const [pushed] = pushTo(github, gitHub.repository, 'feature/x');
    const { main: deployed } = await job(pushed, DEPLOYED, 0.5);
    const [deleted] = deleteBranch(github, gitHub.repository, 'feature/x');
    const body = JSON.stringify({
      ref: 'refs/heads/feature/x',
      object: { sha: 'a'.repeat(40) },
    });
    const on = 'GET /repos/:owner/:repo/git/ref/heads/:branch*';
    gitHub.server.faults.push({ on, kind: 'response', status: 200, body });
    expect(await main(deleted as GitHubEvent)).toMatchObject({ outputs: { state: 'closed' } });
    expect(keyOf(deployed).disabled).toBe(true);
  });
});

describe('a pull request that is reopened during its close', () => {
  test('before a key is disabled keeps all', async () => {
    const event = await closeWithThreeKeys();
    onNth(harness.sandbox, 'GET /keys', 1, () => reopen());
    const step = await main(event);
    expect(step).toMatchObject({ exitCode: 0, annotations: [], outputs: { state: 'open' } });
    expect(account().keys.map(({ disabled }) => disabled)).toEqual([false, false, false]);
  });

  test('after that fails the run, because a job needs what was disabled', async () => {
    const event = await closeWithThreeKeys();
    onNth(harness.sandbox, 'PATCH /keys/:hash', 3, () => reopen());
    const { code, lines } = failureOf(await main(event));
    expect(code).toBe('preview-reopened');
    expect(lines[0]).toMatch(/^Run the newest workflow runs of the pull request or branch again/);
    expect(slugs()).toEqual(['preview-shop-1']);
  });
});

describe('a close that fails says which keys work, and until when, that of a deployment first:', () => {
  const DEPLOYMENT = /^"octo-org\/shop#1 \/ .* may work until \d+ \w{3} \d{4} \d\d:\d\d UTC\.$/;

  test('if a key cannot be disabled', async () => {
    const { main: deployed } = await job(open(), DEPLOYED, 0.5);
    const other = seedKey(harness.sandbox, workspace(), { name: 'One', limit: 0.5 });
    for (const { hash } of [keyOf(deployed), other]) fail(`PATCH /keys/${hash}`, { status: 422 });
    const step = await main(close());
    const { code, title, lines } = failureOf(step);
    expect(code).toBe('preview-not-ended');
    expect(title).toBe(
      'Could not end the API keys of the closed preview "preview-shop-1": OpenRouter rejected the request (HTTP 422)',
    );
    expect(lines.slice(0, 4)).toEqual([
      expect.stringMatching(/^Still able to spend: 2 API keys, \$1\.50 at most: /),
      expect.stringMatching(DEPLOYMENT),
      expect.stringMatching(/^"One" \(.*\) may work until someone deletes it\.$/),
      'To stop any spending now, disable the API keys: https://openrouter.ai/workspaces/preview-shop-1',
    ]);
    expect(step.summary).toContain('octo-org/shop#1');
  });

  test('if the state cannot be read, because GitHub is down', async () => {
    const event = await closeWithThreeKeys();
    failGitHub(READ_PULL);
    const { code, title, lines } = failureOf(await main(event));
    expect([code, title]).toEqual([
      'preview-not-ended',
      'Could not end the API keys of the closed preview "preview-shop-1": GitHub failed (HTTP 502)',
    ]);
    expect(lines[0]).toMatch(/^Still able to spend: 3 API keys/);
    expect(lines[1]).toMatch(DEPLOYMENT);
    expect(account().keys.map(({ disabled }) => disabled)).toEqual([false, false, false]);
  });

  test('if GitHub goes down after they were disabled: then, none is left', async () => {
    const event = await closeWithThreeKeys();
    onNth(harness.sandbox, 'PATCH /keys/:hash', 3, () => failGitHub(READ_PULL));
    const { code, lines } = failureOf(await main(event));
    expect([code, lines[0]]).toEqual(['preview-not-ended', 'None of its API keys works.']);
  });

  test('if OpenRouter is down: then, they may work', async () => {
    const event = await closeWithThreeKeys();
    harness.sandbox.faults.push(...Array(99).fill({ kind: 'response', status: 502 }));
    const { code, lines } = failureOf(await main(event));
    harness.sandbox.faults.length = 0;
    expect(code).toBe('preview-not-ended');
    expect(lines[0]).toBe('Its API keys may still work, each up to its own limit.');
  });
});

describe('a job gets its key only after a list has it, and', () => {
  test('begins again with another workspace if a clean-up has locked this one after that', async () => {
    const event = open();
    await job(event);
    letPass(5 * MINUTE);
    const { id } = workspace();
    onNth(harness.sandbox, 'GET /keys', 2, () => lock());
    const step = await main(event);
    expect(step.exitCode).toBe(0);
    expect([step.outputs['id'] === id, slugs()]).toEqual([
      false,
      [expect.stringMatching(/^locked-/), 'preview-shop-1'],
    ]);
    const inVain = account().keys.filter((key) => key.name.endsWith(' unused'));
    expect(inVain).toMatchObject([{ workspace_id: id, disabled: true }]);
    expect(keyOf(step).workspace_id).toBe(step.outputs['id']);
  });

  test('ends if the pull request is closed after that', async () => {
    const event = open();
    onNth(harness.sandbox, 'GET /workspaces/:id', 2, () => close());
    const step = await main(event);
    expect(step).toMatchObject({ exitCode: 0, outputs: { state: 'closed' } });
    expect(step.outputs).toEqual({ state: 'closed' });
    expect(account().keys).toMatchObject([{ disabled: true }]);
  });

  test('goes on although GitHub does not show the pull request for a moment after that', async () => {
    const event = open();
    const missing = { on: READ_PULL, kind: 'response', status: 404, body: '{}' } as const;
    onNth(harness.sandbox, 'GET /workspaces/:id', 2, () =>
      gitHub.server.faults.push(missing, missing),
    );
    const step = await main(event);
    expect(step).toMatchObject({ exitCode: 0, outputs: { state: 'open' } });
    expect([keyOf(step).disabled, gitHub.server.faults]).toEqual([false, []]);
  });

  test('creates another if someone has disabled it before that', async () => {
    const event = open();
    onNth(harness.sandbox, 'POST /keys', 1, () => {
      Object.assign(account().keys[0] as object, { disabled: true });
    });
    const step = await main(event);
    expect(step.exitCode).toBe(0);
    expect(keyOf(step).disabled).toBe(false);
    expect(account().keys.map(({ disabled }) => disabled)).toEqual([false, true]);
  });

  test('has the id of its workspace only then, also without a key', async () => {
    const event = open();
    onNth(harness.sandbox, 'POST /workspaces', 1, () => close());
    const step = await main(event, { key: 'none' });
    expect(step.outputs).toEqual({ state: 'closed' });
  });

  test('fails if no list has it, whether there is a cap or not', async () => {
    const event = open();
    account().keyLists.lag = 60_000;
    const step = await main(event);
    account().keyLists.lag = undefined;
    expect(failureOf(step).code).toBe('key-not-listed');
    await post(event, step);
    expect(account().keys.map(({ disabled }) => disabled)).toEqual([true]);
  });
});

describe('the key of a deployment that succeeds', () => {
  test('is disabled if the pull request was closed, and no run has done that', async () => {
    const event = open();
    const step = await main(event, DEPLOYED);
    close();
    const ended = await post(event, step, DEPLOYED);
    expect([ended.exitCode, keyOf(step).disabled]).toEqual([0, true]);
    expect(ended.log).toContain('The pull request or branch is closed: the key ends.');
  });

  test('stays if the state cannot be read: the next clean-up ends it', async () => {
    const event = open();
    const step = await main(event, DEPLOYED);
    close();
    failGitHub(READ_PULL);
    const ended = await post(event, step, DEPLOYED);
    expect([ended.exitCode, keyOf(step).disabled]).toEqual([0, false]);
    expect(ended.log).toContain('If it is closed, the next clean-up ends the key.');
  });
});

test('of two readings of a key, a post step reports the larger counter', async () => {
  const event = open();
  const step = await main(event);
  const key = keyOf(step);
  const { spends } = account();
  spends.push({ ...SPENT, key_hash: key.hash, workspace_id: key.workspace_id, at: 0 });
  onNth(harness.sandbox, 'GET /keys/:hash', 1, () => spends.splice(0));
  const ended = await post(event, step);
  expect(ended.log).toContain('Spent at least $0.50');
});

const SPENT = {
  key_name: 'CI',
  model: 'openai/gpt-5-mini',
  credits: 0.5e9,
  byok: 0,
  requests: 1,
  tokens_prompt: 1,
  tokens_completion: 1,
  reasoning_tokens: 0,
};

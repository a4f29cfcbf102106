import { describe, expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../../sandbox/github/events.ts';
import { scheduleEvent } from '../../../../sandbox/github/events.ts';
import { closePull, openPull, pushTo, reopenPull } from '../../../../sandbox/github/people.ts';
import { addToken } from '../../../../sandbox/github/seed.ts';
import { COUNTER_DELAY } from '../../../../sandbox/openrouter/resources/usage.ts';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { onTimePassed } from '../../../../sandbox/runner/in-process-time.ts';
import { annotations, expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness, type PreviewStep } from '../../../support/preview-steps.ts';

const { harness, gitHub, main, post, job, keyOf, letPass, slugs, comments } = openPreviewHarness({
  counterDelay: COUNTER_DELAY,
});

const MINUTE = 60_000;
/** After that long, a key that has ended has settled, also by a clock with whole seconds. */
const SETTLED = 3 * MINUTE + 1_000;
const DEPLOYED = { key: 'preview' };
const READ_PULL = 'GET /repos/:owner/:repo/pulls/:number';

const account = () => harness.sandbox.account;
const now = () => account().now().getTime();
const open = () => openPull(gitHub.server.github, gitHub.repository)[0];
const close = () => closePull(gitHub.server.github, gitHub.repository, 1)[0];
const reopen = () => reopenPull(gitHub.server.github, gitHub.repository, 1)[0];
const nightly = () => scheduleEvent(gitHub.server.github, gitHub.repository);
function push(): GitHubEvent {
  const [, synchronized] = pushTo(gitHub.server.github, gitHub.repository, 'feature');
  return synchronized as GitHubEvent;
}
const workspace = () => account().workspaces[1] as Workspace;
const failureOf = (step: PreviewStep) => expectFailure(step, step.outputs);
const deletedBy = ({ outputs }: PreviewStep) => JSON.parse(outputs['deleted'] ?? 'null');
const titled = (title: string) => expect.stringContaining(`<h3>OpenRouter preview: ${title}</h3>`);
const fail = (on: string, how: object = {}) =>
  harness.sandbox.faults.push({ on, kind: 'response', status: 403, body: '{}', ...how });
const patchesOf = (path: string) =>
  harness.sandbox.requests.flatMap(({ method, path: sent, body }) =>
    method === 'PATCH' && sent.startsWith(path) ? [JSON.parse(body)] : [],
  );

/** Another run closes the workspace. */
function closeByOther(): void {
  const { id, description } = workspace();
  const mark = String(description).replace(/, closed$/, '');
  Object.assign(workspace(), { slug: `closed-${id}`, description: `${mark}, closed` });
}

/** Calls `act` when a step has waited for the first time. */
function onNextPause(act: () => void): void {
  const stop = onTimePassed((ms) => {
    if (ms < 1_000) return;
    stop();
    act();
  });
}

/** Runs the main step of `event`; also returns how long it takes, in milliseconds. */
async function timed(event: GitHubEvent, inputs: Record<string, string> = {}) {
  const start = now();
  const step = await main(event, inputs);
  return { step, ms: now() - start };
}

describe('a run for a closed pull request', () => {
  test('bills a key that a person has stopped with a limit of 0', async () => {
    await job(open(), {}, 0.3);
    const key = seedKey(harness.sandbox, workspace(), { name: 'By hand', limit: 1 });
    seedUsage(harness.sandbox, key, { credits: 0.9 });
    Object.assign(key, { limit: 0, disabled: true, updated_at: account().now().toISOString() });
    letPass(SETTLED);
    await main(close());
    expect(comments()).toEqual([titled('$1.20 spent, closed')]);
    expect(comments()[0]).toContain('By hand');
  });

  test('ends the spending, waits until all is counted, and only then deletes', async () => {
    const { main: deployed } = await job(open(), DEPLOYED, 0.5);
    const { id } = workspace();
    const closed = close();
    let atFirst: string[] = [];
    onNth(harness.sandbox, 'GET /keys', 5, () => {
      atFirst = comments();
      // A request that was in flight when the key was disabled.
      seedUsage(harness.sandbox, keyOf(deployed), { credits: 0.25 });
    });
    const { step, ms } = await timed(closed, { timeout: '10s' });
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(atFirst).toEqual([titled('nothing counted so far')]);
    expect(step.log).toMatch(
      /^No API key of the preview "preview-shop-1" works any more\. .* Waiting for that until .* UTC\.$/m,
    );
    expect(ms).toBeGreaterThanOrEqual(3 * MINUTE);
    expect(ms).toBeLessThan(3.5 * MINUTE);
    // First, once a minute, twice before and after it is closed, and for each of two writes of the comment none.
    expect(step.gitHubCalls.filter((call) => call === READ_PULL).length).toBeLessThanOrEqual(7);
    expect(step.outputs).toMatchObject({ state: 'closed', 'keys-cost-usd': '0.75' });
    expect(deletedBy(step)).toMatchObject([{ id, slug: 'preview-shop-1' }]);
    expect(comments()).toEqual([titled('$0.75 spent, closed')]);
    expect([slugs(), account().keys]).toEqual([[], []]);
  });

  test('does not wait if no key could spend during the last three minutes', async () => {
    await job(open(), {}, 0.5);
    letPass(SETTLED);
    const { step, ms } = await timed(close());
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(step.log).not.toContain('Waiting');
    expect(ms).toBeLessThan(10_000);
    expect(comments()).toEqual([titled('$0.50 spent, closed')]);
  });

  test('disables no key again that is disabled: its three minutes would begin anew', async () => {
    await job(open(), {}, 0.5);
    letPass(2 * MINUTE);
    const { step, ms } = await timed(close());
    expect(step.openRouterCalls).not.toContain('PATCH /keys/:hash');
    expect(ms).toBeLessThan(1.5 * MINUTE);
  });

  test('closes the workspace in one PATCH, before it deletes, and says in another that the bill is written', async () => {
    await job(open(), {}, 0.5);
    letPass(SETTLED);
    const { id, description } = workspace();
    const { openRouterCalls } = await main(close());
    expect(patchesOf('/workspaces')).toEqual([
      { slug: `closed-${id}`, description: `${description}, closed` },
      { description: `${description}, closed, billed` },
    ]);
    const closing = openRouterCalls.indexOf('PATCH /workspaces/:id');
    expect(openRouterCalls.slice(0, closing).join()).not.toContain('DELETE');
    expect(openRouterCalls.slice(closing + 1)).toContain('GET /keys');
  });

  test('ends all workspaces of the pull request at once', async () => {
    const event = open();
    await job(event, DEPLOYED, 0.5);
    await job(event, { ...DEPLOYED, 'slug-prefix': 'other-' }, 0.25);
    const { step, ms } = await timed(close());
    expect(deletedBy(step)).toHaveLength(2);
    expect(step.outputs).toMatchObject({ 'keys-cost-usd': '0.75' });
    expect(ms).toBeLessThan(3.5 * MINUTE);
    const bills = [titled('$0.25 spent, closed'), titled('$0.50 spent, closed')];
    expect(comments()).toHaveLength(2);
    expect(comments()).toEqual(expect.arrayContaining(bills));
  });

  test('says that no key works only if no key works, although it was so at first', async () => {
    await job(open());
    onNth(harness.sandbox, 'GET /keys', 4, () => {
      seedKey(harness.sandbox, workspace(), { name: 'Mine', limit: 2 });
      fail('PATCH /keys/:hash');
    });
    const { code, lines } = failureOf(await main(close()));
    expect(code).toBe('preview-not-deleted');
    expect(lines[0]).toMatch(/^Still able to spend: 1 API key, \$2\.00 at most: "Mine" /);
    expect(lines.join()).not.toContain('None of its API keys works');
  });

  test.each([
    ['GitHub', 'the permission pull-requests: read'],
    ['OpenRouter', "Look for API keys in OpenRouter's dashboard"],
  ])('says what to do about %s if that rejects a request', async (server, advice) => {
    await job(open(), {}, 0.5);
    letPass(SETTLED);
    const rejection = { kind: 'response', status: 404, body: '{}' } as const;
    onNth(harness.sandbox, 'GET /keys', 1, () => {
      if (server === 'OpenRouter') fail('DELETE /keys/:hash', { status: 400 });
      else gitHub.server.faults.push(...Array(9).fill({ on: READ_PULL, ...rejection }));
    });
    const { code, lines } = failureOf(await main(close()));
    expect(code).toBe('preview-not-deleted');
    expect(lines.join()).toContain(advice);
    if (server === 'GitHub') expect(lines.join()).not.toContain('Look for API keys');
  });

  test('does not say that keys were disabled if one could not be', async () => {
    await job(open(), DEPLOYED);
    const mine = seedKey(harness.sandbox, workspace(), { name: 'Mine', limit: 2 });
    fail(`PATCH /keys/${mine.hash}`);
    // It is reopened in the meantime, too.
    onNth(harness.sandbox, 'PATCH /keys/:hash', 1, () => reopen());
    const step = await main(close());
    const { code, lines } = failureOf(step);
    expect(code).toBe('preview-not-deleted');
    expect(lines[0]).toMatch(/^Still able to spend: 1 API key, \$2\.00 at most: "Mine" /);
    expect(`${step.log}${lines.join()}`).not.toContain('keys were disabled');
  });

  test.each([
    ['waits', 'The preview "preview-shop-1" is not deleted yet: the run was cancelled'],
    ['lists', 'Could not delete the preview "preview-shop-1": the run was cancelled (SIGINT)'],
  ])('says that no key works if it is cancelled while it %s', async (when, title) => {
    await job(open(), DEPLOYED);
    let cancelledAt = 0;
    const cancel = () => {
      cancelledAt = now();
      process.emit('SIGINT');
    };
    if (when === 'lists') onNth(harness.sandbox, 'GET /keys', 5, cancel);
    else onNextPause(cancel);
    const event = close();
    const step = await main(event);
    const failure = failureOf(step);
    expect([failure.code, failure.title]).toEqual(['preview-not-deleted', title]);
    expect(failure.lines.slice(0, 2)).toEqual([
      'None of its API keys works.',
      'Run this again; otherwise the next clean-up deletes it.',
    ]);
    expect(now() - cancelledAt).toBeLessThan(1_000);
    expect(step.outputs).toEqual({ state: 'closed' });
    expect(account().keys).toMatchObject([{ disabled: true }]);
    expect(await post(event, step)).toMatchObject({ exitCode: 0, annotations: [] });
  });

  test('has no amount in its outputs unless that is exact', async () => {
    await job(open(), {}, 0.5);
    letPass(MINUTE);
    await job(push(), {}, 0.25);
    letPass(SETTLED);
    // Someone deletes a key, whose amount the comment remembers.
    account().keys.pop();
    const { outputs, summary } = await main(close());
    expect(outputs).toMatchObject({ state: 'closed', 'keys-cost-usd': '' });
    expect(summary).toContain('<p>at least $0.50 spent.</p>');
    expect(comments()).toEqual([titled('at least $0.50 spent, closed')]);
  });

  test.each([
    ['before it lists the keys', 'GET /workspaces'],
    ['after it has closed the workspace', 'PATCH /workspaces/:id'],
  ])('has no amount in its outputs if another run has begun to delete %s', async (_, call) => {
    const inputs = { comment: 'false' };
    await job(open(), inputs, 0.5);
    await job(push(), inputs, 0.25);
    letPass(SETTLED);
    onNth(harness.sandbox, call, 1, () => {
      closeByOther();
      account().keys.pop();
    });
    const step = await main(close(), inputs);
    expect(step).toMatchObject({ exitCode: 0, outputs: { 'keys-cost-usd': '' } });
    expect(step.summary).not.toContain('spent.');
    expect(step.log).toContain('1 API key, spending unknown.');
  });

  test('has an exact bill after a POST whose response was lost', async () => {
    const on = 'POST /keys';
    harness.sandbox.faults.push({ on, kind: 'reset', applied: true });
    await job(open(), {}, 0.5);
    const { outputs } = await main(close());
    expect(outputs).toMatchObject({ 'keys-cost-usd': '0.5' });
    expect(comments()).toEqual([titled('$0.50 spent, closed')]);
  });

  test('finishes what another run has closed, and not deleted', async () => {
    await job(open(), {}, 0.5);
    fail('DELETE /workspaces/:id');
    const event = close();
    const failed = failureOf(await main(event));
    expect(failed.code).toBe('preview-not-deleted');
    expect(failed.lines[0]).toBe('None of its API keys works.');
    const step = await main(event);
    expect(step.exitCode).toBe(0);
    expect(deletedBy(step)).toMatchObject([{ slug: expect.stringMatching(/^closed-/) }]);
    expect(comments()).toEqual([titled('$0.50 spent, closed')]);
    expect(slugs()).toEqual([]);
  });
});

describe('a pull request that is reopened during its end', () => {
  test('before a key was disabled keeps all as it is', async () => {
    await job(open(), DEPLOYED, 0.5);
    onNth(harness.sandbox, 'GET /keys', 1, () => reopen());
    const step = await main(close());
    expect(step).toMatchObject({ exitCode: 0, annotations: [], outputs: { state: 'open' } });
    expect(step.openRouterCalls.filter((call) => !call.startsWith('GET '))).toEqual([]);
  });

  test('while only what was spent is counted keeps all as it is', async () => {
    await job(open(), {}, 0.5);
    onNth(harness.sandbox, 'GET /keys', 5, () => reopen());
    const { step, ms } = await timed(close());
    expect(step).toMatchObject({ exitCode: 0, annotations: [], outputs: { state: 'open' } });
    expect(step.openRouterCalls.filter((call) => !call.startsWith('GET '))).toEqual([]);
    expect(ms).toBeLessThan(1.5 * MINUTE);
    expect(comments()).toEqual([expect.stringContaining(' so far</h3>')]);
  });

  test('after a key was disabled keeps its workspace, and the run fails', async () => {
    await job(open(), DEPLOYED, 0.5);
    const { id } = workspace();
    onNth(harness.sandbox, 'PATCH /keys/:hash', 1, () => reopen());
    const step = await main(close());
    expect(failureOf(step)).toMatchObject({
      code: 'preview-reopened',
      lines: expect.arrayContaining([
        'Run the newest workflow runs of the pull request or branch again: each then gets a new API key.',
        `Its workspace has the id ${id}. If that is closed, the next run creates a new one.`,
      ]),
    });
    expect(step.outputs).toEqual({ state: 'open' });
    expect(slugs()).toEqual(['preview-shop-1']);
    expect((await job(push(), DEPLOYED)).main.outputs).toMatchObject({ id, created: 'false' });
  });

  test.each([
    ['a POST of the bill', 'PATCH /workspaces/:id'],
    ['the last key is deleted', 'DELETE /keys/:hash'],
  ])('before %s, once it is closed, gets a new workspace and a new comment', async (_, call) => {
    await job(open(), {}, 0.5);
    letPass(SETTLED);
    const { id } = workspace();
    onNth(harness.sandbox, call, 1, () => reopen());
    const step = await main(close());
    if (call === 'PATCH /workspaces/:id') {
      const { code, lines } = failureOf(step);
      expect(code).toBe('preview-reopened');
      expect(lines).toContain(
        `Its workspace has the id ${id}. If that is closed, the next run creates a new one.`,
      );
    } else {
      expect(step.exitCode).toBe(0);
    }
    expect([slugs(), comments()]).toEqual([[], [titled('$0.50 spent, closed')]]);
    const { main: next } = await job(push(), {}, 0.25);
    expect(next.outputs).toMatchObject({ state: 'open', created: 'true' });
    letPass(MINUTE);
    await job(push());
    expect(comments()).toEqual([titled('$0.50 spent, closed'), titled('$0.25 spent so far')]);
  });

  test('after the job whose key it ends has begun has that job begin again in a new workspace', async () => {
    const { id } = (await job(open())).main.outputs;
    // Another run closes the workspace, and the pull request is open again.
    onNth(harness.sandbox, 'POST /keys', 1, closeByOther);
    const step = await main(push());
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(step.log).toContain('The preview was closed in the meantime: looking again.');
    expect(slugs()).toEqual([`closed-${id}`, 'preview-shop-1']);
    expect(keyOf(step)).toMatchObject({ workspace_id: step.outputs['id'], disabled: false });
    const [, inVain] = account().keys;
    expect(inVain).toMatchObject({ workspace_id: id, disabled: true, limit: 0 });
  });
});

describe('a key that a late job creates', () => {
  test('between the list and the closing is disabled, settles, and is in the bill', async () => {
    await job(open(), {}, 0.5);
    letPass(SETTLED);
    onNth(harness.sandbox, 'PATCH /workspaces/:id', 1, () => {
      const key = seedKey(harness.sandbox, workspace(), { name: 'Late', limit: 1 });
      seedUsage(harness.sandbox, key, { credits: 0.25 });
    });
    const { step, ms } = await timed(close());
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(ms).toBeGreaterThanOrEqual(3 * MINUTE);
    expect(step.outputs).toMatchObject({ 'keys-cost-usd': '0.75' });
    expect(comments()).toEqual([titled('$0.75 spent, closed')]);
  });

  test('is not given out if its workspace is closed, and the run ends the preview', async () => {
    await job(open(), {}, 0.5);
    const event = push();
    onNth(harness.sandbox, 'POST /keys', 1, () => {
      closeByOther();
      close();
    });
    const step = await main(event);
    expect(step.outputs).toMatchObject({ state: 'closed', 'keys-cost-usd': '0.5' });
    expect(step.outputs).not.toHaveProperty('key');
    expect(slugs()).toEqual([]);
    expect(await post(event, step)).toMatchObject({ exitCode: 0, annotations: [] });
  });
});

describe('a PATCH that closes a workspace, and is lost', () => {
  const on = 'PATCH /workspaces/:id';

  test.each<[string, object, number]>([
    ['is applied without a response', { kind: 'reset', applied: true }, 1],
    ['is not applied', { kind: 'reset' }, 2],
    ['is rejected for a moment', { status: 502 }, 2],
  ])(
    'and %s, is repeated if it has to be, after the state is read again',
    async (_, how, count) => {
      await job(open(), {}, 0.5);
      letPass(SETTLED);
      fail(on, how);
      const step = await main(close());
      expect(step.exitCode).toBe(0);
      // The last one says that the bill is written.
      expect(step.openRouterCalls.filter((call) => call === on)).toHaveLength(count + 1);
      expect(step.gitHubCalls.filter((call) => call === READ_PULL)).toHaveLength(2 + count);
      expect([slugs(), comments()]).toEqual([[], [titled('$0.50 spent, closed')]]);
    },
  );

  test.each([
    ['and then all stays as it is', {}, [0, undefined]],
    ['and the run fails if it has disabled a key', DEPLOYED, [1, 'preview-reopened']],
  ])('is not repeated if the pull request is open again, %s', async (_, inputs, expected) => {
    await job(open(), inputs, 0.5);
    fail(on, { status: 502 });
    onNth(harness.sandbox, on, 1, () => reopen());
    const step = await main(close());
    const code = step.exitCode === 0 ? undefined : failureOf(step).code;
    expect([step.exitCode, code]).toEqual(expected);
    expect(step.outputs).toEqual({ state: 'open' });
    expect(slugs()).toEqual(['preview-shop-1']);
  });
});

describe('a bill that GitHub', () => {
  const LIST = 'GET /repos/:owner/:repo/issues/:number/comments';
  const UPDATE = 'PATCH /repos/:owner/:repo/issues/comments/:id';

  test('rejects for good is given up in the mark, before the workspace is deleted without it', async () => {
    const { secret } = addToken(gitHub.server.github, { permissions: { 'pull-requests': 'read' } });
    const inputs = { 'github-token': secret };
    await job(open(), inputs, 0.5);
    letPass(SETTLED);
    const { description } = workspace();
    fail('DELETE /workspaces/:id');
    const event = close();
    expect(failureOf(await main(event, inputs)).code).toBe('preview-not-deleted');
    expect(workspace()['description']).toBe(`${description}, closed, billed`);
    // No run writes one later, also not with the permission.
    const step = await main(event);
    expect(step.exitCode).toBe(0);
    expect([slugs(), comments()]).toEqual([[], []]);
  });

  test('was given up by another run, which has deleted the keys since, is not written without them', async () => {
    await job(open(), {}, 0.5);
    letPass(SETTLED);
    const before = comments();
    onNth(harness.sandbox, 'GET /keys', 1, () => {
      closeByOther();
      workspace()['description'] += ', billed';
      account().keys.length = 0;
    });
    const step = await main(close());
    expect([step.exitCode, step.outputs['keys-cost-usd']]).toEqual([0, '']);
    expect([slugs(), comments()]).toEqual([[], before]);
  });

  test('rejects for good leaves the exact amount in the outputs', async () => {
    const { secret } = addToken(gitHub.server.github, { permissions: { 'pull-requests': 'read' } });
    await job(open(), {}, 0.5);
    const { outputs, exitCode } = await main(close(), { 'github-token': secret });
    expect([exitCode, outputs['keys-cost-usd']]).toEqual([0, '0.5']);
  });

  test('is not to get, with comment: false, is not written later either', async () => {
    const inputs = { comment: 'false' };
    await job(open(), inputs, 0.5);
    const event = close();
    fail('DELETE /workspaces/:id');
    expect(failureOf(await main(event, inputs)).code).toBe('preview-not-deleted');
    expect(workspace()['description']).toMatch(/, closed, billed$/);
    const step = await main(event);
    expect(step).toMatchObject({ exitCode: 0, outputs: { 'keys-cost-usd': '' } });
    expect([slugs(), comments()]).toEqual([[], []]);
  });

  test('is not to get, with comment: false, is in the outputs', async () => {
    await job(open(), { comment: 'false' }, 0.5);
    const { outputs } = await main(close(), { comment: 'false' });
    expect(outputs['keys-cost-usd']).toBe('0.5');
  });

  test('cannot take for a moment is written by the next clean-up', async () => {
    await job(open(), {}, 0.5);
    letPass(SETTLED);
    const down = Array(99).fill({ on: UPDATE, kind: 'response', status: 502 });
    gitHub.server.faults.push(...down);
    const { code, lines } = failureOf(await main(close()));
    expect(code).toBe('preview-not-deleted');
    expect(lines[0]).toBe('None of its API keys works.');
    gitHub.server.faults.length = 0;
    expect(slugs()).toEqual([expect.stringMatching(/^closed-/)]);
    const step = await main(nightly());
    expect(step.exitCode).toBe(0);
    expect([slugs(), comments()]).toEqual([[], [titled('$0.50 spent, closed')]]);
  });

  test('fails to show after the deletion changes nothing of what the step has done', async () => {
    await job(open(), {}, 0.5);
    letPass(SETTLED);
    onNth(harness.sandbox, 'DELETE /workspaces/:id', 1, () => {
      gitHub.server.faults.push(...Array(99).fill({ on: LIST, kind: 'response', status: 502 }));
    });
    const step = await main(close());
    expect(step.exitCode).toBe(0);
    expect(deletedBy(step)).toHaveLength(1);
    expect(step.outputs['keys-cost-usd']).toBe('0.5');
    expect(step.summary).toContain('✅ Deleted the OpenRouter preview');
    expect(annotations(step, 'notice')).toHaveLength(1);
  });
});

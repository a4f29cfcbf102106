import { describe, expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../../sandbox/github/events.ts';
import { closePull, openPull, pushTo, reopenPull } from '../../../../sandbox/github/people.ts';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { annotations, expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness, type PreviewStep } from '../../../support/preview-steps.ts';

const { harness, gitHub, main, post, job, keyOf } = openPreviewHarness();

const CAPPED = { 'preview-limit-usd': '2.5', comment: 'false' };
const DEPLOYED = { ...CAPPED, key: 'preview' };

const open = () => openPull(gitHub.server.github, gitHub.repository)[0];
function push(): GitHubEvent {
  const [, synchronized] = pushTo(gitHub.server.github, gitHub.repository, 'feature');
  return synchronized as GitHubEvent;
}
const workspace = () => harness.sandbox.account.workspaces[1] as Workspace;
const add = (limit: number | null, name = 'By hand') =>
  seedKey(harness.sandbox, workspace(), { name, limit });
const limits = () =>
  harness.sandbox.account.keys.map(({ limit, disabled }) => (disabled ? 'disabled' : limit));

const failureOf = (step: PreviewStep) => expectFailure(step, step.outputs);

/** Runs a job whose main step gives out no secret, and whose post step disables the key. */
async function expectNoKey(event: GitHubEvent, inputs: Record<string, string> = CAPPED) {
  const step = await main(event, inputs);
  const failure = failureOf(step);
  expect(step.outputs).not.toHaveProperty('key');
  const ended = await post(event, step, inputs);
  expect(ended.exitCode).toBe(0);
  expect(limits()[0]).toBe('disabled');
  return { step, failure };
}

describe('a cap for all keys of a preview', () => {
  test('is what all its jobs can spend together, until it is closed', async () => {
    const first = await job(open(), CAPPED, 1);
    expect(first.main.openRouterCalls.slice(-3)).toEqual(['GET /keys', 'POST /keys', 'GET /keys']);
    expect(first.main.summary).toContain(
      '<p>Spent $0.00 of $2.50. The API key can spend $1.00.</p>',
    );
    await job(push(), CAPPED, 0.8);
    const { main: third } = await job(push(), CAPPED, 0.7);
    const less = 'Spent $1.80 of $2.50. The API key can spend $0.70, less than limit-usd, $1.00.';
    expect(third.log).toContain(less);
    expect(third.summary).toContain(
      `>⚠️ OpenRouter preview &quot;preview-shop-1&quot;: key with $0.70, not $1.00</a></h3>\n<p>${less}</p>`,
    );
    expect(keyOf(third)).toMatchObject({ limit: 0.7 });
    expect([first.main, third].map(({ outputs }) => outputs['key-limit-usd'])).toEqual([
      '1',
      '0.7',
    ]);

    const fourth = await main(push(), CAPPED);
    expect(failureOf(fourth)).toMatchObject({
      code: 'preview-limit-reached',
      title: 'Nothing is left of preview-limit-usd: $2.50 of $2.50 spent',
      lines: [
        expect.stringContaining('raise preview-limit-usd'),
        expect.stringContaining('If this check is required'),
        'No API key was created.',
        '3 API keys spent $2.50 of $2.50.',
      ],
    });
    expect(fourth.openRouterCalls).not.toContain('POST /keys');
    expect(fourth.outputs).not.toHaveProperty('key-limit-usd');
    const higher = await main(push(), { ...CAPPED, 'preview-limit-usd': '2.75' });
    expect(keyOf(higher)).toMatchObject({ limit: 0.25 });
    expect(higher.summary).toContain('<p>Spent $2.50 of $2.75. The API key can spend $0.25');

    await main(closePull(gitHub.server.github, gitHub.repository, 1)[0], CAPPED);
    const reopened = await main(reopenPull(gitHub.server.github, gitHub.repository, 1)[0], CAPPED);
    expect(keyOf(reopened)).toMatchObject({ limit: 1 });
  });

  test('counts what keys may still spend, and says whose they are', async () => {
    await main(open(), { ...CAPPED, 'limit-usd': '0.123456789' });
    await main(push(), { ...DEPLOYED, 'limit-usd': '0.5' });
    add(1.5, 'Mine');
    const last = await main(push(), CAPPED);
    expect(keyOf(last)).toMatchObject({ limit: 0.376543211 });
    expect(last.log).toContain('can spend $0.37, less than limit-usd, $1.00.');
    const { title, lines } = failureOf(await main(push(), CAPPED));
    expect(title).toBe(
      'Nothing is left of preview-limit-usd: $0.00 spent, $0.50 reserved for running jobs, $0.50 for deployments, $1.50 for API keys made by hand',
    );
    const ofJob = expect.stringMatching(
      /^"octo-org\/shop \/ Preview \/ .* \/ test \/ .*" \(sk-or-v1-/,
    );
    expect(lines.slice(0, 7)).toEqual([
      'Run this again once the running jobs have ended. If none is running, disable these keys, and do not delete them:',
      ofJob,
      ofJob,
      'Run this again once no deployment is running. If a deployment has failed, one that succeeds disables these keys. If nothing uses a key, disable this key, and do not delete it:',
      expect.stringMatching(/^"octo-org\/shop#1 \/ Preview \/ test" \(sk-or-v1-/),
      'Lower the limits of the API keys made by hand, or disable them, and do not delete them:',
      expect.stringMatching(/^"Mine" \(sk-or-v1-/),
    ]);
    expect(lines).toContain('4 API keys spent $0.00 of $2.50.');
  });

  test('needs no key to hold less if all of it is spent', async () => {
    await job(open(), { ...DEPLOYED, 'limit-usd': '2' }, 1);
    await job(push(), CAPPED);
    const mine = add(1.5, 'Mine');
    seedUsage(harness.sandbox, mine, { credits: 1.5 });
    Object.assign(mine, { limit: 2 });
    const { title, lines } = failureOf(await main(push(), CAPPED));
    expect(title).toBe('Nothing is left of preview-limit-usd: $2.50 of $2.50 spent');
    expect(lines[0]).toContain('raise preview-limit-usd');
  });

  test('is named when a key has used up its part of it', async () => {
    await job(open(), CAPPED, 1);
    await job(push(), CAPPED, 1);
    const { post: ended } = await job(push(), CAPPED, 0.5);
    expect(ended.log).toContain('If the job needs more, raise limit-usd or preview-limit-usd.');
  });

  test('is not reached for a key that may spend nothing', async () => {
    await job(open(), CAPPED);
    add(9);
    const step = await main(push(), { ...CAPPED, 'limit-usd': '0' });
    expect(keyOf(step)).toMatchObject({ limit: 0 });
  });

  test('is kept by a key whose request was lost', async () => {
    harness.sandbox.faults.push({ on: 'POST /keys', kind: 'reset', applied: true });
    const step = await main(open(), { ...CAPPED, 'limit-usd': '2.5' });
    expect(limits()).toEqual([2.5]);
    expect(keyOf(step)).toMatchObject({ limit: 2.5 });
  });

  const NEEDS = 'preview-limit-usd needs an API key, limit-usd as an amount, and no limit-reset';
  test.each([
    [NEEDS, { key: 'none' }],
    [NEEDS, { 'limit-reset': 'daily' }],
    [NEEDS, { 'limit-usd': 'null' }],
    ['preview-limit-usd must be an amount in USD, above 0', { 'preview-limit-usd': '0' }],
    ['preview-limit-usd is too small', { 'preview-limit-usd': '1e-100' }],
    ['preview-limit-usd is too large', { 'preview-limit-usd': '1e45' }],
  ])('is rejected: %s, with %j', async (message, inputs) => {
    const { code, lines } = expectFailure(await main(open(), { ...CAPPED, ...inputs }));
    expect({ code, line: lines[0] }).toEqual({
      code: 'invalid-inputs',
      line: expect.stringContaining(message),
    });
  });
});

describe('a key of another job that is created at the same time', () => {
  /** Creates a key when a step has listed the keys, and before it creates its own. */
  const beforePost = (limit: number) =>
    onNth(harness.sandbox, 'GET /keys', 1, () => {
      // Within the same millisecond, the hash would decide which of them is later.
      add(limit).created_at = '2026-01-01T00:00:00.000Z';
    });

  test('leaves a part of the cap, which the limit of the later key is lowered to', async () => {
    beforePost(1.75);
    const step = await main(open(), CAPPED);
    expect(step.openRouterCalls.slice(-4)).toEqual([
      'POST /keys',
      'GET /keys',
      'PATCH /keys/:hash',
      'GET /keys',
    ]);
    expect(keyOf(step)).toMatchObject({ limit: 0.75, disabled: false });
    expect(step.log).toContain('Lowered the limit of the API key to $0.75');
    expect(step.summary).toContain('The API key can spend $0.75, less than limit-usd');
  });

  test('can leave nothing, so that the later key is disabled', async () => {
    beforePost(2.5);
    const { failure } = await expectNoKey(open());
    expect(failure).toMatchObject({
      code: 'preview-limit-reached',
      lines: expect.arrayContaining([
        '1 API key spent $0.00 of $2.50.',
        'The new API key was disabled. No other step has its secret.',
      ]),
    });
  });

  test.each([
    ['is rejected', { status: 403 }],
    ['finds no key', { status: 404, body: '{}' }],
  ])('can leave nothing, and the post step ends the later key if its PATCH %s', async (_, how) => {
    beforePost(2.5);
    const fault = { on: 'PATCH /keys/:hash', kind: 'response', ...how } as const;
    onNth(harness.sandbox, 'POST /keys', 1, () => harness.sandbox.faults.push(fault, fault));
    const event = open();
    const step = await main(event, CAPPED);
    harness.sandbox.faults.splice(0);
    expect(failureOf(step)).toMatchObject({
      code: 'preview-limit-reached',
      lines: expect.arrayContaining([
        'The post step ends the new API key. No other step has its secret.',
      ]),
    });
    expect(step.outputs).not.toHaveProperty('key');
    expect(limits()[0]).toBe(1);
    await post(event, step, CAPPED);
    expect(limits()[0]).toBe('disabled');
  });

  test('without a limit has no secret given out', async () => {
    onNth(harness.sandbox, 'POST /keys', 1, () => add(null));
    const step = await main(open(), CAPPED);
    expect(failureOf(step).code).toBe('key-not-capped');
    expect(step.outputs).not.toHaveProperty('key');
  });

  test.each([
    ['second list', 'GET /keys'],
    ['PATCH', 'PATCH /keys/:hash'],
  ])('has no secret given out if the %s fails', async (_, on) => {
    beforePost(1.75);
    const fault = { on, kind: 'response', status: 403 } as const;
    onNth(harness.sandbox, 'POST /keys', 1, () => harness.sandbox.faults.push(fault));
    const { failure } = await expectNoKey(open());
    expect(failure.code).toBe('forbidden');
  });

  test('has no secret given out if the limit stays as it was', async () => {
    beforePost(1.75);
    onNth(harness.sandbox, 'PATCH /keys/:hash', 1, () => undefined);
    const { account } = harness.sandbox;
    const { handle } = account;
    account.handle = (request) =>
      handle(request.body.includes('"limit":0.75') ? { ...request, body: '{"limit":1}' } : request);
    const { failure } = await expectNoKey(open());
    account.handle = handle;
    expect(failure).toMatchObject({
      code: 'key-not-capped',
      lines: expect.arrayContaining([expect.stringContaining('a higher limit than requested')]),
    });
  });
});

describe('a key that cannot be capped', () => {
  test.each([
    ['has no limit', { limit: null }, {}, 'Set a limit for'],
    [
      'has a limit that resets',
      { limit_reset: 'daily' },
      {},
      'Set a limit that does not reset for',
    ],
    [
      'has a limit without usage of your own provider keys',
      {},
      { 'include-byok-in-limit': 'true' },
      'Include usage of your own provider keys in the limit of',
    ],
    ['has a limit or counter that could not be read', { limit: 'much' }, {}, undefined],
  ])('is named if it %s', async (problem, fields, inputs, correction) => {
    await job(open(), CAPPED);
    const key = Object.assign(add(1, 'Mine'), fields);
    const step = await main(push(), { ...CAPPED, ...inputs });
    const advice = correction
      ? `${correction} "Mine" (${key.label}): https://openrouter.ai/workspaces/preview-shop-1`
      : 'Run this again.';
    const { code, title, lines } = failureOf(step);
    expect(code).toBe('key-not-capped');
    expect(title).toBe(`preview-limit-usd cannot be guaranteed: the API key "Mine" ${problem}`);
    expect(lines[0]).toBe(advice);
    expect(lines.join().includes('Do not delete the key')).toBe(correction !== undefined);
    expect(lines).toContain('Nothing was changed at OpenRouter.');
    Object.assign(key, { disabled: true });
    expect((await main(push(), CAPPED)).exitCode).toBe(0);
  });
});

describe('a deployed key', () => {
  test('replaces one that holds the whole cap, and gets what that has left', async () => {
    await job(open(), { ...DEPLOYED, 'limit-usd': '2.5' }, 1);
    const { main: step, post: ended } = await job(push(), { ...DEPLOYED, 'limit-usd': '2.5' }, 0.2);
    expect(limits()).toEqual([1.5, 'disabled']);
    expect(step.exitCode).toBe(0);
    expect(ended.log).not.toContain('Lowered');
  });

  test('is lowered by what the replaced one has spent in the meantime', async () => {
    const { main: first } = await job(open(), { ...DEPLOYED, 'limit-usd': '2.5' }, 1);
    const event = push();
    const step = await main(event, { ...DEPLOYED, 'limit-usd': '2.5' });
    seedUsage(harness.sandbox, keyOf(first), { credits: 0.5 });
    seedUsage(harness.sandbox, keyOf(step), { credits: 0.1 });
    const ended = await post(event, step, DEPLOYED);
    expect(ended.exitCode).toBe(0);
    expect(limits()).toEqual([1, 'disabled']);
  });

  test('is lowered to what older ones leave if the job fails, with a warning if that is nothing', async () => {
    await job(open(), { ...DEPLOYED, 'limit-usd': '2' });
    const failing = { ...DEPLOYED, 'limit-usd': '2', 'job-status': 'failure' };
    const { post: ended } = await job(push(), failing, 0.3);
    expect([ended.exitCode, limits()]).toEqual([0, [0.5, 2]]);

    const { post: next } = await job(push(), failing, 0.4);
    expect(limits()).toEqual([0.4, 0.5, 2]);
    expect(annotations(next, 'warning')).toEqual([
      expect.objectContaining({
        properties: { title: 'preview, post step: preview limit reached' },
        data: expect.stringContaining('Nothing is left of preview-limit-usd'),
      }),
    ]);
    expect(next.log).toContain('3 API keys spent $0.70 of $2.50.');
  });

  test('fails the post step if its limit cannot be lowered', async () => {
    await job(open(), { ...DEPLOYED, 'limit-usd': '2' });
    const event = push();
    const failing = { ...DEPLOYED, 'limit-usd': '2', 'job-status': 'failure' };
    const step = await main(event, failing);
    harness.sandbox.faults.push({ on: 'PATCH /keys/:hash', kind: 'response', status: 403 });
    expect(failureOf(await post(event, step, failing)).code).toBe('forbidden');
  });

  test('exceeds the cap, with all that it replaces, by its own limit at most', async () => {
    // The runners of three jobs die without a post step.
    await main(open(), DEPLOYED);
    await main(push(), DEPLOYED);
    await main(push(), DEPLOYED);
    await main(push(), DEPLOYED);
    expect(limits()).toEqual([0.5, 1, 1, 1]);
    expect(failureOf(await main(push(), DEPLOYED)).code).toBe('preview-limit-reached');
  });

  test('replaces those of several deployments that failed', async () => {
    const one = { ...DEPLOYED, 'limit-usd': '2' };
    const failing = { ...one, 'job-status': 'failure' };
    await job(open(), one);
    await job(push(), failing, 0.3);
    await job(push(), failing, 0.4);
    const { main: step } = await job(push(), one);
    expect(keyOf(step)).toMatchObject({ limit: 1.6 });
    expect(limits()).toEqual([1.6, 'disabled', 'disabled', 'disabled']);
  });

  test.each([
    ['without a limit', { limit: null }],
    ['whose limit resets', { limit_reset: 'monthly' }],
  ])('replaces one from before the cap %s', async (_, fields) => {
    const { main: first } = await job(open(), { key: 'preview', comment: 'false' }, 1);
    Object.assign(keyOf(first), fields);
    const other = await main(push(), CAPPED);
    expect(failureOf(other).code).toBe('key-not-capped');
    const { main: step, post: ended } = await job(push(), { ...DEPLOYED, 'limit-usd': '2.5' });
    expect([step.exitCode, ended.exitCode]).toEqual([0, 0]);
    expect(limits()).toEqual([1.5, 'disabled']);
  });
});

describe('the comment', () => {
  const body = () => gitHub.repository.comments.now()[0]?.body ?? '';
  const title = () =>
    /<h3>OpenRouter preview: (.*)<\/h3>/.exec(body())?.[1]?.replace(' spent so far', '');
  const COMMENTED = { 'preview-limit-usd': '5', 'limit-usd': '5' };

  test('shows the cap of the run that created the newest key', async () => {
    await job(open(), { ...CAPPED, comment: 'true' }, 0.5);
    expect(title()).toBe('$0.50 of $2.50');
    await job(push(), { comment: 'true' }, 0.25);
    expect(title()).toBe('$0.75');
  });

  test('counts what the cap counts', async () => {
    const inputs = { ...CAPPED, comment: 'true', 'include-byok-in-limit': 'true' };
    const event = open();
    const step = await main(event, { ...inputs, 'limit-usd': '2.5' });
    seedUsage(harness.sandbox, keyOf(step), { credits: 0.25, byok: 2 });
    await post(event, step, inputs);
    expect(title()).toBe('⚠️ $2.25 of $2.50');
    await job(push(), { ...inputs, 'include-byok-in-limit': 'false' });
    expect(title()).toBe('$0.25 of $2.50');
  });

  test('has the cap of a run that got no key, as long as no other job with a cap has ended', async () => {
    await main(open(), COMMENTED);
    const event = push();
    const failed = await main(event, COMMENTED);
    expect(failed.exitCode).toBe(1);
    await post(event, failed, COMMENTED);
    expect(title()).toBe('$0.00 of $5.00');
    expect(body()).toContain('<p>⚠️ Nothing is left: running jobs hold $5.00. Until they end, ');
  });

  test('counts a deleted key towards the total, and not towards the cap', async () => {
    await job(open(), COMMENTED, 4.5);
    expect(title()).toBe('⚠️ $4.50 of $5.00');
    harness.sandbox.account.keys.splice(0);
    await job(push(), COMMENTED, 0.2);
    const { main: last } = await job(push(), COMMENTED);
    expect(last.log).toContain('Spent $0.20 of $5.00.');
    expect(title()).toBe('$0.20 of $5.00');
    expect(body()).toContain(
      '<p>1 deleted key: at least $4.50, not counted in the $5.00. In total: at least $4.70.</p>\n' +
        '<p>Someone deleted a key; what it spent last is unknown.</p>',
    );
  });

  test('shows what the pull request has cost in total, also while it is open again', async () => {
    const total = () => /In total: (.*)\./.exec(body())?.[1];
    const states: unknown[] = [];
    await job(open(), COMMENTED, 0.75);
    states.push([title(), total()]);
    const [closed] = closePull(gitHub.server.github, gitHub.repository, 1);
    await post(closed, await main(closed, COMMENTED), COMMENTED);
    states.push([title(), total()]);
    const [reopened] = reopenPull(gitHub.server.github, gitHub.repository, 1);
    await job(reopened, COMMENTED, 0.14);
    states.push([title(), total()]);
    expect(body()).toContain(
      '<p>1 earlier workspace: $0.75, not counted in the $5.00. In total: $0.89.</p>',
    );
    const [again] = closePull(gitHub.server.github, gitHub.repository, 1);
    await post(again, await main(again, COMMENTED), COMMENTED);
    states.push([title(), total()]);
    expect(states).toEqual([
      ['$0.75 of $5.00', undefined],
      ['$0.75 spent, deleted', undefined],
      ['$0.14 of $5.00', '$0.89'],
      ['$0.89 spent, deleted', undefined],
    ]);
  });
});

describe('a dry run', () => {
  const DRY = { ...CAPPED, 'dry-run': 'true' };

  test('says what a key could spend, before and after the workspace exists', async () => {
    const before = await main(open(), DRY);
    expect(before.log).toContain('Spent $0.00 of $2.50. The API key can spend $1.00.');
    await job(push(), CAPPED, 0.7);
    add(1);
    const step = await main(push(), DRY);
    expect(step.log).toContain('The API key can spend $0.80, less than limit-usd, $1.00.');
    expect(step.summary).toContain('<p>⚠️ Spent $0.70 of $2.50.');
    expect(step.openRouterCalls).toEqual(['GET /workspaces/:id', 'GET /keys']);
  });

  test('fails where the real run would', async () => {
    await job(open(), CAPPED);
    const key = add(2.5);
    expect(failureOf(await main(push(), DRY)).code).toBe('preview-limit-reached');
    Object.assign(key, { limit: null });
    expect(failureOf(await main(push(), DRY)).code).toBe('key-not-capped');
  });

  test('counts the key that a deployment would replace with what it has spent', async () => {
    await job(open(), { ...DEPLOYED, 'limit-usd': '2.5' }, 1);
    const step = await main(push(), { ...DEPLOYED, ...DRY, 'limit-usd': '2.5' });
    expect(step.log).toContain('The API key can spend $1.50');
  });
});

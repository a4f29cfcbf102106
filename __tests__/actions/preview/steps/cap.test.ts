import { describe, expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../../sandbox/github/events.ts';
import { openPull, pushTo } from '../../../../sandbox/github/people.ts';
import type { Key } from '../../../../sandbox/openrouter/resources/keys.ts';
import { COUNTER_DELAY } from '../../../../sandbox/openrouter/resources/usage.ts';
import type { Workspace } from '../../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedUsage } from '../../../../sandbox/openrouter/seed.ts';
import { expectFailure } from '../../../support/harness.ts';
import { onNth } from '../../../support/on-nth.ts';
import { openPreviewHarness, type PreviewStep } from '../../../support/preview-harness.ts';

const { harness, gitHub, main, post, job, keyOf, letPass } = openPreviewHarness({
  counterDelay: COUNTER_DELAY,
});

const CAPPED = { 'preview-limit-usd': '2.5', comment: 'false' };
const DEPLOYED = { ...CAPPED, key: 'preview' };
const MINUTE = 60_000;
/** After that long, a key that has ended has settled. */
const SETTLED = 3 * MINUTE;

const open = () => openPull(gitHub.server.github, gitHub.repository)[0];
function push(): GitHubEvent {
  const [, synchronized] = pushTo(gitHub.server.github, gitHub.repository, 'feature');
  return synchronized as GitHubEvent;
}
const account = () => harness.sandbox.account;
const now = () => account().now().getTime();
const workspace = () => account().workspaces[1] as Workspace;
const add = (limit: number | null, name = 'By hand') =>
  seedKey(harness.sandbox, workspace(), { name, limit });
const end = (key: Key) =>
  Object.assign(key, { disabled: true, updated_at: account().now().toISOString() });
const limits = () =>
  account().keys.map(({ name, limit, disabled }) => {
    if (name.endsWith(' unused')) return 'unused';
    return disabled ? `disabled, ${limit}` : limit;
  });
const failureOf = (step: PreviewStep) => expectFailure(step, step.outputs);

/** Runs a main step; also returns how long it takes, in milliseconds. */
async function timed(running: () => Promise<PreviewStep>) {
  const start = now();
  const step = await running();
  return { step, ms: now() - start };
}

const WAITS =
  /^(?:Waiting|A real run would wait) for up to (.*) of preview-limit-usd, until .* UTC at the latest: (.*) ended a moment ago, and OpenRouter counts late what .*\.$/m;

describe('a cap for all keys of a preview', () => {
  test('is what all its jobs can spend together, however late that is counted', async () => {
    const first = await job(open(), CAPPED, 1);
    expect(first.main.openRouterCalls.slice(-5)).toEqual([
      'GET /keys',
      'GET /keys',
      'POST /keys',
      'GET /keys',
      'GET /workspaces/:id',
    ]);
    expect(keyOf(first.main)).toMatchObject({ limit: 1 });
    await job(push(), CAPPED, 1);
    const { step, ms } = await timed(() => main(push(), CAPPED));
    expect(failureOf(step)).toEqual({
      code: 'preview-limit-reached',
      title: 'preview-limit-usd has no room for another API key: $2.00 of $2.50 spent',
      message: expect.anything(),
      lines: [
        'To go on, raise preview-limit-usd and push: running this again repeats the old value.',
        'If this check is required, it stays red until then.',
        'The job has no API key.',
        '2 API keys; limit-usd is $1.00.',
      ],
    });
    // Once the counters show that there will be no room.
    expect(ms).toBeGreaterThanOrEqual(COUNTER_DELAY.from);
    expect(ms).toBeLessThan(SETTLED);
    expect(step.openRouterCalls).not.toContain('POST /keys');
    const higher = await main(push(), { ...CAPPED, 'preview-limit-usd': '3' });
    expect(keyOf(higher)).toMatchObject({ limit: 1 });
  });

  test('counts what keys may still spend, and says whose they are', async () => {
    await main(open(), { ...CAPPED, 'limit-usd': '0.5' });
    await main(push(), { ...DEPLOYED, 'limit-usd': '0.5' });
    add(1, 'Mine');
    const { title, lines } = failureOf(await main(push(), CAPPED));
    expect(title).toBe(
      'preview-limit-usd has no room for another API key: $0.00 of $2.50 spent, $0.50 held by keys of jobs, $0.50 held by the deployment, $1.00 held by API keys made by hand',
    );
    expect(lines).toEqual([
      expect.stringMatching(
        /^Run this again once the runs of these keys have ended\. .* end-key is missing or has failed, .*:$/,
      ),
      expect.stringMatching(/^"octo-org\/shop \/ Preview \/ .* \/ test #\w{6}" \(sk-or-v1-/),
      expect.stringMatching(/^The key of a deployment counts with its whole limit until .*:$/),
      expect.stringMatching(/^"octo-org\/shop#1 \/ Preview \/ test #\w{6}" \(sk-or-v1-/),
      'Disable those of the API keys made by hand that nothing uses. Three minutes later, each counts with what it has spent. Do not delete them, and do not change their limits:',
      expect.stringMatching(/^"Mine" \(sk-or-v1-/),
      'Or raise preview-limit-usd, and push.',
      'If this check is required, it stays red until then.',
      'The job has no API key.',
      '3 API keys; limit-usd is $1.00.',
    ]);
  });

  test('is named when a key has used up its limit', async () => {
    const event = open();
    const step = await main(event, CAPPED);
    seedUsage(harness.sandbox, keyOf(step), { credits: 1 });
    letPass(MINUTE);
    const ended = await post(event, step, CAPPED);
    expect(ended.log).toContain('If more is needed, raise limit-usd.');
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
    ['limit-usd must not be above preview-limit-usd', { 'limit-usd': '2.50000001' }],
    [
      'limit-usd must not be above half of preview-limit-usd with key: preview',
      { key: 'preview', 'limit-usd': '1.25000001' },
    ],
  ])('is rejected: %s, with %j', async (message, inputs) => {
    const { code, lines } = expectFailure(await main(open(), { ...CAPPED, ...inputs }));
    expect({ code, line: lines[0] }).toEqual({
      code: 'invalid-inputs',
      line: expect.stringContaining(message),
    });
  });

  test.each([
    ['job', '2.5'],
    ['preview', '1.25'],
  ])('has room for the largest limit with key: %s, %s USD', async (key, limit) => {
    const inputs = { ...CAPPED, key, 'limit-usd': limit };
    await job(open(), inputs, 0);
    const { post: second } = await job(push(), inputs, 0);
    expect(second.exitCode).toBe(0);
  });
});

describe('a step that has no room until ended keys have settled', () => {
  const FULL = { ...CAPPED, 'limit-usd': '2.5' };

  test('says for what and until when it waits, lists again, and gets its whole limit', async () => {
    await job(open(), CAPPED, 0.7);
    await job(push(), CAPPED, 0.3);
    const { step, ms } = await timed(() => main(push(), CAPPED));
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(WAITS.exec(step.log)?.slice(1)).toEqual(['$2.00', '2 API keys']);
    expect(step.log.match(/Waiting for/g)).toHaveLength(1);
    const lists = step.openRouterCalls.filter((call) => call === 'GET /keys');
    expect(lists.length).toBeGreaterThan(SETTLED / 10_000);
    expect([keyOf(step)['limit'], Math.round(ms / MINUTE)]).toEqual([1, 3]);
  });

  test('waits longer than its timeout, which stands still meanwhile', async () => {
    await job(open(), FULL, 0);
    const { step, ms } = await timed(() => main(push(), { ...FULL, timeout: '10s' }));
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(ms).toBeGreaterThanOrEqual(SETTLED);
  });

  test('fails as soon as there can be none, and says who has the rest', async () => {
    await job(open(), FULL, 0);
    // Another job gets the room while this one waits.
    onNth(harness.sandbox, 'GET /keys', 5, () => add(2.5));
    const { step, ms } = await timed(() => main(push(), FULL));
    const { code, title } = failureOf(step);
    expect(code).toBe('preview-limit-reached');
    expect(title).toContain('$2.50 held by API keys made by hand');
    expect(ms).toBeLessThanOrEqual(MINUTE);
  });

  test('fails after six minutes at most, and says that keys have just ended', async () => {
    await job(open(), FULL, 0);
    for (const list of [10, 20]) onNth(harness.sandbox, 'GET /keys', list, () => end(add(2.5)));
    const { step, ms } = await timed(() => main(push(), FULL));
    const { code, title, lines } = failureOf(step);
    expect(code).toBe('preview-limit-reached');
    expect(title).toContain('held by API keys that ended a moment ago');
    expect(lines[0]).toBe(
      'OpenRouter counts late what these keys have spent. Run this again in three minutes:',
    );
    expect(ms).toBeGreaterThan(4 * MINUTE);
    expect(ms).toBeLessThanOrEqual(6 * MINUTE);
  });
});

describe('a key of another job that is created at the same time', () => {
  /** Creates a key when a step has listed the keys, and before it creates its own. */
  const beforePost = (limit: number) =>
    onNth(harness.sandbox, 'GET /keys', 2, () => {
      // Within the same millisecond, the hash would decide which of them is later.
      add(limit).created_at = '2026-01-01T00:00:00.000Z';
    });
  const patches = () =>
    harness.sandbox.requests.flatMap(({ method, body }) =>
      method === 'PATCH' ? [JSON.parse(body)] : [],
    );

  test('has the younger give way in one PATCH, which marks it, and fail if it holds the rest', async () => {
    beforePost(2);
    const event = open();
    const step = await main(event, CAPPED);
    expect(patches()).toEqual([{ disabled: true, name: expect.stringMatching(/ #\w{6} unused$/) }]);
    expect(failureOf(step)).toMatchObject({
      code: 'preview-limit-reached',
      title: expect.stringContaining('$2.00 held by API keys made by hand'),
    });
    expect(step.outputs).not.toHaveProperty('key');
    expect(limits()).toEqual(['unused', 2]);
    const ended = await post(event, step, CAPPED);
    expect(ended.openRouterCalls).not.toContain('PATCH /keys/:hash');
  });

  test('has the younger give way, wait until it has settled, and try again', async () => {
    beforePost(2);
    onNth(harness.sandbox, 'PATCH /keys/:hash', 1, () => end(account().keys[1] as Key));
    const { step, ms } = await timed(() => main(open(), CAPPED));
    expect(step).toMatchObject({ exitCode: 0, annotations: [] });
    expect(WAITS.exec(step.log)?.slice(1)).toEqual(['$2.00', '1 API key']);
    expect(ms).toBeGreaterThanOrEqual(SETTLED);
    expect(limits()).toEqual([1, 'unused', 'disabled, 2']);
    expect(keyOf(step)).toMatchObject({ limit: 1, disabled: false });
  });

  test('has the younger fail at once if the response of one of its POSTs was lost', async () => {
    harness.sandbox.faults.push({ on: 'POST /keys', kind: 'reset' });
    onNth(harness.sandbox, 'POST /keys', 2, () => {
      add(2).created_at = '2026-01-01T00:00:00.000Z';
    });
    const { step, ms } = await timed(() => main(open(), CAPPED));
    expect(failureOf(step).code).toBe('preview-limit-reached');
    expect(step.openRouterCalls.filter((call) => call === 'POST /keys')).toHaveLength(2);
    expect(ms).toBeLessThan(MINUTE);
  });

  /** Has the next requests fail that disable a key, from the POST on. */
  const failToDisable = (count: number, how: { status: number; body?: string }) => {
    const fault = { on: 'PATCH /keys/:hash', kind: 'response', ...how } as const;
    onNth(harness.sandbox, 'POST /keys', 1, () =>
      harness.sandbox.faults.push(...Array(count).fill(fault)),
    );
  };
  const MISSING = { status: 404, body: '{}' };

  test.each([
    ['is rejected', 1, { status: 403 }, 'forbidden'],
    ['finds no key', 99, MISSING, 'created-key-missing'],
  ])(
    'has no secret given out if the PATCH of the younger %s: its post step ends it',
    async (_, count, how, code) => {
      beforePost(2.5);
      failToDisable(count, how);
      const event = open();
      const step = await main(event, CAPPED);
      harness.sandbox.faults.splice(0);
      expect(failureOf(step).code).toBe(code);
      expect(step.outputs).not.toHaveProperty('key');
      expect(limits()[0]).toBe(1);
      expect((await post(event, step, CAPPED)).exitCode).toBe(0);
      expect(limits()[0]).toBe('disabled, 1');
    },
  );

  test('has the younger give way also if its PATCH finds no key for a moment', async () => {
    beforePost(2.5);
    failToDisable(2, MISSING);
    const step = await main(open(), CAPPED);
    expect(failureOf(step).code).toBe('preview-limit-reached');
    expect(limits()[0]).toBe('unused');
  });

  test('without a limit has no secret given out', async () => {
    onNth(harness.sandbox, 'POST /keys', 1, () => add(null));
    const step = await main(open(), CAPPED);
    expect(failureOf(step).code).toBe('key-not-capped');
    expect(step.outputs).not.toHaveProperty('key');
  });

  test.each([
    ['list', 'GET /keys', 'forbidden'],
    ['lookup of the workspace', 'GET /workspaces/:id', 'forbidden'],
  ])('has no secret given out if the %s after the POST fails', async (_, on, code) => {
    const fault = { on, kind: 'response', status: 403 } as const;
    onNth(harness.sandbox, 'POST /keys', 1, () => harness.sandbox.faults.push(fault));
    const event = open();
    const step = await main(event, CAPPED);
    expect(failureOf(step).code).toBe(code);
    expect(step.outputs).not.toHaveProperty('key');
    expect((await post(event, step, CAPPED)).exitCode).toBe(0);
    expect(limits()).toEqual(['disabled, 1']);
  });
});

describe('a key that cannot be capped', () => {
  test.each([
    ['has no limit', { limit: null }, {}, true],
    ['has a limit that resets', { limit_reset: 'daily' }, {}, true],
    [
      'has a limit without usage of your own provider keys',
      {},
      { 'include-byok-in-limit': 'true' },
      true,
    ],
    ['has a limit or counter that could not be read', { limit: 'much' }, {}, false],
  ])(
    'is named if it %s, and holds all of the cap until it has settled',
    async (problem, fields, inputs, isKnown) => {
      await job(open(), CAPPED);
      const key = Object.assign(add(1, 'Mine'), fields);
      const step = await main(push(), { ...CAPPED, ...inputs });
      const advice = [
        'Disable this key: https://openrouter.ai/workspaces/preview-shop-1',
        `"Mine" (${key.label})`,
      ];
      const { code, title, lines } = failureOf(step);
      expect(code).toBe('key-not-capped');
      expect(title).toBe(`preview-limit-usd cannot be guaranteed: the API key "Mine" ${problem}`);
      expect(lines.slice(0, isKnown ? 2 : 1)).toEqual(isKnown ? advice : ['Run this again.']);
      expect(lines.join()).not.toContain('Set a limit');
      expect(lines).toContain('Nothing was changed at OpenRouter.');
      end(key);
      const { step: next, ms } = await timed(() => main(push(), { ...CAPPED, ...inputs }));
      expect(next.exitCode).toBe(0);
      expect(ms).toBeGreaterThanOrEqual(SETTLED);
    },
  );
});

describe('a deployed key', () => {
  test('lives until a later one has succeeded, which needs room for both', async () => {
    const first = await job(open(), DEPLOYED, 0.5);
    const { main: second } = await job(push(), DEPLOYED);
    expect([keyOf(first.main), keyOf(second)].map(({ disabled }) => disabled)).toEqual([
      true,
      false,
    ]);
    const { step, ms } = await timed(() => main(push(), DEPLOYED));
    expect(step.exitCode).toBe(0);
    expect(WAITS.exec(step.log)?.slice(1)).toEqual(['$1.00', '1 API key']);
    expect(ms).toBeGreaterThanOrEqual(SETTLED - 5_000);
  });

  test.each(['failure', 'cancelled'])(
    'is disabled if its job has the status %s, and the former deployment keeps its own',
    async (status) => {
      const first = await job(open(), DEPLOYED);
      const event = push();
      const step = await main(event, DEPLOYED);
      const ended = await post(event, step, { ...DEPLOYED, 'job-status': status });
      expect(ended).toMatchObject({ exitCode: 0, annotations: [] });
      expect([keyOf(first.main), keyOf(step)].map(({ disabled }) => disabled)).toEqual([
        false,
        true,
      ]);
    },
  );
});

describe('the comment', () => {
  const body = () => gitHub.repository.comments.now()[0]?.body ?? '';
  const title = () => /<h3>OpenRouter preview: (.*)<\/h3>/.exec(body())?.[1];
  const COMMENTED = { 'preview-limit-usd': '5', 'limit-usd': '5' };

  test('shows the cap of the last run that had one', async () => {
    await job(open(), { ...CAPPED, comment: 'true' }, 0.5);
    letPass(MINUTE);
    await job(push(), { comment: 'true' }, 0.25);
    expect(title()).toBe('$0.50 of $2.50 spent so far');
    letPass(MINUTE);
    await job(push(), { ...CAPPED, 'preview-limit-usd': '4', comment: 'true' });
    expect(title()).toBe('$0.75 of $4.00 spent so far');
  });

  test('shows none if it counts usage with your own provider keys, which the comment does not', async () => {
    const inputs = { ...CAPPED, comment: 'true', 'include-byok-in-limit': 'true' };
    const event = open();
    const step = await main(event, inputs);
    seedUsage(harness.sandbox, keyOf(step), { credits: 0.25, byok: 0.5 });
    letPass(MINUTE);
    await post(event, step, inputs);
    expect(title()).toBe('$0.25 spent so far');
  });

  test('is also written by a run that got no key', async () => {
    await main(open(), COMMENTED);
    const event = push();
    const failed = await main(event, COMMENTED);
    expect(failed.exitCode).toBe(1);
    await post(event, failed, COMMENTED);
    expect(title()).toBe('nothing counted so far');
  });

  test('warns if the cap has no room for another key', async () => {
    await job(open(), COMMENTED, 4.5);
    letPass(MINUTE);
    await job(push(), { ...COMMENTED, 'limit-usd': '0.4' });
    expect(title()).toBe('⚠️ $4.50 of $5.00 spent so far');
    expect(body()).toContain('<p>⚠️ preview-limit-usd is $5.00: new jobs may get no key, and fail.');
  });
});

describe('a dry run', () => {
  const DRY = { ...CAPPED, 'dry-run': 'true' };

  test('succeeds if there is room, and only says that a real run would wait', async () => {
    expect((await main(open(), DRY)).exitCode).toBe(0);
    await job(push(), CAPPED, 0.7);
    expect((await main(push(), DRY)).log).not.toContain('wait for');
    await job(push(), CAPPED, 0.7);
    const { step, ms } = await timed(() => main(push(), DRY));
    expect(step.exitCode).toBe(0);
    expect(WAITS.exec(step.log)?.slice(1)).toEqual(['$2.00', '2 API keys']);
    expect(step.openRouterCalls).toEqual(['GET /workspaces/:id', 'GET /keys']);
    expect(ms).toBeLessThan(1_000);
  });

  test('fails where the real run would', async () => {
    await job(open(), CAPPED);
    const key = add(2.5);
    expect(failureOf(await main(push(), DRY)).code).toBe('preview-limit-reached');
    Object.assign(key, { limit: null });
    expect(failureOf(await main(push(), DRY)).code).toBe('key-not-capped');
  });
});

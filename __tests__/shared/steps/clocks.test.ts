import { beforeEach, describe, expect, test } from '@jest/globals';
import { scheduleEvent } from '../../../sandbox/github/events.ts';
import { closePull, openPull, pushTo } from '../../../sandbox/github/people.ts';
import type { Workspace } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { seedKey, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { expectFailure } from '../../support/harness.ts';
import { onNth } from '../../support/on-nth.ts';
import { openPreviewHarness } from '../../support/preview-harness.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const SLUG = 'preview-42';

interface Clock {
  /** How far OpenRouter's clock is ahead of the runner's, in milliseconds. */
  skew: number;
  /** Whether responses have the time of that clock. */
  hasDate?: boolean;
}

let clock: Clock = { skew: 0 };
const now = () => new Date(Date.now() + clock.skew);
const { harness, gitHub, main, job, keyOf } = openPreviewHarness({ now });

beforeEach(() => {
  harness.sandbox.account.headers = () =>
    clock.hasDate === false ? {} : { date: now().toUTCString() };
});

describe('sweep deletes what is older than older-than by both clocks', () => {
  const slugs = () => harness.sandbox.account.workspaces.slice(1).map(({ slug }) => slug);

  test.each<[string, Clock, kept: string[], reason: string]>([
    ["OpenRouter's is an hour ahead", { skew: HOUR }, ['pr-young'], 'only 1 d 23 h old'],
    ["OpenRouter's is an hour behind", { skew: -HOUR }, ['pr-young'], 'only 1 d 23 h old'],
    ["OpenRouter's is ten years ahead", { skew: 3650 * DAY }, ['pr-young'], 'only 1 d 23 h old'],
    [
      'responses have no Date',
      { skew: 0, hasDate: false },
      ['pr-young', 'pr-old'],
      'its age is unknown',
    ],
  ])('if %s', async (_, conditions, kept, reason) => {
    clock = conditions;
    const seed = (slug: string, age: number) =>
      seedWorkspace(harness.sandbox, { slug, age: age + MINUTE + Math.max(clock.skew, 0) });
    seed('pr-old', 2 * DAY);
    seed('pr-young', 2 * DAY - HOUR);
    const step = await harness.run('sweep', { 'slug-pattern': 'pr-*', 'older-than': '2d' });
    expect(step.exitCode).toBe(0);
    expect(step.annotations.filter(({ level }) => level !== 'notice')).toEqual([]);
    expect(slugs().sort()).toEqual(kept.sort());
    expect(JSON.parse(step.outputs['kept'] ?? '')).toContainEqual(
      expect.objectContaining({ slug: 'pr-young', reason }),
    );
  });
});

describe('whether an API key counts with its limit under preview-limit-usd', () => {
  const INPUTS = { 'preview-limit-usd': '1.5', comment: 'false' };

  test.each<[string, Clock, expired: number, hasRoom: boolean]>([
    ['one that has expired by both clocks does not', { skew: HOUR }, MINUTE, true],
    ["one that has expired by OpenRouter's clock alone does not", { skew: HOUR }, -MINUTE, true],
    ["one that has expired by the runner's clock alone does", { skew: -HOUR }, -MINUTE, false],
    ['without Date, one that expired long ago does', { skew: 0, hasDate: false }, DAY, false],
  ])('%s', async (_, conditions, expired, hasRoom) => {
    clock = conditions;
    const [opened] = openPull(gitHub.server.github, gitHub.repository);
    await job(opened, INPUTS);
    const [, workspace] = harness.sandbox.account.workspaces as [Workspace, Workspace];
    const earlier = Date.now() + Math.min(clock.skew, 0);
    const expires_at = new Date(earlier - expired).toISOString();
    seedKey(harness.sandbox, workspace, { name: 'By hand', limit: 1, expires_at });
    const [, pushed] = pushTo(gitHub.server.github, gitHub.repository, 'feature');
    const step = await main(pushed as NonNullable<typeof pushed>, INPUTS);
    if (hasRoom) expect(keyOf(step)).toMatchObject({ limit: 1 });
    else expect(expectFailure(step, step.outputs).code).toBe('preview-limit-reached');
  });
});

describe('whether an API key that is left can spend is decided by OpenRouter alone', () => {
  const REJECTED = { kind: 'response', status: 403 } as const;

  function seedExpiring(workspace: Workspace, inMs: number): void {
    const expires_at = new Date(now().getTime() + inMs).toISOString();
    seedKey(harness.sandbox, workspace, { name: 'Left', limit: 1, expires_at });
  }

  const CASES: [string, Clock, expiresIn: number, state: 'works' | 'expired'][] = [
    ['works for hours if the runner is eight hours fast', { skew: -8 * HOUR }, 5 * HOUR, 'works'],
    ['has expired if the runner is eight hours slow', { skew: 8 * HOUR }, -5 * HOUR, 'expired'],
    ['is not known to have expired without Date', { skew: 0, hasDate: false }, -DAY, 'works'],
  ];

  test.each(CASES)('in a workspace that delete keeps: it %s', async (...row) => {
    const [, conditions, expiresIn, state] = row;
    clock = conditions;
    seedExpiring(seedWorkspace(harness.sandbox, { slug: SLUG }), expiresIn);
    for (const inputs of [{}, { 'dry-run': 'true' }]) {
      const step = await harness.run('delete', { workspace: SLUG, ...inputs });
      expect(expectFailure(step, step.outputs).message).toMatch(
        new RegExp(`^"Left" .*: ${state}$`, 'm'),
      );
    }
  });

  test.each(CASES)('in a workspace that delete or sweep fails to delete: it %s', async (...row) => {
    const [, conditions, expiresIn, state] = row;
    clock = conditions;
    const workspace = seedWorkspace(harness.sandbox, { slug: SLUG, age: 2 * DAY });
    seedExpiring(workspace, expiresIn);
    harness.sandbox.faults.push(...Array(2).fill({ on: 'DELETE /keys/:hash', ...REJECTED }));
    const keys = { 'delete-keys': 'true' };
    const deleted = await harness.run('delete', { workspace: SLUG, ...keys });
    expect(expectFailure(deleted, deleted.outputs).message).toContain(
      state === 'works'
        ? 'Still able to spend: 1 API key, $1.00 at most: "Left"'
        : 'None of its API keys works.',
    );
    if (conditions.hasDate === false) return;
    const swept = await harness.run('sweep', { 'slug-pattern': SLUG, 'older-than': '1d', ...keys });
    expect(expectFailure(swept, swept.outputs).message).toContain(
      state === 'works'
        ? 'Still able to spend: 1 API key, $1.00 at most: "Left"'
        : 'None of its API keys works.',
    );
  });

  test.each(CASES)('in a preview that is not deleted: it %s', async (...row) => {
    const [, conditions, expiresIn, state] = row;
    clock = conditions;
    const { github, faults } = gitHub.server;
    await job(openPull(github, gitHub.repository)[0]);
    const [, workspace] = harness.sandbox.account.workspaces as [Workspace, Workspace];
    seedExpiring(workspace, expiresIn);
    const [closed] = closePull(github, gitHub.repository, 1);
    for (const event of [closed, scheduleEvent(github, gitHub.repository)]) {
      if (state !== 'works') {
        expect((await main(event, { comment: 'false' })).openRouterCalls.join()).not.toContain(
          'PATCH',
        );
        continue;
      }
      onNth(harness.sandbox, 'GET /keys', 1, () => faults.push(...Array(99).fill(REJECTED)));
      const step = await main(event, { comment: 'false' });
      faults.splice(0);
      expect(expectFailure(step, step.outputs).message).toContain(
        'Still able to spend: 1 API key, ',
      );
    }
  });
});

describe('the figures of usage are incomplete if both clocks differ by over a day', () => {
  test.each([
    [-DAY - HOUR, 'false'],
    [-DAY + HOUR, 'true'],
    [DAY - HOUR, 'true'],
    [DAY + HOUR, 'false'],
  ])('by %i ms: complete is %s', async (skew, complete) => {
    clock = { skew };
    seedWorkspace(harness.sandbox, { slug: SLUG, age: 3 * DAY });
    const step = await harness.run('usage', { workspace: SLUG, 'fail-if-incomplete': 'true' });
    expect(step.outputs['complete']).toBe(complete);
    if (complete === 'true') expect(step.exitCode).toBe(0);
    else expect(expectFailure(step, step.outputs).code).toBe('figures-incomplete');
  });
});

describe('a key step', () => {
  const run = (inputs: Record<string, string> = {}) =>
    harness.run('key', { workspace: SLUG, 'expires-in': '1h', ...inputs });

  test.each<[string, Clock, string]>([
    ['two and a half minutes fast', { skew: -2.5 * MINUTE, hasDate: false }, '1 h 2 min'],
    ['two hours slow', { skew: 2 * HOUR, hasDate: false }, '0 s'],
  ])(
    'without Date fails, and revokes the key, if the runner is %s',
    async (_, conditions, lifetime) => {
      clock = conditions;
      seedWorkspace(harness.sandbox, { slug: SLUG });
      const { code, lines } = expectFailure(await run());
      expect(code).toBe('key-looser');
      expect(lines).toContain(`lifetime: "1 h" → "${lifetime}"`);
      expect(harness.sandbox.account.keys).toEqual([]);
    },
  );

  test.each<[string, Clock, Record<string, string>]>([
    ['by less than a minute', { skew: -MINUTE / 2, hasDate: false }, {}],
    ['because Date decides', { skew: -365 * DAY }, {}],
    [
      'because the key never expires',
      { skew: -2 * MINUTE, hasDate: false },
      { 'expires-in': 'never' },
    ],
  ])('succeeds although the runner is fast, %s', async (_, conditions, inputs) => {
    clock = conditions;
    seedWorkspace(harness.sandbox, { slug: SLUG });
    const step = await run(inputs);
    expect([step.exitCode, step.annotations]).toEqual([0, []]);
    expect(harness.sandbox.account.keys).toHaveLength(1);
  });
});

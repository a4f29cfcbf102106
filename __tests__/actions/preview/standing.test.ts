import { describe, expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../sandbox/github/events.ts';
import { closePull, deleteBranch, openPull, pushTo } from '../../../sandbox/github/people.ts';
import { cleanUpJob, requestOf, runJob, wait } from '../../support/preview-jobs.ts';
import { openWorld, type World } from '../../support/preview-world.ts';

const open = (lags: number[] = []) =>
  openWorld({ takenSlugStatus: 409, skew: 0, lags, squatter: undefined });

/** Runs a job for an event. Returns what it found, whether it has a key, and how often it read the subject. */
async function run(
  world: World,
  { name, payload }: GitHubEvent,
  keyMode: 'none' | 'job' | 'preview' = 'none',
) {
  const facts = { event: name, payload, pullRequest: undefined };
  const request = requestOf(facts, { keyMode, name: '17.1' });
  const job = { ...cleanUpJob(), request };
  await world.simulation.clock.run(runJob(world, job));
  const looks = job.main?.sent.filter(({ look }) => look) ?? [];
  return { state: job.main?.result?.state, looks: looks.length, hasKey: job.key !== undefined };
}

test('a branch that was pushed and is not visible yet is read again until it is', async () => {
  const world = open([5_000]);
  const [pushed] = pushTo(world.github, world.repository, 'feature/x');
  expect(await run(world, pushed)).toMatchObject({ state: 'open' });
});

test('a branch that was pushed and then deleted is gone after four readings', async () => {
  const world = open();
  const [pushed] = pushTo(world.github, world.repository, 'feature/x');
  deleteBranch(world.github, world.repository, 'feature/x');
  expect(await run(world, pushed)).toMatchObject({ state: 'closed', looks: 4 * 3 });
});

test('a branch that was deleted is gone after one reading', async () => {
  const world = open();
  pushTo(world.github, world.repository, 'feature/x');
  for (const event of deleteBranch(world.github, world.repository, 'feature/x')) {
    expect(await run(world, event)).toMatchObject({ state: 'closed', looks: 3 });
  }
});

/** A pull request and its branch with two commits, and the events of both. */
function pushTwice(world: World) {
  const { github, repository } = world;
  const events = {
    pull: openPull(github, repository)[0],
    branch: pushTo(github, repository, 'x')[0],
  };
  return async () => {
    await wait(world, 60_000);
    const [, pull] = pushTo(github, repository, 'feature');
    const [branch] = pushTo(github, repository, 'x');
    return { older: events, newer: { pull: pull as GitHubEvent, branch } };
  };
}

describe.each(['pull', 'branch'] as const)('a deployment of a %s', (subject) => {
  test('of its newest commit has a key, also if GitHub shows the commit late', async () => {
    const world = open([]);
    const { newer } = await world.simulation.clock.run(pushTwice(world)());
    world.lags.push(3_000);
    expect(await run(world, newer[subject], 'preview')).toMatchObject({
      state: 'open',
      hasKey: true,
    });
  });

  test.each([
    ['is read four times and has no key', 'preview', 4, false],
    ['that only uses the key itself is read once and has one', 'job', 1, true],
  ] as const)('of an older commit %s', async (_, keyMode, looks, hasKey) => {
    const world = open([]);
    const { older } = await world.simulation.clock.run(pushTwice(world)());
    expect(await run(world, older[subject], keyMode)).toEqual({ state: 'open', looks, hasKey });
  });
});

test('a pull request that was seen closed is not taken for open again from an older response', async () => {
  const world = open([]);
  const { github, repository } = world;
  const { older } = await world.simulation.clock.run(pushTwice(world)());
  closePull(github, repository, 1);
  world.lags.push(0, 30_000);
  expect(await run(world, older.pull, 'preview')).toMatchObject({ state: 'closed' });
});

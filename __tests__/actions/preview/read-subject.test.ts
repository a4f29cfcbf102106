import { expect, test } from '@jest/globals';
import type { GitHubEvent } from '../../../sandbox/github/events.ts';
import { deleteBranch, pushTo } from '../../../sandbox/github/people.ts';
import { cleanUpJob, requestOf, runJob } from '../../support/preview-simulation.ts';
import { openWorld, type World } from '../../support/preview-world.ts';

const open = (lags: number[] = []) =>
  openWorld({ takenSlugStatus: 409, skew: 0, lags, squatter: undefined });

/** Runs a job for an event of a branch. Returns what it found, and how often it read the branch. */
async function run(world: World, { name, payload }: GitHubEvent) {
  const run = { event: name, payload, pullRequest: undefined };
  const request = requestOf(run, { keyMode: 'none', name: '17.1' });
  const job = { ...cleanUpJob(), request };
  await world.simulation.clock.run(runJob(world, job));
  const looks = job.main?.sent.filter(({ look }) => look) ?? [];
  return { state: job.main?.result?.state, looks: looks.length };
}

test('a branch that was pushed and is not visible yet is read again until it is', async () => {
  const world = open([5_000]);
  const [pushed] = pushTo(world.github, world.repository, 'feature/x');
  expect(await run(world, pushed)).toMatchObject({ state: 'open' });
});

test('a branch that a run has seen, and that is not visible for a moment, is read again', async () => {
  const world = open([0, ...Array(4).fill(5_000), 0]);
  const [pushed] = pushTo(world.github, world.repository, 'feature/x');
  expect(await run(world, pushed)).toEqual({ state: 'open', looks: 5 });
});

test('a branch that was pushed and then deleted is gone after four readings', async () => {
  const world = open();
  const [pushed] = pushTo(world.github, world.repository, 'feature/x');
  deleteBranch(world.github, world.repository, 'feature/x');
  expect(await run(world, pushed)).toEqual({ state: 'closed', looks: 4 * 3 });
});

test('a branch that was deleted is gone after one reading', async () => {
  const world = open();
  pushTo(world.github, world.repository, 'feature/x');
  for (const event of deleteBranch(world.github, world.repository, 'feature/x')) {
    expect(await run(world, event)).toEqual({ state: 'closed', looks: 3 });
  }
});

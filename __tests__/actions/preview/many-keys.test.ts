import { expect, test } from '@jest/globals';
import { closePull, openPull } from '../../../sandbox/github/people.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { cleanUpJob, type Job, runJob } from '../../support/preview-simulation.ts';
import { markOf, openWorld, type World } from '../../support/preview-world.ts';

function openPreview(count: number) {
  const world = openWorld({ takenSlugStatus: 409, skew: 0, lags: [0], squatter: undefined });
  const { simulation, github, repository } = world;
  openPull(github, repository, { number: 1 });
  const description = markOf({ kind: 'pull', number: 1 }, world);
  const workspace = seedWorkspace(simulation, { slug: 'preview-shop-1', description });
  const ended = { disabled: true, updated_at: '2025-12-31T00:00:00.000Z' };
  const key = { ...seedKey(simulation, workspace), ...ended };
  const { keys } = simulation.account;
  const hashes = Array.from({ length: count }, (_, at) => `${at}`.padStart(64, 'a'));
  keys.splice(0, 1, ...hashes.map((hash) => ({ ...key, hash })));
  seedUsage(simulation, keys[0] as Key, { credits: 1, age: 3_600_000 });
  const countKeys = () => keys.filter(({ workspace_id }) => workspace_id === workspace.id).length;
  return { world, countKeys };
}

/** A clean-up, whose requests and responses take 60 ms each. */
async function runNight(world: World, timeoutMs: number): Promise<Job> {
  const job = cleanUpJob();
  const night = { ...job, request: { ...job.request, timeoutMs } };
  await world.simulation.clock.run(runJob(world, night));
  return night;
}

test('a preview with more API keys than a night has time for is left as it is, and deleted with more time', async () => {
  const { world, countKeys } = openPreview(3_000);
  closePull(world.github, world.repository, 1);
  const first = await runNight(world, 60_000);
  expect(first.main?.result).toMatchObject({
    failure: undefined,
    result: [{ outcome: 'left', reason: 'no time was left' }],
  });
  expect([countKeys(), first.main?.sent.some(({ method }) => method !== 'GET')]).toEqual([
    3_000,
    false,
  ]);
  const second = await runNight(world, 300_000);
  const spent = { amount: toUsd(1), isExact: true };
  expect(second.main?.result).toMatchObject({ result: [{ outcome: 'deleted', spent }] });
  expect(countKeys()).toBe(0);
  const lists = second.main?.sent.filter(({ call }) => call === 'GET /keys').length;
  // Each page begins with the last key of the one before. Before the lock, and after it.
  expect(lists).toBe(2 * Math.ceil(3_000 / 99));
});

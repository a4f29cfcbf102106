import { expect, test } from '@jest/globals';
import { closePull, openPull } from '../../../sandbox/github/people.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { cleanUpJob, runJob } from '../../support/preview-jobs.ts';
import { openWorld } from '../../support/preview-world.ts';

const COUNT = 50;
const TIMEOUT_MS = 60_000;

test('a clean-up deletes 50 previews before its timeout, although each response takes 120 ms', async () => {
  const world = openWorld({ takenSlugStatus: 409, skew: 0, lags: [0], squatter: undefined });
  const { simulation, github, repository } = world;
  for (let number = 1; number <= COUNT; number += 1) {
    openPull(github, repository, { number, branch: `branch-${number}` });
    closePull(github, repository, number);
    const description = `Preview of https://github.com/octo-org/shop/pull/${number} (repository ${repository.id})`;
    seedWorkspace(simulation, { slug: `demo-${number}`, description, keys: 3 });
  }
  const job = cleanUpJob();
  await simulation.clock.run(runJob(world, job));
  expect(job.main?.result).toMatchObject({ state: 'clean-up', failure: undefined });
  expect(simulation.account.workspaces.map(({ slug }) => slug)).not.toContain('demo-50');
  expect(simulation.clock.now()).toBeLessThan(TIMEOUT_MS);
});

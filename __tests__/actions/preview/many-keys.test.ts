import { expect, test } from '@jest/globals';
import { closePull, openPull } from '../../../sandbox/github/people.ts';
import { seedKey, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { cleanUpJob, type Job, requestOf, runJob } from '../../support/preview-jobs.ts';
import { markOf, openWorld } from '../../support/preview-world.ts';

function openPreview(count: number) {
  const world = openWorld({ takenSlugStatus: 409, skew: 0, lags: [0], squatter: undefined });
  const { simulation, github, repository } = world;
  openPull(github, repository, { number: 1 });
  const description = markOf({ kind: 'pull', number: 1 }, world);
  const workspace = seedWorkspace(simulation, { slug: 'preview-shop-1', description });
  const key = { ...seedKey(simulation, workspace), disabled: true };
  const { keys } = simulation.account;
  const hashes = Array.from({ length: count }, (_, at) => `${at}`.padStart(64, 'a'));
  keys.splice(0, 1, ...hashes.map((hash) => ({ ...key, hash })));
  const countKeys = () => keys.filter(({ workspace_id }) => workspace_id === workspace.id).length;
  return { world, workspace, countKeys };
}

/** A job of the pull request, whose requests and responses take 60 ms each. */
function jobWith({ timeoutMs }: { timeoutMs: number }): Job {
  const { plan, ...job } = cleanUpJob();
  const run = { event: 'issue_comment', payload: {}, pullRequest: 1 };
  const request = { ...requestOf(run, { keyMode: 'job', name: '1' }), timeoutMs };
  return { ...job, name: '1', plan: { ...plan, post: { isSent: false } }, request };
}

test('a preview with more API keys than a run has time for is deleted by its next run, and each lists a key once', async () => {
  const { world, countKeys } = openPreview(3_000);
  const { simulation, github, repository } = world;
  closePull(github, repository, 1);
  const [first, second] = [jobWith({ timeoutMs: 20_000 }), jobWith({ timeoutMs: 60_000 })];
  first.plan.post = undefined;
  await simulation.clock.run(runJob(world, first));
  const left = countKeys();
  expect(first.main?.error).toMatchObject({
    code: 'preview-not-deleted',
    details: { keysLeft: { isComplete: false } },
  });
  await simulation.clock.run(runJob(world, second));
  expect(second.main?.result).toMatchObject({ state: 'closed', deletion: { deleted: true } });
  const listsIn = ({ main }: Job) => main?.sent.filter(({ call }) => call === 'GET /keys').length;
  // Each page begins with the last key of the one before.
  expect([listsIn(first), listsIn(second)]).toEqual([21, Math.ceil(left / 99)]);
});

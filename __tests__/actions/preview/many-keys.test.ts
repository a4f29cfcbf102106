import { expect, test } from '@jest/globals';
import { closePull, openPull } from '../../../sandbox/github/people.ts';
import type { Key } from '../../../sandbox/openrouter/resources/keys.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { cleanUpJob, type Job, requestOf, runJob } from '../../support/preview-jobs.ts';
import { markOf, openWorld } from '../../support/preview-world.ts';

function openPreview(count: number) {
  const world = openWorld({ takenSlugStatus: 409, skew: 0, lags: [0], squatter: undefined });
  const { simulation, github, repository } = world;
  openPull(github, repository, { number: 1 });
  const description = markOf({ kind: 'pull', number: 1 }, world);
  const workspace = seedWorkspace(simulation, { slug: 'preview-shop-1', description });
  const settled = { disabled: true, updated_at: '2025-12-31T00:00:00.000Z' };
  const key = { ...seedKey(simulation, workspace), ...settled };
  const { keys } = simulation.account;
  const hashes = Array.from({ length: count }, (_, at) => `${at}`.padStart(64, 'a'));
  keys.splice(0, 1, ...hashes.map((hash) => ({ ...key, hash })));
  // The first one is deleted by the first run.
  seedUsage(simulation, keys[0] as Key, { credits: 1, age: 3_600_000 });
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

test('a preview with more API keys than a run has time for is deleted by its next run, with the bill of the first', async () => {
  const { world, countKeys } = openPreview(3_000);
  const { simulation, github, repository } = world;
  closePull(github, repository, 1);
  const [first, second] = [jobWith({ timeoutMs: 20_000 }), jobWith({ timeoutMs: 60_000 })];
  first.plan.post = undefined;
  await simulation.clock.run(runJob(world, first));
  const left = countKeys();
  expect(left).toBeLessThan(3_000);
  expect(first.main?.error).toMatchObject({ code: 'preview-not-deleted' });
  await simulation.clock.run(runJob(world, second));
  const spent = { amount: toUsd(1), isExact: true };
  expect(second.main?.result).toMatchObject({
    state: 'closed',
    endings: [{ outcome: 'deleted', spent }],
  });
  expect(second.main?.result).toHaveProperty('endings.0.keys.length', left);
  const listsIn = ({ main }: Job) => main?.sent.filter(({ call }) => call === 'GET /keys').length;
  // Each page begins with the last key of the one before.
  const [all, rest] = [3_000, left].map((count) => Math.ceil(count / 99));
  expect(listsIn(second)).toBe(2 * (rest ?? 0));
  // Before the workspace is closed, after that, and before keys are deleted.
  expect(listsIn(first)).toBe(3 * (all ?? 0));
});

import { describe, expect, test } from '@jest/globals';
import { closePull, commentBy, openPull } from '../../../sandbox/github/people.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { formatMarker, NO_DATA, readComment } from '../../../src/actions/preview/comment.ts';
import { exactUsd } from '../../../src/lib/usd.ts';
import { cleanUpJob, type Job, requestOf, runJob } from '../../support/preview-jobs.ts';
import { markOf, openWorld, type World } from '../../support/preview-world.ts';

/** A closed pull request whose workspace has three API keys. Each of them has spent 2 USD. */
function openDeletion() {
  const world = openWorld({ takenSlugStatus: 409, skew: 0, lags: [0], squatter: undefined });
  const { simulation, github, repository } = world;
  openPull(github, repository, { number: 1 });
  closePull(github, repository, 1);
  const description = markOf({ kind: 'pull', number: 1 }, world);
  const workspace = seedWorkspace(simulation, { slug: 'preview-shop-1', description, keys: 3 });
  const { account } = simulation;
  for (const key of account.keys.filter((one) => one.workspace_id === workspace.id)) {
    seedUsage({ account }, key, { credits: 2 });
  }
  return { world, workspace };
}

/** A run about the closed pull request. */
function closingJob({ killedAt, latency = 60 }: JobFixture = {}): Job {
  const { plan, ...job } = cleanUpJob();
  const run = { event: 'issue_comment', payload: {}, pullRequest: 1 };
  const request = requestOf(run, { keyMode: 'job', name: 'close' });
  return {
    ...job,
    request,
    plan: { ...plan, latencies: [latency], main: { isSent: true, killedAt } },
  };
}

interface JobFixture {
  /** The request that is the last of the job, because it is killed then. */
  killedAt?: number;
  /** How long a request, and a response, is in flight, in milliseconds. */
  latency?: number;
}

/** Has `job` delete a preview in a world of its own. */
async function close(job: Job): Promise<World> {
  const { world } = openDeletion();
  await world.simulation.clock.run(runJob(world, job));
  return world;
}

/** What a run reports as the cost of the keys: an amount, or null if that is unknown. */
function costOf({ main }: Job): string | null {
  const { result } = main ?? {};
  if (result?.state !== 'closed') throw new Error('not closed', { cause: main?.error });
  const { deletion } = result;
  if (deletion.kind === 'missing') return null;
  return deletion.keysSpent === null ? null : exactUsd(deletion.keysSpent);
}

/** The data of the comment about the workspace with `id`. */
function remembered({ repository }: World, id: string) {
  return readComment(repository.comments.now()[0]?.body ?? '')?.workspaces[id];
}

test.each([
  ['finished', 'were all disabled before', false],
  ['unfinished', 'include one that worked until then, and may have spent more', true],
])('the comment says that a deletion is %s if its keys %s', async (deletion, _, isLate) => {
  const { world, workspace } = openDeletion();
  const { simulation, github, repository } = world;
  const { account, clock } = simulation;
  const by = 'github-actions[bot]';
  commentBy(github, repository, { by, pull: 1, body: formatMarker(NO_DATA) });
  const { handle } = account;
  account.handle = (request) => {
    if (isLate && account.callOf(request.method, request.path) === 'DELETE /workspaces/:id') {
      account.handle = handle;
      seedKey(simulation, workspace);
    }
    return handle(request);
  };
  await clock.run(runJob(world, closingJob()));
  expect(remembered(world, workspace.id)).toMatchObject({ deletion: { state: deletion } });
});

describe('the cost of the keys of a deleted preview', () => {
  test('is unknown after a deletion that was killed', async () => {
    const complete = closingJob();
    const { simulation } = await close(complete);
    expect(costOf(complete)).toBe('6');
    const { sent = [] } = complete.main ?? {};
    const firstDeletion = sent.findIndex(({ call }) => call === 'DELETE /keys/:hash') + 1;

    const world = await close(closingJob({ killedAt: firstDeletion }));
    expect(world.simulation.account.keys.length).toBeGreaterThan(simulation.account.keys.length);
    const job = closingJob();
    await world.simulation.clock.run(runJob(world, job));
    expect(costOf(job)).toBeNull();
  });

  test('is unknown if the comment cannot be read', async () => {
    const { world } = openDeletion();
    const on = 'GET /repos/:owner/:repo/issues/:number/comments';
    const faults = Array(9).fill({ on, kind: 'response', status: 403 });
    world.gitHubNetwork.schedule.push(...faults);
    const job = closingJob();
    await world.simulation.clock.run(runJob(world, job));
    expect(costOf(job)).toBeNull();
  });

  test('is unknown if another job deletes some of them at the same time', async () => {
    const costs = new Set<string | null>();
    for (let latency = 10; latency < 400; latency += 13) {
      const { world } = openDeletion();
      const jobs = [closingJob(), closingJob({ latency })];
      await world.simulation.clock.run(Promise.all(jobs.map((job) => runJob(world, job))));
      for (const job of jobs) costs.add(costOf(job));
    }
    expect(costs).toEqual(new Set(['6', null]));
  });
});

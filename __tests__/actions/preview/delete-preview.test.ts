import { describe, expect, test } from '@jest/globals';
import { closePull, commentBy, openPull, reopenPull } from '../../../sandbox/github/people.ts';
import { seedKey, seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { formatMarker, NO_DATA, readComment } from '../../../src/actions/preview/comment.ts';
import { exactUsd } from '../../../src/lib/usd.ts';
import { Failure } from '../../../src/shared/failure.ts';
import {
  cleanUpJob,
  type Job,
  readShortComment,
  requestOf,
  runJob,
  wait,
} from '../../support/preview-jobs.ts';
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

/** Does `act` before the first request for `call` arrives. */
function onFirst(
  api: { callOf(method: string, path: string): string; handle(request: never): unknown },
  call: string,
  act: () => void,
): void {
  const { handle } = api;
  let isDone = false;
  api.handle = (request: { method: string; path: string }) => {
    if (!isDone && api.callOf(request.method, request.path) === call) {
      isDone = true;
      act();
    }
    return handle(request as never);
  };
}

/** The comment of an earlier run, which a deletion changes. */
function addComment({ github, repository }: World): void {
  commentBy(github, repository, {
    by: 'github-actions[bot]',
    pull: 1,
    body: formatMarker(NO_DATA),
  });
}

/** Has no request succeed that disables a key. */
function forbidDisabling({ simulation: { network } }: World): void {
  const fault = { on: 'PATCH /keys/:hash', kind: 'response', status: 502 } as const;
  network.schedule.push(...Array(99).fill(fault));
}

const READ_PULL = 'GET /repos/:owner/:repo/pulls/:number';
const LIST = 'GET /repos/:owner/:repo/issues/:number/comments';
const WRITE = 'PATCH /repos/:owner/:repo/issues/comments/:id';
const DELETIONS = ['DELETE /keys/:hash', 'DELETE /keys/:hash', 'DELETE /keys/:hash'];

/** What a failure says. */
function describeFailure(error: unknown) {
  if (!(error instanceof Failure)) throw new Error('no failure', { cause: error });
  return error.kind.describe(error.details, 'possible');
}

const callsOf = ({ main }: Job) => main?.sent.map(({ call }) => call);

describe('a deletion', () => {
  test('disables the keys, writes the comment until a list shows that, reads the state, and only then deletes', async () => {
    const { world } = openDeletion();
    addComment(world);
    const job = closingJob();
    await world.simulation.clock.run(runJob(world, job));
    expect(callsOf(job)).toEqual([
      ...[READ_PULL, 'GET /workspaces/:id', 'GET /keys', READ_PULL],
      ...['PATCH /keys/:hash', 'PATCH /keys/:hash', 'PATCH /keys/:hash'],
      ...['POST /graphql', LIST, WRITE, LIST, READ_PULL],
      ...[...DELETIONS, 'DELETE /workspaces/:id', LIST, WRITE, LIST, READ_PULL],
    ]);
  });

  test('takes place also if no key can be disabled', async () => {
    const { world } = openDeletion();
    forbidDisabling(world);
    const job = closingJob({ latency: 400 });
    await world.simulation.clock.run(runJob(world, job));
    expect(job.main?.result).toMatchObject({
      state: 'closed',
      deletion: { deleted: true, keysSpent: null },
    });
    const deletion = job.main?.sent.find(({ method }) => method === 'DELETE');
    expect(deletion?.at).toBeLessThan(20_000);
  });

  test('by a post step takes place also if its key cannot be disabled', async () => {
    const world = openWorld({ takenSlugStatus: 409, skew: 0, lags: [], squatter: undefined });
    const { simulation, github, repository } = world;
    const [{ name: event, payload }] = openPull(github, repository, { number: 1 });
    const job = closingJob({ latency: 400 });
    job.request = requestOf(
      { event, payload, pullRequest: undefined },
      { keyMode: 'job', name: '1' },
    );
    job.plan.post = { isSent: true };
    job.onKey = () => {
      closePull(github, repository, 1);
      forbidDisabling(world);
    };
    await simulation.clock.run(runJob(world, job));
    expect(job.post?.error).toBeUndefined();
    const slugs = simulation.account.workspaces.map(({ slug }) => slug);
    expect(slugs).not.toContain('preview-shop-1');
  });

  test('leaves its post step nothing to do', async () => {
    const job = closingJob();
    job.plan.post = { isSent: true };
    await close(job);
    expect(job.main?.result).toMatchObject({ state: 'closed', deletion: { deleted: true } });
    expect([job.task, job.post]).toEqual([undefined, undefined]);
  });

  test('that fails leaves its post step the task', async () => {
    const { world } = openDeletion();
    const fault = { on: 'DELETE /workspaces/:id', kind: 'response', status: 403 } as const;
    world.simulation.network.schedule.push(fault);
    const job = closingJob();
    await world.simulation.clock.run(runJob(world, job));
    expect(job.main?.error).toMatchObject({ code: 'preview-not-deleted' });
    expect(job.task).toMatchObject({
      identity: { slug: 'preview-shop-1' },
      undeleted: { working: 0 },
    });
  });

  describe('of a pull request that is reopened', () => {
    /** Reopens it before the first `call` arrives. Returns the run, the workspace and the comment. */
    async function reopenOn(call: string, { disabled = false } = {}) {
      const { world, workspace } = openDeletion();
      const { github, repository, simulation } = world;
      addComment(world);
      for (const key of simulation.account.keys) key.disabled ||= disabled;
      const api = call.includes('repos') ? github : simulation.account;
      onFirst(api, call, () => reopenPull(github, repository, 1));
      const job = closingJob();
      await simulation.clock.run(runJob(world, job));
      const { body = '' } = repository.comments.now()[0] ?? {};
      expect(callsOf(job)?.filter((sent) => sent.startsWith('DELETE'))).toEqual([]);
      return { job, total: readShortComment(body), calls: callsOf(job), workspace };
    }
    const complete = { amount: 6n * 10n ** 30n, isComplete: true };

    test('before a key is disabled changes nothing', async () => {
      const { job, calls } = await reopenOn('GET /keys');
      expect(job.main?.result).toMatchObject({ state: 'open' });
      expect(calls).toEqual([READ_PULL, 'GET /workspaces/:id', 'GET /keys', READ_PULL]);
      expect(job.task).toBeDefined();
    });

    test('after that fails, deletes nothing, and corrects the comment', async () => {
      const { job, total, workspace } = await reopenOn('PATCH /keys/:hash');
      const details = { workspace: { id: workspace.id }, deleted: false };
      expect(job.main?.error).toMatchObject({ code: 'preview-reopened', details });
      expect(total).toEqual(complete);
      expect(job.task).toBeDefined();
    });

    test('although no key had to be disabled succeeds, and corrects the comment', async () => {
      const { job, total } = await reopenOn(WRITE, { disabled: true });
      expect(job.main?.result).toMatchObject({ state: 'open' });
      expect(total).toEqual(complete);
    });

    test('after it was deleted fails, and its post step reports nothing more', async () => {
      const { world } = openDeletion();
      const { simulation, github, repository } = world;
      onFirst(simulation.account, 'DELETE /workspaces/:id', () =>
        reopenPull(github, repository, 1),
      );
      const job = closingJob();
      job.plan.post = { isSent: true };
      await simulation.clock.run(runJob(world, job));
      expect(job.main?.error).toMatchObject({
        code: 'preview-reopened',
        details: { deleted: true },
      });
      expect([job.post?.error, job.task?.workspace]).toEqual([undefined, undefined]);
    });

    test('after keys were deleted does not report them as disabled', async () => {
      const { world, workspace } = openDeletion();
      const { simulation, github, repository } = world;
      onFirst(simulation.account, 'DELETE /workspaces/:id', () => {
        seedKey(simulation, workspace);
        reopenPull(github, repository, 1);
      });
      const job = closingJob();
      await simulation.clock.run(runJob(world, job));
      const { title } = describeFailure(job.main?.error);
      expect(title).toMatch(/ was reopened: its API keys may be disabled or deleted$/);
    });
  });

  test('writes what a key had spent, which was created meanwhile, before it deletes it', async () => {
    const { world, workspace } = openDeletion();
    const { simulation } = world;
    const { account, clock } = simulation;
    addComment(world);
    let hash = '';
    onFirst(account, 'DELETE /workspaces/:id', () => {
      const key = seedKey(simulation, workspace);
      hash = key.hash;
      seedUsage({ account }, key, { credits: 1 });
    });
    let atItsDeletion: unknown;
    const { handle } = account;
    account.handle = (request) => {
      if (request.method === 'DELETE' && request.path === `/keys/${hash}`) {
        atItsDeletion = remembered(world, workspace.id);
      }
      return handle(request);
    };
    await clock.run(runJob(world, closingJob()));
    const keys = { [hash.slice(0, 10)]: '1' };
    expect(atItsDeletion).toMatchObject({ deletion: { state: 'unfinished' }, keys });
    expect(remembered(world, workspace.id)).toMatchObject({
      deletion: { state: 'finished' },
      keys,
    });
  });

  test('keeps a key that was created meanwhile if the state is read older than it was', async () => {
    const { world, workspace } = openDeletion();
    const { simulation, lags, github, repository } = world;
    onFirst(simulation.account, 'PATCH /keys/:hash', () =>
      commentBy(github, repository, { by: 'octocat', pull: 1, body: 'It is newer now.' }),
    );
    onFirst(simulation.account, 'DELETE /workspaces/:id', () => {
      seedKey(simulation, workspace);
      lags[0] = 50_000;
    });
    const job = closingJob({ latency: 1_000 });
    await simulation.clock.run(wait(world, 60_000));
    await simulation.clock.run(runJob(world, job));
    expect(job.main?.error).toMatchObject({ code: 'stale-response' });
    expect(callsOf(job)?.filter((call) => call === 'PATCH /keys/:hash')).toHaveLength(3);
  });

  test('is not settled if the state is read older than it was before the last keys were deleted', async () => {
    const { world, workspace } = openDeletion();
    const { simulation, lags, github, repository } = world;
    const { account, clock } = simulation;
    onFirst(account, 'DELETE /workspaces/:id', () => {
      seedKey(simulation, workspace);
      onFirst(account, 'PATCH /keys/:hash', () =>
        commentBy(github, repository, { by: 'octocat', pull: 1, body: 'It is newer now.' }),
      );
      onFirst(account, 'DELETE /workspaces/:id', () => {
        lags[0] = 50_000;
      });
    });
    const closing = closingJob({ latency: 1_000 });
    // A comment that it writes would change when the pull request was updated.
    const job = { ...closing, request: { ...closing.request, comment: false } };
    await clock.run(wait(world, 60_000));
    await clock.run(runJob(world, job));
    expect(job.main?.result).toMatchObject({
      deletion: { deleted: true, deletedKeys: { length: 4 }, isSettled: false },
    });
  });

  test('is unfinished if a key works until it is deleted, and may spend more', async () => {
    const { world, workspace } = openDeletion();
    const fault = { on: 'PATCH /keys/:hash', kind: 'response', status: 403 } as const;
    world.simulation.network.schedule.push(fault);
    const job = closingJob();
    await world.simulation.clock.run(runJob(world, job));
    expect(remembered(world, workspace.id)).toMatchObject({ deletion: { state: 'unfinished' } });
    expect(costOf(job)).toBeNull();
    expect(job.main?.lines.join('\n')).toContain(
      'API keys not disabled: 1. The first: could not disable the API key ',
    );
  });
});

describe('the cost of the keys of a deleted preview', () => {
  test('is unknown to a job that finds no workspace any more', async () => {
    const { world } = openDeletion();
    const [first, second] = [closingJob(), closingJob()];
    await world.simulation.clock.run(runJob(world, first));
    await world.simulation.clock.run(runJob(world, second));
    expect([costOf(first), costOf(second)]).toEqual(['6', null]);
  });

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

import { describe, expect, test } from '@jest/globals';
import { closePull, commentBy, openPull } from '../../../sandbox/github/people.ts';
import { counterDelayFrom } from '../../../sandbox/openrouter/resources/usage.ts';
import type { Workspace } from '../../../sandbox/openrouter/resources/workspaces.ts';
import { seedUsage, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { readComment } from '../../../src/actions/preview/comment.ts';
import type { PreviewRequest } from '../../../src/actions/preview/request.ts';
import { exactUsd } from '../../../src/lib/usd.ts';
import { cleanUpJob, type Job, requestOf, runJob, wait } from '../../support/preview-jobs.ts';
import { markOf, openWorld, type World } from '../../support/preview-world.ts';

const MINUTE = 60_000;
const SETTLED = 3 * MINUTE + 1_000;
const SUBJECT = { kind: 'pull', number: 1 } as const;

const openEmpty = () => openWorld({ takenSlugStatus: 409, skew: 0, lags: [], squatter: undefined });

/** A closed pull request whose workspace has three API keys. Each of them has spent 2 USD, which is counted late. */
function openClosed({ disabled = false } = {}) {
  const world = openEmpty();
  const { simulation, github, repository } = world;
  const { account } = simulation;
  Object.assign(account.counterDelay, counterDelayFrom(40_000));
  openPull(github, repository, { number: 1 });
  closePull(github, repository, 1);
  const description = markOf(SUBJECT, world);
  const workspace = seedWorkspace(simulation, { slug: 'preview-shop-1', description, keys: 3 });
  const keys = account.keys.filter((one) => one.workspace_id === workspace.id);
  for (const key of keys) {
    seedUsage({ account }, key, { credits: 2 });
    if (disabled) Object.assign(key, { disabled, updated_at: account.now().toISOString() });
  }
  return { world, workspace };
}

interface ClosingOptions extends Partial<Pick<PreviewRequest, 'comment'>> {
  /** The request that is the last of the job, because it is killed then. */
  killedAt?: number;
  cancelledAfter?: number;
  /** How long a request, and a response, is in flight, in milliseconds. */
  latency?: number;
}

/** A run about the closed pull request. */
function closingJob({ comment = true, latency = 60, ...ending }: ClosingOptions = {}): Job {
  const { plan, ...job } = cleanUpJob();
  const run = { event: 'issue_comment', payload: {}, pullRequest: 1 };
  const request = { ...requestOf(run, { keyMode: 'job', name: 'close' }), comment };
  const main = { isSent: true, ...ending };
  return { ...job, request, plan: { ...plan, latencies: [latency], main, post: { isSent: true } } };
}

const run = (world: World, ...jobs: Job[]) =>
  world.simulation.clock.run(Promise.all(jobs.map((job) => runJob(world, job))));
const pass = (world: World, ms: number) => world.simulation.clock.run(wait(world, ms));

const callsOf = ({ main }: Job) => main?.sent.map(({ call }) => call) ?? [];
const dataIn = ({ repository }: World) =>
  repository.comments.now().flatMap(({ body }) => readComment(body) ?? []);
const billsIn = (world: World) =>
  dataIn(world).map(({ spent, state }) => `${state} ${exactUsd(spent)}`);
/** Whether the workspace exists, whatever its slug is. */
const exists = ({ simulation }: World, { id }: Workspace) =>
  simulation.account.workspaces.some((one) => one.id === id);

/** What a run reports as the cost of the keys: an amount, or null if that is unknown. */
function costOf({ main }: Job): string | null {
  const { result } = main ?? {};
  if (result?.state !== 'closed') throw new Error('not closed', { cause: main?.error });
  const spent = result.endings[0]?.spent;
  return spent?.isExact ? exactUsd(spent.amount) : null;
}

const READ_PULL = 'GET /repos/:owner/:repo/pulls/:number';
const LIST = 'GET /repos/:owner/:repo/issues/:number/comments';
const DELETIONS = ['DELETE /keys/:hash', 'DELETE /keys/:hash', 'DELETE /keys/:hash'];

describe('the end of a preview', () => {
  test('takes these requests if all is counted', async () => {
    const { world } = openClosed({ disabled: true });
    await pass(world, SETTLED);
    const job = closingJob();
    await run(world, job);
    expect(callsOf(job)).toEqual([
      ...[READ_PULL, 'GET /workspaces', 'GET /keys', READ_PULL],
      ...['GET /workspaces/:id', 'PATCH /workspaces/:id', READ_PULL, 'GET /keys'],
      ...['GET /workspaces/:id', 'POST /graphql', LIST],
      ...['POST /repos/:owner/:repo/issues/:number/comments', LIST, 'PATCH /workspaces/:id'],
      ...['GET /keys', ...DELETIONS, 'DELETE /workspaces/:id', LIST],
    ]);
    expect([billsIn(world), costOf(job)]).toEqual([['exactly 6'], '6']);
  });

  test('ends the spending with its first requests', async () => {
    const { world } = openClosed();
    const job = closingJob();
    await run(world, job);
    const sent = job.main?.sent ?? [];
    const disabled = sent.filter(({ call }) => call === 'PATCH /keys/:hash');
    expect(disabled.map(({ at }) => at).every((at) => at < 1_000)).toBe(true);
    expect(disabled).toHaveLength(3);
    expect([billsIn(world), costOf(job)]).toEqual([['exactly 6'], '6']);
  });

  test('leaves its post step nothing to do', async () => {
    const { world } = openClosed();
    const job = closingJob();
    await run(world, job);
    expect([job.task, job.post]).toEqual([undefined, undefined]);
  });

  test('ends at once when it is cancelled while it waits', async () => {
    const { world } = openClosed();
    const job = closingJob({ cancelledAfter: 15_000 });
    await run(world, job);
    expect(job.main?.error).toMatchObject({
      code: 'preview-not-deleted',
      details: { errors: [] },
    });
    expect(job.main?.endedAt).toBe(15_000);
  });

  test('has the right bill, and no wrong amount, whichever request was the last of a run that was killed', async () => {
    const complete = closingJob();
    await run(openClosed().world, complete);
    const count = complete.main?.sent.length ?? 0;
    expect(count).toBeGreaterThan(20);
    for (const comment of [true, false]) {
      for (let killedAt = 1; killedAt <= count; killedAt += 1) {
        const { world, workspace } = openClosed();
        await run(world, closingJob({ killedAt, comment }));
        await pass(world, MINUTE);
        const next = closingJob({ comment });
        await run(world, next);
        expect(exists(world, workspace)).toBe(false);
        if (comment) expect(billsIn(world)).toEqual(['exactly 6']);
        expect(['6', null]).toContain(costOf(next));
      }
    }
  });

  test.each([true, false])(
    'by several jobs at once has the right bill, and no wrong amount (comment: %s)',
    async (comment) => {
      const costs = new Set<string | null>();
      for (const latency of [10, 60, 250, 700]) {
        for (const delay of [0, 1_000, 2_500]) {
          const { world, workspace } = openClosed();
          const [first, second] = [closingJob({ comment }), closingJob({ comment, latency })];
          const late = wait(world, delay).then(() => runJob(world, second));
          await world.simulation.clock.run(Promise.all([runJob(world, first), late]));
          expect(exists(world, workspace)).toBe(false);
          if (comment) expect(billsIn(world)).toEqual(['exactly 6']);
          for (const job of [first, second]) costs.add(costOf(job));
        }
      }
      expect([...costs].filter((cost) => cost !== null)).toEqual(['6']);
    },
  );

  test.each([true, false])(
    'by two jobs, of which one is killed, has the right bill, and no wrong amount (comment: %s)',
    async (comment) => {
      const complete = closingJob({ comment });
      await run(openClosed().world, complete);
      const count = complete.main?.sent.length ?? 0;
      for (let killedAt = count - 8; killedAt <= count; killedAt += 1) {
        for (const delay of [0, 1_500, 3_000, 5_000]) {
          const { world, workspace } = openClosed();
          const [first, second] = [closingJob({ comment, killedAt }), closingJob({ comment })];
          const late = wait(world, delay).then(() => runJob(world, second));
          await world.simulation.clock.run(Promise.all([runJob(world, first), late]));
          expect(exists(world, workspace)).toBe(false);
          if (comment) expect(billsIn(world)).toEqual(['exactly 6']);
          expect(['6', null]).toContain(costOf(second));
        }
      }
    },
  );

  test('is also found among 2,200 comments', async () => {
    const { world, workspace } = openClosed({ disabled: true });
    const { github, repository } = world;
    for (let n = 0; n < 2_200; n += 1)
      commentBy(github, repository, { by: 'octocat', pull: 1, body: 'Hi' });
    const bot = 'github-actions[bot]';
    const job = closingJob();
    await run(world, job);
    expect(billsIn(world)).toEqual(['exactly 6']);
    expect(repository.comments.now().filter(({ author }) => author.login === bot)).toHaveLength(1);
    expect(exists(world, workspace)).toBe(false);
  });
});

test('24 jobs that end within eight seconds show no notice, and the comment is right in the end', async () => {
  const world = openEmpty();
  const { github, repository, simulation } = world;
  const [{ name: event, payload }] = openPull(github, repository, { number: 1 });
  const jobs = Array.from({ length: 24 }, (_, at): Job => {
    const { plan, ...job } = cleanUpJob();
    const name = `17${String(at).padStart(3, '0')}.1`;
    const run = { event, payload, pullRequest: undefined };
    return {
      ...job,
      name,
      subject: SUBJECT,
      request: requestOf(run, { keyMode: 'job', name }),
      plan: {
        ...plan,
        latencies: [60 + at],
        post: { isSent: true },
        work: 20_000 + at * 300,
        spends: [{ after: 1_000, cents: 10 }],
      },
    };
  });
  await run(world, ...jobs);
  for (const job of jobs) {
    expect([job.main?.error, job.post?.error]).toEqual([undefined, undefined]);
    expect(job.post?.lines.filter((line) => line.includes('out of date'))).toEqual([]);
  }
  expect(simulation.account.spends).toHaveLength(24);
  expect(billsIn(world)).toEqual(['so far 2.4']);
});

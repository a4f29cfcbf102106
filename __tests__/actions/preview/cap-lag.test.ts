import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { openPull, pushTo } from '../../../sandbox/github/people.ts';
import { seedKey, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { previewLimitReached } from '../../../src/actions/preview/failures.ts';
import { Failure } from '../../../src/shared/failure.ts';
import { keysStayWithinTheCap } from '../../properties/preview-cap.ts';
import { type Job, type JobPlan, requestOf, runJob, wait } from '../../support/preview-jobs.ts';
import { markOf, openWorld } from '../../support/preview-world.ts';

const SUBJECT = { kind: 'pull', number: 1 } as const;
const CAP = 10n ** 30n;

const PLAN: JobPlan = {
  latencies: [10],
  jitter: [0.5],
  main: { isSent: true },
  post: { isSent: true },
  work: 0,
  spends: [],
  status: 'success',
};

function open(lag: number | undefined) {
  const world = openWorld({ takenSlugStatus: 400, skew: 0, lags: [], squatter: undefined });
  const { account, clock } = world.simulation;
  account.keyLists.lag = lag;
  openPull(world.github, world.repository, { number: 1, branch: 'change-1' });
  const workspace = seedWorkspace(world.simulation, {
    slug: 'preview-shop-1',
    description: markOf(SUBJECT, world),
    name: 'octo-org/shop#1',
    default_text_model: 'openai/gpt-5-mini',
  });
  let count = 0;
  /** A job that can spend the whole cap. */
  const start = async (keyMode: 'job' | 'preview', plan: Partial<JobPlan> = {}): Promise<Job> => {
    const [, event] = pushTo(world.github, world.repository, 'change-1');
    const name = `1700${count}.1`;
    count += 1;
    const run = { event: 'pull_request', payload: event?.payload, pullRequest: undefined };
    const request = { ...requestOf(run, { keyMode, name, cap: CAP }), comment: false };
    const job: Job = { name, subject: SUBJECT, request, plan: { ...PLAN, ...plan }, since: 0 };
    await runJob(world, job);
    return job;
  };
  const limits = () =>
    account.keys
      .filter(({ workspace_id }) => workspace_id === workspace.id)
      .map(({ limit, disabled }) => (disabled ? 'disabled' : limit));
  return { world, workspace, start, limits, run: <T>(work: Promise<T>) => clock.run(work) };
}

const listsOf = ({ main }: Job) => main?.sent.filter(({ call }) => call === 'GET /keys') ?? [];

test('a list that does not have the new key yet is read again', async () => {
  const { start, run, limits } = open(2_000);
  const job = await run(start('preview'));
  expect(job.main?.error).toBeUndefined();
  expect(listsOf(job)).toHaveLength(5);
  expect(limits()).toEqual([1]);
});

test('a key is not given out if no list has it', async () => {
  const { start, run, limits } = open(60_000);
  const job = await run(start('job'));
  expect(job.main?.error).toMatchObject({ code: 'key-not-capped' });
  expect([job.key, limits()]).toEqual([undefined, ['disabled']]);
});

test('a deployed key keeps what a replaced one has left, although the list lags behind', async () => {
  const { start, run, limits, world } = open(1_000);
  await run(start('preview'));
  await run(wait(world, 5_000));
  const job = await run(start('preview'));
  expect([job.main?.error, job.post?.error, limits()]).toEqual([
    undefined,
    undefined,
    [1, 'disabled'],
  ]);
});

test('the earlier of two keys waits until the later one has given way', async () => {
  const { start, run, world } = open(undefined);
  const plan = { latencies: [50], work: 9_000 };
  const later = wait(world, 30).then(() => start('job', plan));
  const [first, second] = await run(Promise.all([start('job', plan), later]));
  expect(second.main?.error).toMatchObject({ code: 'preview-limit-reached' });
  expect(first.key?.key).toMatchObject({ limit: 1 });
  expect([first, second].map((job) => listsOf(job).length)).toEqual([3, 2]);
});

test('one of three keys is given out, although lists show late that a slow one gave way', async () => {
  const jobs = [6, 6, 194].map((latency) => ({
    after: 0,
    plan: { ...PLAN, latencies: [latency], jitter: [0] },
    keyMode: 'job' as const,
    limit: 100,
    hasCap: true,
  }));
  const schedule = {
    cap: 50,
    keyMode: 'job' as const,
    skew: 0,
    drawn: 0,
    hasMilliseconds: false,
    lags: [1_317],
    jobs,
    byHand: [],
    faults: [],
    limits: 'applied' as const,
    isCalm: true,
  };
  await fc.assert(keysStayWithinTheCap, { numRuns: 1, examples: [[schedule]] });
});

test('the earlier of two keys gives way after some seconds, if the later one does not', async () => {
  const { start, run, world, workspace, limits } = open(undefined);
  const seed = wait(world, 80).then(() =>
    seedKey(world.simulation, workspace, { name: 'By hand', limit: 1 }),
  );
  const [job] = await run(Promise.all([start('job'), seed]));
  expect(job.main?.error instanceof Failure && job.main.error.is(previewLimitReached)).toBe(true);
  expect(listsOf(job)).toHaveLength(10);
  const times = listsOf(job).map(({ at }) => at);
  expect((times.at(-1) ?? 0) - (times[1] ?? 0)).toBeGreaterThan(8_999);
  expect(limits()).toEqual([1, 'disabled']);
});

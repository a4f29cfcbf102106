import { describe, expect, test } from '@jest/globals';
import { openPull, pushTo } from '../../../sandbox/github/people.ts';
import { seedKey, seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { previewLimitReached } from '../../../src/actions/preview/failures.ts';
import { Cancellation } from '../../../src/lib/cancellation.ts';
import { toUsd } from '../../../src/lib/usd.ts';
import { Failure } from '../../../src/shared/failure.ts';
import {
  type Job,
  type JobPlan,
  requestOf,
  runJob,
  wait,
} from '../../support/preview-simulation.ts';
import { markOf, openWorld } from '../../support/preview-world.ts';

const SUBJECT = { kind: 'pull', number: 1 } as const;
const CAP = toUsd(1);

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
      .map(({ name, limit, disabled }) => {
        if (name.endsWith(' unused')) return 'unused';
        return disabled ? `disabled, ${limit}` : limit;
      });
  return { world, workspace, start, limits, run: <T>(work: Promise<T>) => clock.run(work) };
}

const listsOf = ({ main }: Job) => main?.sent.filter(({ call }) => call === 'GET /keys') ?? [];

test('a list that does not have the new key yet is read again', async () => {
  const { start, run, limits } = open(2_000);
  const job = await run(start('preview'));
  expect(job.main?.error).toBeUndefined();
  expect(listsOf(job)).toHaveLength(6);
  expect(limits()).toEqual([1]);
});

test('a key is not given out if no list has it', async () => {
  const { start, run, limits } = open(60_000);
  const job = await run(start('job'));
  expect(job.main?.error).toMatchObject({ code: 'key-not-listed' });
  expect([job.key, limits()]).toEqual([undefined, ['disabled, 1']]);
});

test('the earlier of two keys waits until the later one has given way', async () => {
  const { start, run, world, limits } = open(undefined);
  const plan = { latencies: [50], work: 60_000 };
  const later = wait(world, 30).then(() => start('job', plan));
  const [first, second] = await run(Promise.all([start('job', plan), later]));
  expect(second.main?.error).toMatchObject({ code: 'preview-limit-reached' });
  expect(first.key?.key).toMatchObject({ limit: toUsd(1) });
  expect([first, second].map((job) => listsOf(job).length)).toEqual([4, 5]);
  expect(limits()).toEqual(['unused', 'disabled, 1']);
});

test('one of three keys is given out, although lists show late that a slow one gave way', async () => {
  const { start, run, limits } = open(1_317);
  const jobs = await run(
    Promise.all(
      [6, 6, 194].map((latency) =>
        start('job', { latencies: [latency], jitter: [0], work: 60_000 }),
      ),
    ),
  );
  expect(jobs.filter(({ key }) => key)).toHaveLength(1);
  expect(limits().filter((limit) => limit !== 'unused')).toHaveLength(1);
});

test('the earlier of two keys gives way after some seconds, if the later one does not', async () => {
  const { start, run, world, workspace, limits } = open(undefined);
  const seed = wait(world, 100).then(() =>
    seedKey(world.simulation, workspace, { name: 'By hand', limit: 1 }),
  );
  const [job] = await run(Promise.all([start('job'), seed]));
  expect(job.main?.error instanceof Failure && job.main.error.is(previewLimitReached)).toBe(true);
  expect(listsOf(job)).toHaveLength(13);
  const times = listsOf(job).map(({ at }) => at);
  expect((times.at(-1) ?? 0) - (times[2] ?? 0)).toBeGreaterThan(8_999);
  expect(limits()).toEqual([1, 'unused']);
});

test('a job without room looks again after ten seconds, because another may give way', async () => {
  const { start, run, world, workspace } = open(undefined);
  const other = seedKey(world.simulation, workspace, { name: 'By hand', limit: 1 });
  const givesWay = wait(world, 5_000).then(() =>
    Object.assign(other, { disabled: true, name: 'CI #0ab1c2 unused' }),
  );
  const [job] = await run(Promise.all([start('job'), givesWay]));
  expect(job.key?.key).toMatchObject({ limit: toUsd(1) });
});

describe('a job without room, because a key has just ended', () => {
  const waitOf = ({ main }: Job) => (main?.endedAt ?? 0) - (main?.startedAt ?? 0);

  test('waits until what that has spent is counted, while its timeout stands still', async () => {
    const { start, run } = open(undefined);
    await run(start('job'));
    const second = await run(start('job'));
    expect(second.key?.key).toMatchObject({ limit: toUsd(1) });
    expect(waitOf(second)).toBeGreaterThan(second.request.timeoutMs);
    expect(waitOf(second)).toBeGreaterThan(179_000);
    expect(waitOf(second)).toBeLessThan(185_000);
    expect(second.main?.lines).toContainEqual(
      'Waiting for up to $1.00 of preview-limit-usd, until 1 Jan 00:03 UTC at the latest: 1 API key ended a moment ago, and OpenRouter counts late what is spent.',
    );
  });

  test('stops waiting once it is counted that there is no room', async () => {
    const { start, run } = open(undefined);
    await run(start('job', { spends: [{ after: 0, cents: 50 }] }));
    const second = await run(start('job'));
    expect(second.main?.error).toMatchObject({ code: 'preview-limit-reached' });
    expect(waitOf(second)).toBeLessThan(175_000);
  });

  test('stops waiting at once when it is cancelled', async () => {
    const { start, run } = open(undefined);
    await run(start('job'));
    const main = { isSent: true, cancelledAfter: 30_000 };
    const second = await run(start('job', { main }));
    expect(second.main?.error).toBeInstanceOf(Cancellation);
    expect([second.key, waitOf(second)]).toEqual([undefined, 30_000]);
  });
});

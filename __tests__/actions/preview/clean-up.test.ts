import { describe, expect, test } from '@jest/globals';
import { closePull, openPull, reopenPull } from '../../../sandbox/github/people.ts';
import type { InProcessFault } from '../../../sandbox/http/in-process.ts';
import { seedWorkspace } from '../../../sandbox/openrouter/seed.ts';
import { readComment } from '../../../src/actions/preview/comment.ts';
import { MAX_CONCURRENCY } from '../../../src/http/client.ts';
import { COUNT_MS } from '../../../src/openrouter/settlement.ts';
import { withOutcome } from '../../../src/teardown/outcome.ts';
import { cleanUpJob, runJob } from '../../support/preview-simulation.ts';
import { markOf, openWorld } from '../../support/preview-world.ts';
import { storyOf } from '../../support/simulation.ts';

/** More than twice as many as are deleted at once. */
const COUNT = 20;
const TIMEOUT_MS = 60_000;

/** Long enough ago that a key that was disabled then is counted, in milliseconds. */
const COUNTED = COUNT_MS + 1_000;

/** The workspaces of closed pull requests, with three API keys each, which were disabled an hour ago. */
function openPreviews(count = COUNT) {
  const world = openWorld({ takenSlugStatus: 409, skew: 0, lags: [0], squatter: undefined });
  const { simulation, github, repository } = world;
  const { account } = simulation;
  const updated_at = new Date(account.now().getTime() - COUNTED).toISOString();
  const workspaces = Array.from({ length: count }, (_, index) => {
    const number = index + 1;
    openPull(github, repository, { number, branch: `branch-${number}` });
    closePull(github, repository, number);
    const description = markOf({ kind: 'pull', number }, world);
    const { id, slug } = seedWorkspace(simulation, {
      slug: `demo-${number}`,
      description,
      keys: 3,
    });
    for (const key of account.keys.filter(({ workspace_id }) => workspace_id === id)) {
      Object.assign(key, { disabled: true, updated_at });
    }
    return { id, slug };
  });
  return { world, workspaces };
}

type Previews = ReturnType<typeof openPreviews>;

/** Runs a clean-up; returns the slugs of its lists, and of the previews that still exist. */
async function runCleanUp({ world, workspaces }: Previews) {
  const { simulation } = world;
  const job = cleanUpJob();
  await simulation.clock.run(runJob(world, job));
  const { result } = job.main ?? {};
  if (result?.state !== 'clean-up') throw new Error('no result', { cause: job.main?.error });
  const slugsOf = (entries: readonly { slug: string }[]) => entries.map(({ slug }) => slug);
  const existing = new Set(simulation.account.workspaces.map(({ id }) => id));
  const left = slugsOf(workspaces.filter(({ id }) => existing.has(id)));
  const { result: entries, failure } = result;
  const deleted = slugsOf(withOutcome(entries, 'deleted'));
  const failed = slugsOf(withOutcome(entries, 'failed'));
  const postponed = slugsOf(withOutcome(entries, 'left'));
  return { deleted, failed, postponed, left, failure };
}

const forever = (fault: InProcessFault) => Array<InProcessFault>(100).fill(fault);
const pullPath = (number: number) => `GET /repos/octo-org/shop/pulls/${number}`;

test('a clean-up of 40 previews takes 15 requests each, to both servers, and a second for each write of a comment', async () => {
  const { world } = openPreviews(40);
  const { clock } = world.simulation;
  const job = cleanUpJob();
  await clock.run(runJob(world, job));
  expect(job.main?.result).toMatchObject({ failure: undefined });
  expect(job.main?.sent.length).toBeLessThanOrEqual(15 * 40);
  expect(clock.now()).toBeLessThan(45_000);
});

test('the log of a clean-up names what it keeps, and says what it closes and deletes', async () => {
  const { world } = openPreviews(3);
  reopenPull(world.github, world.repository, 2);
  const job = cleanUpJob();
  await world.simulation.clock.run(runJob(world, job));
  // Folded: what the deletion of the API keys was in detail.
  const story = storyOf(job.main?.lines ?? []).filter((line) => !/^Deleted \d+ API/.test(line));
  expect(story).toEqual([
    'Previews of this repository: 3 workspaces.',
    'Locked the preview "demo-1": no run uses it any more.',
    'Locked the preview "demo-3": no run uses it any more.',
    'The comment on #1 says: $0.00 spent, closed.',
    'Deleted the preview "demo-1": 3 API keys, $0.00 spent.',
    'The comment on #3 says: $0.00 spent, closed.',
    'Deleted the preview "demo-3": 3 API keys, $0.00 spent.',
    expect.stringMatching(/^Deleted: 2\. Left to the next clean-up: 0\. Open: 1\. In \d\.\d s\.$/),
  ]);
});

test.each<[string, (previews: Previews) => void]>([
  [
    'updated_at',
    ({ world }) => {
      for (const key of world.simulation.account.keys) key['updated_at'] = null;
    },
  ],
  [
    'Date',
    ({ world }) => {
      world.simulation.account.headers = () => ({});
    },
  ],
])(
  'a clean-up names the keys of which OpenRouter tells no %s, and leaves them',
  async (_, hide) => {
    const previews = openPreviews(1);
    hide(previews);
    const { world } = previews;
    const job = cleanUpJob();
    await world.simulation.clock.run(runJob(world, job));
    expect(job.main?.result).toMatchObject({ failure: undefined, result: [{ outcome: 'left' }] });
    expect(job.main?.lines).toContain(
      'OpenRouter does not report when 3 API keys of the preview "demo-1" ended',
    );
  },
);

test('a clean-up fails if a preview was reopened while its API key was disabled', async () => {
  const previews = openPreviews(1);
  const { world } = previews;
  for (const key of world.simulation.account.keys) key.disabled = false;
  const { network } = world.simulation;
  network.onExchange = ({ method }) => {
    if (method === 'PATCH') reopenPull(world.github, world.repository, 1);
  };
  const job = cleanUpJob();
  await world.simulation.clock.run(runJob(world, job));
  expect(job.main?.result).toMatchObject({
    result: [{ outcome: 'failed', failure: { code: 'preview-reopened' } }],
  });
  expect(world.simulation.account.workspaces.map(({ slug }) => slug)).toContain('demo-1');
});

test.each<[string, InProcessFault]>([
  ['hangs', { on: pullPath(7), kind: 'silence' }],
  ['is always rejected by HTTP 502', { on: pullPath(7), kind: 'response', status: 502 }],
])('a lookup that %s leaves its own preview only', async (_, fault) => {
  const previews = openPreviews();
  previews.world.gitHubNetwork.schedule.push(...forever(fault));
  const { deleted, ...rest } = await runCleanUp(previews);
  expect(rest).toMatchObject({
    failed: ['demo-7'],
    left: ['demo-7'],
    failure: { code: 'sweep-incomplete' },
  });
  expect(deleted).toHaveLength(COUNT - 1);
});

test.each([
  ['pull request can be read', 'GET /repos/:owner/:repo/pulls/:number', 'gitHubNetwork'],
  ['workspace can be deleted', 'DELETE /workspaces/:id', 'openRouter'],
] as const)(
  'a clean-up names each preview that it tries in vain, and leaves the others, if no %s',
  async (_, on, server) => {
    const previews = openPreviews(50);
    const { world } = previews;
    const network = server === 'openRouter' ? world.simulation.network : world.gitHubNetwork;
    for (let n = 0; n < 5; n += 1) network.schedule.push(...forever({ on, kind: 'silence' }));
    const { deleted, failed, postponed, left } = await runCleanUp(previews);
    expect(deleted).toEqual([]);
    expect(new Set([...failed, ...postponed])).toEqual(new Set(left));
    expect(failed.length).toBeGreaterThanOrEqual(MAX_CONCURRENCY);
    expect(left).toHaveLength(50);
    expect(world.simulation.clock.now()).toBeLessThanOrEqual(TIMEOUT_MS);
  },
);

test.each(['GET /keys', 'DELETE /keys', 'DELETE /workspaces'])(
  'deletions whose %s hangs leave their own previews only, as many as are deleted at once',
  async (request) => {
    const previews = openPreviews();
    const { world, workspaces } = previews;
    const { account, network } = world.simulation;
    const slow = workspaces.slice(0, MAX_CONCURRENCY);
    for (const { id } of slow) {
      const { hash } = account.keys.find((key) => key.workspace_id === id) ?? { hash: '' };
      const paths: Record<string, string> = {
        'GET /keys': `?offset=0&workspace_id=${id}&include_disabled=true&include_expired=true`,
        'DELETE /keys': `/${hash}`,
        'DELETE /workspaces': `/${id}`,
      };
      network.schedule.push(...forever({ on: request + paths[request], kind: 'silence' }));
    }
    const slugs = slow.map(({ slug }) => slug);
    const { deleted, failed, left } = await runCleanUp(previews);
    expect({ failed: failed.sort(), left }).toEqual({ failed: slugs, left: slugs });
    expect(deleted).toHaveLength(COUNT - MAX_CONCURRENCY);
  },
);

test.each([
  ['GitHub', 'GET /repos/:owner/:repo/pulls/:number'],
  ['OpenRouter', 'DELETE /workspaces/:id'],
])(
  'a wait that %s requires holds for all previews, and costs none its time',
  async (server, on) => {
    const previews = openPreviews();
    const { world } = previews;
    const network = server === 'GitHub' ? world.gitHubNetwork : world.simulation.network;
    const headers = { 'retry-after': '10' };
    network.schedule.push({ on, kind: 'response', status: 429, headers });
    expect(await runCleanUp(previews)).toMatchObject({ failed: [], left: [] });
  },
);

test('what the time does not allow is left to the next clean-up, and nothing of it is locked', async () => {
  const previews = openPreviews(50);
  const { world } = previews;
  const { account } = world.simulation;
  for (let number = 6; number <= 50; number += 1) {
    world.gitHubNetwork.schedule.push(...forever({ on: pullPath(number), kind: 'silence' }));
  }
  const { deleted, failed, postponed } = await runCleanUp(previews);
  expect(deleted).toEqual(['demo-1', 'demo-2', 'demo-3', 'demo-4', 'demo-5']);
  expect([failed.length + postponed.length, postponed.length > 20]).toEqual([45, true]);
  expect(account.workspaces.filter(({ slug }) => slug.startsWith('locked-'))).toEqual([]);
});

describe('comments that GitHub does not accept', () => {
  const on = 'GET /repos/:owner/:repo/issues/:number/comments';

  test.each<[string, InProcessFault]>([
    [
      'are throttled for longer',
      { on, kind: 'response', status: 403, headers: { 'retry-after': '60' } },
    ],
    ['hang', { on, kind: 'silence' }],
  ])('have no more previews locked than are handled at once, if they %s', async (_, fault) => {
    const previews = openPreviews(20);
    const { workspaces } = previews.world.simulation.account;
    previews.world.gitHubNetwork.schedule.push(...forever(fault));
    const { failed, postponed } = await runCleanUp(previews);
    const locked = workspaces.filter(({ slug }) => slug.startsWith('locked-'));
    expect(locked.length).toBeLessThanOrEqual(MAX_CONCURRENCY);
    expect([failed.length, failed.length + postponed.length]).toEqual([locked.length, 20]);
    previews.world.gitHubNetwork.schedule.length = 0;
    expect(await runCleanUp(previews)).toMatchObject({ failed: [], left: [] });
    const bills = previews.world.repository.comments.now().map(({ body }) => readComment(body));
    expect(bills.filter((bill) => bill?.isAtLeast)).toHaveLength(locked.length);
    expect(bills).toHaveLength(20);
  });

  test('for good delete no preview less', async () => {
    const previews = openPreviews(10);
    const fault = { on: 'POST /graphql', kind: 'response', status: 403 } as const;
    previews.world.gitHubNetwork.schedule.push(...forever(fault));
    expect(await runCleanUp(previews)).toMatchObject({ failed: [], left: [] });
  });

  test('of open pull requests keep nothing from being deleted', async () => {
    const previews = openPreviews(10);
    const { world } = previews;
    for (let number = 1; number <= 9; number += 1)
      reopenPull(world.github, world.repository, number);
    for (let number = 1; number <= 9; number += 1) {
      const path = `GET /repos/octo-org/shop/issues/${number}/comments?per_page=30&page=1`;
      world.gitHubNetwork.schedule.push({ on: path, kind: 'response', status: 403 });
    }
    const { deleted, failed } = await runCleanUp(previews);
    expect({ deleted, failed }).toEqual({ deleted: ['demo-10'], failed: [] });
    expect(world.gitHubNetwork.schedule).toEqual([]);
  });
});

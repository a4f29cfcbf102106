import { expect, test } from '@jest/globals';
import { closePull, commentBy, openPull, pushTo } from '../../../sandbox/github/people.ts';
import { addRepository } from '../../../sandbox/github/seed.ts';
import { startGitHub } from '../../../sandbox/github/server.ts';
import { readPull } from '../../../src/github/pulls.ts';
import { openGitHubScene, pass } from '../../support/github-scene.ts';
import { openResources } from '../../support/resources.ts';

const resources = openResources();

test('a GitHub that listens responds, records each exchange, and has the faults of its schedule', async () => {
  const outcomes: string[] = [];
  const server = resources.add(
    await startGitHub({ onExchange: ({ path }, outcome) => outcomes.push(`${path}: ${outcome}`) }),
  );
  const { github, url, token, faults } = server;
  openPull(github, addRepository(github, { name: 'octo-org/shop' }), { number: 42 });
  const request = (path: string) =>
    fetch(url + path, { headers: { authorization: `Bearer ${token}` } });

  faults.push({ on: 'GET /user', kind: 'response', status: 502 });
  const response = await request('/repos/octo-org/shop/pulls/42');
  expect(await response.json()).toMatchObject({ number: 42 });
  expect(response.headers.get('date')).toMatch(/ GMT$/);
  expect(response.headers.get('x-ratelimit-remaining')).toBe('999');
  const failed = await request('/user');
  expect(failed.status).toBe(502);
  const ids = [response, failed].map(({ headers }) => headers.get('x-github-request-id'));
  expect(new Set(ids).size).toBe(2);
  expect((await request('/user')).status).toBe(403);
  const pull = '/repos/octo-org/shop/pulls/42: 200';
  expect(outcomes).toEqual([pull, '/user: response', '/user: 403']);
});

test('in process, each exchange is reported after it was applied', async () => {
  const { repository, github, network, client, named, run } = openGitHubScene();
  openPull(github, repository, { number: 42 });
  const outcomes: string[] = [];
  network.onExchange = ({ path }, outcome) => {
    outcomes.push(`${path}: ${outcome}`);
    closePull(github, repository, 42);
  };
  network.schedule.push({ kind: 'reset' });
  expect(await run(readPull(client, named, 42))).toMatchObject({ state: 'closed' });
  const path = '/repos/octo-org/shop/pulls/42';
  expect(outcomes).toEqual([`${path}: reset`, `${path}: 200`]);
});

test('a stale read shows what a pull request, its comments and branches were before', async () => {
  const { repository, github, clock, token } = openGitHubScene();
  openPull(github, repository, { number: 42, branch: 'feature' });
  const before = repository.branches.now().get('feature');
  await pass({ clock }, 10_000);
  closePull(github, repository, 42);
  pushTo(github, repository, 'feature');
  commentBy(github, repository, { by: 'octocat', pull: 42, body: 'x' });
  Object.assign(github.lag, { pulls: 1_000, comments: 2_000, branches: 3_000 });
  const read = () =>
    ['pulls/42', 'issues/42/comments', 'git/ref/heads/feature'].map((path) => {
      const url = `/repos/octo-org/shop/${path}`;
      const authorization = `Bearer ${token.secret}`;
      return github.handle({ method: 'GET', path: url, authorization, body: '' }).body;
    });
  const [pull, comments, ref] = [
    { state: 'open', updated_at: '2026-01-01T00:00:00Z' },
    [],
    { object: { sha: before } },
  ];
  const closed = { state: 'closed', updated_at: '2026-01-01T00:00:10Z' };
  expect(read()).toMatchObject([pull, comments, ref]);
  await pass({ clock }, 1_000);
  expect(read()).toMatchObject([closed, comments, ref]);
  await pass({ clock }, 1_000);
  expect(read()).toMatchObject([closed, [{ body: 'x' }], ref]);
  await pass({ clock }, 1_000);
  const { sha } = { sha: repository.branches.now().get('feature') };
  expect(read()).toMatchObject([closed, [{ body: 'x' }], { object: { sha } }]);
});

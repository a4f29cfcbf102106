import { describe, expect, test } from '@jest/globals';
import { closePull, deleteRepository, mergePull, openPull } from '../../sandbox/github/people.ts';
import { addRepository } from '../../sandbox/github/seed.ts';
import { isOwnPull, type Pull, readPull } from '../../src/github/pulls.ts';
import { type GitHubScene, openGitHubScene, reportOf } from '../support/github-scene.ts';

const CALL = 'GET /repos/:owner/:repo/pulls/:number';

/** What happens to the pull request #42 before it is read. */
const STATES: [string, (scene: GitHubScene) => unknown, Pull['state']][] = [
  ['is open', () => undefined, 'open'],
  ['was closed', ({ github, repository }) => closePull(github, repository, 42), 'closed'],
  ['was merged', ({ github, repository }) => mergePull(github, repository, 42), 'closed'],
];

describe('a pull request is read', () => {
  test.each(STATES)('that %s', async (_, act, state) => {
    const scene = openGitHubScene({ isPrivate: true });
    openPull(scene.github, scene.repository, { number: 42 });
    act(scene);
    const pull = await scene.run(readPull(scene.client, scene.named, 42));
    expect(pull).toEqual({
      number: 42,
      state,
      updated_at: '2026-01-01T00:00:00Z',
      head: {
        sha: scene.repository.branches.now().get('feature'),
        repo: { id: scene.repository.id },
      },
    });
    expect(scene.network.calls).toEqual([CALL]);
    expect(isOwnPull(pull as Pull, scene.named)).toBe(true);
  });

  test('from a fork, which may have been deleted', async () => {
    const { github, repository, client, named, run } = openGitHubScene();
    const fork = addRepository(github, { name: 'mallory/shop', isFork: true });
    openPull(github, repository, { number: 42, from: fork });
    const pull = await run(readPull(client, named, 42));
    expect(pull).toMatchObject({ head: { repo: { id: fork.id } } });
    deleteRepository(github, fork);
    const orphan = await run(readPull(client, named, 42));
    expect(orphan).toMatchObject({ state: 'open', head: { repo: null } });
    expect([pull, orphan].map((read) => isOwnPull(read as Pull, named))).toEqual([false, false]);
  });
});

describe('a pull request that cannot be read is an error that names the permission', () => {
  test.each([
    ['the permission is missing', { isPrivate: true, permissions: {} }, 42],
    ['the token is for another repository', { isPrivate: true, repository: 999_999 }, 42],
    ['it does not exist', {}, 43],
  ])('if %s', async (_, options, number) => {
    const { github, repository, client, named, run, network } = openGitHubScene(options);
    openPull(github, repository, { number: 42 });
    const { code, title, lines } = reportOf(await run(readPull(client, named, number)));
    expect([code, title]).toEqual([
      'not-found',
      `Could not read pull request #${number} of octo-org/shop: GitHub does not find it (HTTP 404)`,
    ]);
    expect(lines.join('\n')).toMatch(/permission pull-requests: read/);
    expect(network.calls).toEqual([CALL, CALL]);
  });

  test('if GitHub forbids it', async () => {
    const body = '{"message":"Resource not accessible by integration"}';
    const { client, named, run } = openGitHubScene({
      schedule: [{ kind: 'response', status: 403, body }],
    });
    const { code, lines } = reportOf(await run(readPull(client, named, 42)));
    expect(code).toBe('forbidden');
    expect(lines.join('\n')).toMatch(
      /Resource not accessible by integration\n.*pull-requests: read/,
    );
  });
});

test('a response about another pull request is not used', async () => {
  const other = { number: 41, state: 'closed', updated_at: '2026-01-01T00:00:00Z' };
  const body = JSON.stringify({ ...other, head: { sha: 'a', repo: null } });
  const { github, repository, client, named, run, network } = openGitHubScene({
    schedule: [{ kind: 'response', status: 200, body }],
  });
  openPull(github, repository, { number: 42 });
  expect(await run(readPull(client, named, 42))).toMatchObject({ number: 42, state: 'open' });
  expect(network.calls).toHaveLength(2);
});

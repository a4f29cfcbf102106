import { describe, expect, test } from '@jest/globals';
import { changeBranch } from '../../sandbox/github/changes.ts';
import { findBranch } from '../../src/github/branches.ts';
import { type GitHubScene, openGitHubScene, reportOf } from '../support/github-scene.ts';

const READ = 'GET /repos/:owner/:repo/git/ref/heads/:branch*';
const LIST = 'GET /repos/:owner/:repo/git/matching-refs/heads/:prefix*';
const SHA = 'a1'.repeat(20);

const find = ({ client, named, run }: GitHubScene, name: string) =>
  run(findBranch(client, named, name));

/** Names of branches that would break a path that is not encoded. */
const NAMES = [
  'feature',
  'feature/x/y',
  'fix#12',
  'fix#12/part',
  'what?',
  'a?b=c&d',
  '100%',
  '%2F',
  'a%20b',
  'käse/größe',
  '日本',
  "+a&b=c;d@e!f$g'h(i)",
  'UPPER/Case',
];

describe('a branch is found by its name, whole', () => {
  test.each(NAMES)('%s', async (name) => {
    const scene = openGitHubScene();
    changeBranch(scene.repository, name, SHA);
    expect(await find(scene, name)).toEqual({ sha: SHA });
    expect(scene.network.calls).toEqual([READ]);
  });
});

describe('a branch is gone if GitHub shows the default branch and not this one:', () => {
  test.each(NAMES)('%s', async (name) => {
    const scene = openGitHubScene();
    expect(await find(scene, name)).toBeUndefined();
    expect(scene.network.calls).toEqual([READ, READ, LIST, LIST]);
  });

  test('feature, also if feature/x is in place', async () => {
    const scene = openGitHubScene();
    changeBranch(scene.repository, 'feature/x', SHA);
    expect(await find(scene, 'feature')).toBeUndefined();
  });

  test('feature, also if the default branch has an unusual name', async () => {
    expect(await find(openGitHubScene({ defaultBranch: 'release/#1' }), 'feature')).toBeUndefined();
  });
});

describe('a branch that cannot be read is an error that names the permission', () => {
  test.each([
    ['in a public repository', { permissions: {} }, 'forbidden'],
    ['in a private repository', { isPrivate: true, permissions: {} }, 'not-found'],
  ])('%s', async (_, options, code) => {
    const scene = openGitHubScene(options);
    changeBranch(scene.repository, 'feature', SHA);
    const report = reportOf(await find(scene, 'feature'));
    expect(report.code).toBe(code);
    expect(report.lines.join('\n')).toMatch(/permission contents: read/);
  });

  test('if the list of branches does not have the default branch', async () => {
    const scene = openGitHubScene();
    changeBranch(scene.repository, 'main', undefined);
    const report = reportOf(await find(scene, 'feature'));
    expect(report.lines[0]).toMatch(/it has no branch main/);
    expect(report.lines.join('\n')).toMatch(/permission contents: read/);
    expect(scene.network.calls).toEqual([READ, READ, LIST]);
  });
});

/** Creates or deletes the branch `feature` after so many exchanges. */
function changeAfter({ network, repository }: GitHubScene, exchanges: number, sha?: string) {
  let seen = 0;
  network.onExchange = () => {
    seen += 1;
    if (seen === exchanges) changeBranch(repository, 'feature', sha);
  };
}

describe('a branch that is created while it is looked up is found', () => {
  test('between the first HTTP 404 and its confirmation', async () => {
    const scene = openGitHubScene();
    changeAfter(scene, 1, SHA);
    expect(await find(scene, 'feature')).toEqual({ sha: SHA });
  });

  test('before the list, if it begins with the name of the default branch', async () => {
    const scene = openGitHubScene({ defaultBranch: 'feat' });
    changeAfter(scene, 2, SHA);
    expect(await find(scene, 'feature')).toEqual({ sha: SHA });
  });

  // The list has only the branches that begin with the name of the default branch.
  test('before the list, whatever its name', async () => {
    const scene = openGitHubScene();
    changeAfter(scene, 2, SHA);
    expect(await find(scene, 'feature')).toEqual({ sha: SHA });
  });
});

test('a single wrong HTTP 404 for a branch has no effect', async () => {
  const body = '{"message":"Not Found"}';
  const scene = openGitHubScene({ schedule: [{ on: READ, kind: 'response', status: 404, body }] });
  changeBranch(scene.repository, 'feature', SHA);
  expect(await find(scene, 'feature')).toEqual({ sha: SHA });
});

test('a response about another branch is not used', async () => {
  const body = JSON.stringify({ ref: 'refs/heads/feature/x', object: { sha: 'b2' } });
  const scene = openGitHubScene({ schedule: [{ kind: 'response', status: 200, body }] });
  changeBranch(scene.repository, 'feature', SHA);
  expect(await find(scene, 'feature')).toEqual({ sha: SHA });
});

// Two wrong ones, of a replica that lags, would delete a preview: the list does not have the branch.
test('a branch whose creation is not visible yet, while the list is, is found', async () => {
  const body = '{"message":"Not Found"}';
  const missing = { on: READ, kind: 'response', status: 404, body } as const;
  const scene = openGitHubScene({ schedule: [missing, missing] });
  changeBranch(scene.repository, 'feature', SHA);
  expect(await find(scene, 'feature')).toEqual({ sha: SHA });
});

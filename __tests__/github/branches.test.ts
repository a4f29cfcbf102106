import { describe, expect, test } from '@jest/globals';
import { changeBranch } from '../../sandbox/github/changes.ts';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import { findBranch } from '../../src/github/branches.ts';
import { type GitHubScene, openGitHubScene, reportOf } from '../support/github-scene.ts';

const READ = 'GET /repos/:owner/:repo/git/ref/heads/:branch*';
const READ_AT_GITEA = 'GET /repos/:owner/:repo/branches/:branch*';
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

describe.each([
  ['GitHub', READ],
  ['Gitea', READ_AT_GITEA],
] as const)('on %s, a branch', (engine, call) => {
  test.each(NAMES)('%s is found by its name, whole', async (name) => {
    const scene = openGitHubScene({ engine });
    changeBranch(scene.repository, name, SHA);
    expect(await find(scene, name)).toEqual({ sha: SHA });
    expect(scene.network.calls).toEqual([call]);
  });

  test.each(NAMES)(
    '%s is gone if it is missing before and after the default branch',
    async (name) => {
      const scene = openGitHubScene({ engine, defaultBranch: 'release/#1' });
      changeBranch(scene.repository, `${name}/x`, SHA);
      const paths: string[] = [];
      scene.network.onExchange = ({ path }) => paths.push(path);
      expect(await find(scene, name)).toBeUndefined();
      const [own, ...others] = paths;
      // The last one confirms the one before.
      expect(others).toEqual([expect.stringMatching(/\/release\/%231$/), own, own]);
      expect(scene.network.calls).toEqual(Array(4).fill(call));
    },
  );
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
});

function after({ network }: GitHubScene, exchanges: number, act: () => void) {
  let seen = 0;
  network.onExchange = () => {
    seen += 1;
    if (seen === exchanges) act();
  };
  if (exchanges === 0) act();
}

describe.each([
  ['the branch', 0],
  ['the default branch', 1],
  ['the branch once more', 2],
])('while it reads %s, a branch is not gone after', (_, exchanges) => {
  test.each<[string, Omit<InProcessFault & { kind: 'response' }, 'kind'>]>([
    ['HTTP 403', { status: 403, body: '{}' }],
    ['a redirect', { status: 301, headers: { location: 'https://github.test/x' }, body: '{}' }],
    ['an HTTP 404 that is not that of the API', { status: 404, body: '<p>Not Found</p>' }],
  ])('%s', async (__, response) => {
    const scene = openGitHubScene();
    const fault = { kind: 'response' as const, ...response };
    after(scene, exchanges, () => scene.network.schedule.push(fault, fault));
    const { title } = reportOf(await find(scene, 'feature'));
    expect(title).toContain(`(HTTP ${response.status})`);
  });
});

test.each([1, 2, 3])('a branch that is created after %i requests is found', async (requests) => {
  const scene = openGitHubScene();
  after(scene, requests, () => changeBranch(scene.repository, 'feature', SHA));
  expect(await find(scene, 'feature')).toEqual({ sha: SHA });
});

// Of a replica that lags: they would delete a preview.
test.each([1, 2])('%i wrong HTTP 404 for a branch have no effect', async (count) => {
  const on = 'GET /repos/octo-org/shop/git/ref/heads/feature';
  const missing = { on, kind: 'response', status: 404, body: '{"message":"Not Found"}' } as const;
  const scene = openGitHubScene({ schedule: Array(count).fill(missing) });
  changeBranch(scene.repository, 'feature', SHA);
  expect(await find(scene, 'feature')).toEqual({ sha: SHA });
});

test('a response about another branch is not used', async () => {
  const body = JSON.stringify({ ref: 'refs/heads/feature/x', object: { sha: 'b2' } });
  const scene = openGitHubScene({ schedule: [{ kind: 'response', status: 200, body }] });
  changeBranch(scene.repository, 'feature', SHA);
  expect(await find(scene, 'feature')).toEqual({ sha: SHA });
});

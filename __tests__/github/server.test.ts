import { describe, expect, test } from '@jest/globals';
import { openPull, renameRepository } from '../../sandbox/github/people.ts';
import { readPull } from '../../src/github/pulls.ts';
import { gitHub } from '../../src/github/server.ts';
import { type GitHubScene, openGitHubScene, reportOf } from '../support/github-scene.ts';

/** Rejects what follows for 5 s by a rate limit. */
const LIMITS: [string, (scene: GitHubScene) => unknown][] = [
  [
    'a secondary rate limit, with Retry-After',
    ({ github, clock }) => {
      github.limitedUntil = new Date(github.now().getTime() + 5_000 - clock.now());
    },
  ],
  [
    'the primary rate limit, with x-ratelimit-reset',
    ({ github, token }) => {
      token.limit = {
        ...token.limit,
        remaining: 0,
        resetsAt: new Date(github.now().getTime() + 5_000),
      };
    },
  ],
];

describe.each([403, 429] as const)('HTTP %i', (status) => {
  describe.each(LIMITS)('for %s', (_, limit) => {
    test('delays all requests until the limit ends', async () => {
      const scene = openGitHubScene();
      const { github, repository, client, named, clock, network } = scene;
      github.limitStatus = status;
      for (const number of [41, 42]) openPull(github, repository, { number });
      limit(scene);
      const first = await scene.run(readPull(client, named, 41));
      const second = await scene.run(readPull(client, named, 42));
      expect([first, second]).toMatchObject([{ number: 41 }, { number: 42 }]);
      expect(network.calls).toHaveLength(3);
      expect(Math.floor(clock.now() / 1000)).toBe(5);
    });

    // HTTP 403 is described as a missing permission, by its status.
    test('is reported as throttling if the timeout ends first', async () => {
      const scene = openGitHubScene({ timeout: 3_000 });
      scene.github.limitStatus = status;
      openPull(scene.github, scene.repository, { number: 42 });
      limit(scene);
      const { code, lines } = reportOf(await scene.run(readPull(scene.client, scene.named, 42)));
      expect(lines.join('\n')).not.toMatch(/permission/);
      expect(code).toBe('throttled');
    });
  });
});

const USED_UP = {
  date: 'Thu, 01 Jan 2026 00:00:00 GMT',
  'x-ratelimit-remaining': '0',
  'x-ratelimit-reset': String(Date.UTC(2026, 0, 1) / 1000 + 7),
};

test.each([
  ['until the primary rate limit resets, by the clock of GitHub', USED_UP, 7_000],
  ['no longer, if that is over', { ...USED_UP, 'x-ratelimit-reset': '1' }, 0],
  [
    'for a finite time, whatever it says',
    { ...USED_UP, 'x-ratelimit-reset': '9'.repeat(400) },
    Number.MAX_SAFE_INTEGER - Date.UTC(2026, 0, 1),
  ],
  ['as long as Retry-After, if it has both', { ...USED_UP, 'retry-after': '3' }, 3_000],
  ['not, if requests are left', { ...USED_UP, 'x-ratelimit-remaining': '1' }, undefined],
  ['not, if the time is invalid', { ...USED_UP, 'x-ratelimit-reset': 'soon' }, undefined],
  ['not, if the time is missing', { ...USED_UP, 'x-ratelimit-reset': undefined }, undefined],
  ['not, if it has no date', { ...USED_UP, date: undefined }, undefined],
])('a response asks to wait %s', (_, headers, ms) => {
  const { retryAfterMs } = gitHub({ apiUrl: 'https://github.test', token: 'x' });
  expect(retryAfterMs({ status: 403, headers, body: '' })).toBe(ms);
});

test('the token and the version of the API are in the headers of each request', () => {
  expect(gitHub({ apiUrl: 'https://github.test', token: 'x' }).headers).toEqual({
    accept: 'application/vnd.github+json',
    authorization: 'Bearer x',
    'x-github-api-version': '2022-11-28',
  });
});

test('the id of a request that fails is reported for the support of GitHub', async () => {
  const { client, named, run } = openGitHubScene();
  const { details } = reportOf(await run(readPull(client, named, 42)));
  expect(details?.at(-1)).toMatch(
    /^Request id for GitHub's support: x-github-request-id 5B0C:[0-9A-F]{6}$/,
  );
});

test('an invalid token is reported as that', async () => {
  const { client, named, run, token } = openGitHubScene();
  token.secret = 'revoked';
  const { code, title, lines, details } = reportOf(await run(readPull(client, named, 42)));
  expect(code).toBe('unauthorized');
  expect(title).toMatch(/: GitHub rejected github-token \(HTTP 401\)$/);
  expect(lines[0]).toMatch(/^github-token must be/);
  expect(details?.[0]).toMatch(/: Bad credentials$/);
});

test('a repository that was renamed is not looked for under another name', async () => {
  const { github, repository, client, named, run, network } = openGitHubScene();
  openPull(github, repository, { number: 42 });
  renameRepository(repository, 'octo-org/store');
  const { details } = reportOf(await run(readPull(client, named, 42)));
  expect(details?.[0]).toMatch(
    /HTTP 301 Moved Permanently to https:\/\/github.test\/repositories\/\d+\. Redirects are not/,
  );
  expect(network.calls).toHaveLength(1);
});

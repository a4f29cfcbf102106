import { describe, expect, test } from '@jest/globals';
import { openPull, renameRepository } from '../../sandbox/github/people.ts';
import { sendComment } from '../../src/github/comments.ts';
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

const UNTIL = { waitMs: 7_000, until: 'until 00:00 UTC' };
const GUESS = { waitMs: 60_000, isGuess: true };
const SECONDARY = JSON.stringify({ message: 'You have exceeded a secondary rate limit.' });
const FORBIDDEN = JSON.stringify({ message: 'Resource not accessible by integration' });

test.each([
  ['until the primary rate limit resets, by the clock of GitHub', USED_UP, '', UNTIL],
  [
    'no longer, if that is over',
    { ...USED_UP, 'x-ratelimit-reset': '1' },
    '',
    { waitMs: 0, until: 'until 00:00 UTC' },
  ],
  [
    'as long as Retry-After, if it has both',
    { ...USED_UP, 'retry-after': '3' },
    '',
    { waitMs: 3_000 },
  ],
  ['a minute, if Retry-After is not plausible', { 'retry-after': '3601' }, '', GUESS],
  [
    'a minute, if the reset is hours away',
    { ...USED_UP, 'x-ratelimit-reset': '9'.repeat(400) },
    '',
    GUESS,
  ],
  ['a minute, if the reset is invalid', { ...USED_UP, 'x-ratelimit-reset': 'soon' }, '', GUESS],
  ['a minute, if the reset is missing', { ...USED_UP, 'x-ratelimit-reset': undefined }, '', GUESS],
  ['a minute, if it has no date', { ...USED_UP, date: undefined }, '', GUESS],
  [
    'a minute, if the clock of GitHub is wrong',
    { ...USED_UP, date: 'Thu, 01 Jan 1970 00:00:00 GMT' },
    '',
    GUESS,
  ],
  [
    'a minute, if it names a secondary rate limit',
    { 'x-ratelimit-remaining': '900' },
    SECONDARY,
    GUESS,
  ],
  ['not, if it names none', { 'x-ratelimit-remaining': '900' }, FORBIDDEN, undefined],
  ['not, if requests are left', { ...USED_UP, 'x-ratelimit-remaining': '1' }, '', undefined],
])('a response asks to wait %s', (_, headers, body, expected) => {
  const { throttling } = gitHub({ apiUrl: 'https://github.test', token: 'x' });
  expect(throttling({ status: 403, headers, body })).toEqual(expected);
});

describe('a secondary rate limit that does not say how long', () => {
  const limited = (ms: number) => {
    const scene = openGitHubScene({ timeout: 600_000 });
    openPull(scene.github, scene.repository, { number: 42 });
    scene.github.limitSaysHowLong = false;
    scene.github.limitedUntil = new Date(scene.github.now().getTime() + ms);
    return scene;
  };

  test('is waited for a minute, then exponentially longer, by a step that has the time', async () => {
    const scene = limited(200_000);
    const patient = scene.client.withPatience('any');
    expect(await scene.run(readPull(patient, scene.named, 42))).toMatchObject({ number: 42 });
    // After 0, 60, 180 and 420 s.
    expect([scene.network.calls.length, Math.floor(scene.clock.now() / 1000)]).toEqual([4, 420]);
  });

  test('begins at a minute again once GitHub has accepted a request', async () => {
    const scene = limited(30_000);
    const patient = scene.client.withPatience('any');
    await scene.run(readPull(patient, scene.named, 42));
    scene.github.limitedUntil = new Date(scene.github.now().getTime() + 30_000);
    const start = scene.clock.now();
    await scene.run(readPull(patient, scene.named, 42));
    expect(Math.floor((scene.clock.now() - start) / 1000)).toBe(60);
  });

  test('is not waited for by a job, and is reported as throttling', async () => {
    const scene = limited(200_000);
    const { code, title, lines } = reportOf(
      await scene.run(readPull(scene.client, scene.named, 42)),
    );
    expect([code, scene.network.calls]).toEqual(['throttled', [expect.anything()]]);
    expect(title).toMatch(/: GitHub limits the rate of requests \(HTTP 403\)$/);
    expect(lines.join('\n')).not.toMatch(/permission/);
  });
});

test('the hourly limit is reported with its end', async () => {
  const scene = openGitHubScene();
  const resetsAt = new Date(scene.github.now().getTime() + 2_400_000);
  scene.token.limit = { ...scene.token.limit, remaining: 0, resetsAt };
  const { title } = reportOf(await scene.run(readPull(scene.client, scene.named, 42)));
  expect(title).toMatch(/: GitHub limits the rate of requests until 00:40 UTC \(HTTP 403\)$/);
});

test('writes keep a second between them, and reads do not', async () => {
  const { client, named, repository, github, run, clock } = openGitHubScene();
  openPull(github, repository, { number: 42 });
  const start = clock.now();
  await run(Promise.all([1, 2, 3].map((one) => sendComment(client, named, 42, `${one}`))));
  expect(Math.floor((clock.now() - start) / 1000)).toBe(2);
  const read = clock.now();
  await run(Promise.all([1, 2, 3].map(() => readPull(client, named, 42))));
  expect(Math.floor((clock.now() - read) / 1000)).toBe(0);
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

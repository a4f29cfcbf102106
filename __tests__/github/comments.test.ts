import { describe, expect, test } from '@jest/globals';
import { commentBy, openPull } from '../../sandbox/github/people.ts';
import type { InProcessFault } from '../../sandbox/http/in-process.ts';
import {
  type Comment,
  deleteComment,
  listComments,
  readLogin,
  sendComment,
  updateComment,
} from '../../src/github/comments.ts';
import { ApiError } from '../../src/http/request.ts';
import { type GitHubSceneOptions, openGitHubScene, reportOf } from '../support/github-scene.ts';
import { SHOP } from '../support/known-repositories.ts';
import { openRecordingClient } from '../support/recording-client.ts';

const LIST = 'GET /repos/:owner/:repo/issues/:number/comments';

/** A GitHub whose pull request #42 has so many comments. */
function openWith(count: number, options: GitHubSceneOptions = {}) {
  const scene = openGitHubScene(options);
  const { github, repository } = scene;
  openPull(github, repository, { number: 41 });
  openPull(github, repository, { number: 42 });
  commentBy(github, repository, { by: 'octocat', pull: 41, body: 'of another' });
  for (let at = 1; at <= count; at += 1) {
    commentBy(github, repository, { by: 'octocat', pull: 42, body: `#${at}` });
  }
  return scene;
}

async function readAll(comments: AsyncIterable<Comment>): Promise<Comment[]> {
  const all: Comment[] = [];
  for await (const comment of comments) all.push(comment);
  return all;
}

describe('the comments of a pull request are listed, the oldest first', () => {
  test.each([
    [0, 1],
    [29, 1],
    [30, 2],
    [31, 2],
    [60, 2],
    [95, 4],
  ])('%i of them with %i requests', async (count, requests) => {
    const { client, named, run, network } = openWith(count, { isPrivate: true });
    const comments = await run(readAll(listComments(client, named, 42)));
    expect(comments).toEqual(
      Array.from({ length: count }, (_, at) => ({
        id: expect.any(Number),
        body: `#${at + 1}`,
        user: { login: 'octocat' },
      })),
    );
    expect(network.calls).toEqual(Array(requests).fill(LIST));
  });

  /** Lists the comments of a server that returns those with the ids of `idsAt` for a page. */
  const readPages = async (idsAt: (page: number) => readonly number[], link?: string) => {
    const { client, run, sent } = openRecordingClient(({ url }) => {
      const page = Number(new URL(url).searchParams.get('page'));
      const body = JSON.stringify(idsAt(page).map((id) => ({ id, body: '', user: null })));
      return { body, ...(link !== undefined && { headers: { link } }) };
    });
    const listed = await run(readAll(listComments(client, SHOP, 42)));
    return { listed, urls: sent.map(({ url }) => url) };
  };
  const LISTED = 'https://openrouter.test/api/v1/repos/octo-org/shop/issues/42/comments';

  const thirtyFrom = (first: number) => Array.from({ length: 30 }, (_, at) => first + at);

  test('by the number of the page', async () => {
    const pages = [thirtyFrom(1), thirtyFrom(31), [61]];
    const { listed, urls } = await readPages((page) => pages[page - 1] ?? []);
    expect(listed).toMatchObject(pages.flat().map((id) => ({ id })));
    expect(urls).toEqual([1, 2, 3].map((page) => `${LISTED}?per_page=30&page=${page}`));
  });

  // If a comment is listed twice, the second one looks like a duplicate that is to be deleted.
  test('once each if a page has some of an earlier one', async () => {
    const pages = [thirtyFrom(1), thirtyFrom(20), [50]];
    const { listed, urls } = await readPages((page) => pages[page - 1] ?? []);
    expect((listed as Comment[]).map(({ id }) => id)).toEqual(
      Array.from({ length: 50 }, (_, at) => at + 1),
    );
    expect(urls).toHaveLength(3);
  });

  test('also after a page that is shorter than requested, if Link has a next one', async () => {
    const pages = [[1, 2], [3]];
    const next = '<https://elsewhere.test/comments?page=2>; rel="next"';
    const { listed, urls } = await readPages((page) => pages[page - 1] ?? [], next);
    expect(listed).toMatchObject([1, 2, 3].map((id) => ({ id })));
    expect(urls).toEqual([1, 2, 3].map((page) => `${LISTED}?per_page=30&page=${page}`));
  });

  test('to the page that has no next one in Link, even if it is full', async () => {
    const { urls } = await readPages(thirtyFrom, '<?page=1>; rel="prev", <?page=1>; rel="first"');
    expect(urls).toHaveLength(1);
  });

  test('at most 1,000 pages long', async () => {
    const { listed, urls } = await readPages((page) => thirtyFrom(page * 30));
    expect(listed).toMatchObject({ details: { reason: 'the list has more than 1000 pages' } });
    expect(urls).toHaveLength(1_000);
  });

  // Gitea returns all of them for each page.
  test.each([
    [29, 1],
    [30, 2],
    [31, 2],
  ])('once if the server has no pages: %i of them with %i requests', async (count, requests) => {
    const { client, named, run, network } = openWith(count, { engine: 'Gitea', timeout: 1_000 });
    const comments = await run(readAll(listComments(client, named, 42)));
    expect(comments).toHaveLength(count);
    expect(network.calls).toHaveLength(requests);
  });

  test('as far as they are needed', async () => {
    const { client, named, run, network } = openWith(95);
    const second = async () => {
      for await (const { body } of listComments(client, named, 42)) if (body === '#2') return body;
      return undefined;
    };
    expect(await run(second())).toBe('#2');
    expect(network.calls).toEqual([LIST]);
  });

  test('also of a user who no longer exists', async () => {
    const body = '[{"id":1,"body":"x","user":null}]';
    const { client, named, run } = openWith(0, {
      schedule: [{ kind: 'response', status: 200, body }],
    });
    const comments = await run(readAll(listComments(client, named, 42)));
    expect(comments).toEqual([{ id: 1, body: 'x', user: null }]);
  });
});

test('a comment is added, then changed', async () => {
  const { client, named, run, repository } = openWith(1);
  const outcome = await run(sendComment(client, named, 42, 'first'));
  const expected = { body: 'first', user: { login: 'github-actions[bot]' } };
  expect(outcome).toMatchObject({ kind: 'succeeded', response: { data: expected } });
  const comment = repository.comments.now().at(-1);
  expect(comment).toMatchObject({ pull: 42, body: 'first' });
  await run(updateComment(client, named, { id: comment?.id ?? 0, pull: 1 }, 'second'));
  expect(repository.comments.now().map(({ body }) => body)).toEqual(['of another', '#1', 'second']);
});

test('a comment is deleted, and deleting a missing one succeeds', async () => {
  const { client, named, run, repository, network } = openWith(1);
  const [, comment] = repository.comments.now();
  for (let times = 0; times < 2; times += 1) {
    expect(
      await run(deleteComment(client, named, { id: comment?.id ?? 0, pull: 1 })),
    ).toBeUndefined();
  }
  expect(repository.comments.now().map(({ body }) => body)).toEqual(['of another']);
  expect(network.calls).toHaveLength(2);
});

const READ_ONLY = { permissions: { 'pull-requests': 'read' } } as const;
const PRIVATE = { permissions: {}, isPrivate: true };

test.each([
  ['list comments', PRIVATE],
  ['change a comment', READ_ONLY],
  ['change a comment', PRIVATE],
])(
  'a token that may not %s (%j) gets an error that names the permission',
  async (what, options) => {
    const { client, named, run } = openWith(1, options);
    const call =
      what === 'list comments'
        ? readAll(listComments(client, named, 42))
        : updateComment(client, named, { id: 1, pull: 1 }, 'x');
    expect(reportOf(await run<unknown>(call)).lines.join('\n')).toMatch(
      /permission pull-requests: write/,
    );
  },
);

/** What becomes of a comment, and whether it is there afterwards. */
const OUTCOMES: [string, GitHubSceneOptions, string, string, boolean][] = [
  ['without a permission', READ_ONLY, 'x', 'rejected', false],
  ['without a permission in a private repository', PRIVATE, 'x', 'rejected', false],
  ['that is too long', {}, 'x'.repeat(65_537), 'rejected', false],
  [
    'whose response is lost',
    { schedule: [{ kind: 'reset', applied: true }] },
    'x',
    'ambiguous',
    true,
  ],
  ['that does not arrive', { schedule: [{ kind: 'reset' }] }, 'x', 'ambiguous', false],
  ['whose connection is refused', { schedule: [{ kind: 'refused' }] }, 'x', 'unsent', false],
];

test.each(OUTCOMES)('a comment %s is sent once', async (_, options, body, kind, exists) => {
  const { client, named, run, network, repository } = openWith(0, options);
  expect(await run(sendComment(client, named, 42, body))).toMatchObject({ kind });
  expect(network.calls).toHaveLength(1);
  expect(repository.comments.now()).toHaveLength(exists ? 2 : 1);
});

describe('the login of a token is', () => {
  const JOB = 'gitea-actions';
  const on = 'POST /graphql';

  test.each([
    ['that of its user', 'octocat'],
    ['that of the token of a job', 'github-actions[bot]'],
    ['that of an app', 'my-app[bot]'],
  ])('%s, by one request', async (_, login) => {
    const { client, named, run, network } = openGitHubScene({ login });
    expect(await run(readLogin(client, named, JOB))).toBe(login);
    expect(network.calls).toEqual([on]);
  });

  // Gitea and Forgejo have no GraphQL.
  describe.each([
    ['that of its user', 'octocat', 'octocat'],
    ['that of a job, which may not ask', 'my-app[bot]', JOB],
  ])('%s', (_, login, expected) => {
    test('on Gitea, which gets no request for GraphQL', async () => {
      const { client, named, run, network } = openGitHubScene({ login, engine: 'Gitea' });
      expect(await run(readLogin(client, named, JOB))).toBe(expected);
      expect(network.calls).toEqual(['GET /user']);
    });

    test('on a Gitea that the runner does not report, such as under act', async () => {
      const { client, named, run, network } = openGitHubScene({ login, engine: 'Gitea' });
      expect(await run(readLogin(client, { ...named, isGitea: false }, JOB))).toBe(expected);
      expect(network.calls).toEqual([on, 'GET /user']);
    });

    test.each([404, 405, 501])('on a server that has no GraphQL, by HTTP %i', async (status) => {
      const schedule: InProcessFault[] = [{ on, kind: 'response', status }];
      const { client, named, run, network } = openGitHubScene({ login, schedule });
      expect(await run(readLogin(client, named, JOB))).toBe(expected);
      expect(network.calls).toEqual([on, 'GET /user']);
    });
  });

  const viewer = { viewer: { login: 'octocat' } };
  const answer = (body: object) => ({ status: 200, body: JSON.stringify(body) });

  // A wrong login would add a comment in each run.
  test.each<[string, { status: number; body?: string }]>([
    ['HTTP 403', { status: 403 }],
    ['HTTP 401', { status: 401 }],
    ['HTTP 410', { status: 410 }],
    ['errors', answer({ data: viewer, errors: [{ message: 'No' }] })],
    ['no viewer', answer({ data: null })],
    ['no login', answer({ data: { viewer: {} } })],
  ])('unknown after %s, which is not repeated', async (_, fault) => {
    const schedule: InProcessFault[] = [{ on, kind: 'response', ...fault }];
    const { client, named, run, network } = openGitHubScene({ schedule });
    expect(await run(readLogin(client, named, JOB))).toBeInstanceOf(ApiError);
    expect(network.calls).toEqual([on]);
  });

  test('unknown if GET /user fails in another way than HTTP 403', async () => {
    const schedule: InProcessFault[] = [{ on: 'GET /user', kind: 'response', status: 401 }];
    const { client, named, run } = openGitHubScene({ schedule, engine: 'Gitea' });
    expect(await run(readLogin(client, named, JOB))).toBeInstanceOf(ApiError);
  });

  test('that of its user after a reset connection', async () => {
    const schedule: InProcessFault[] = [{ kind: 'reset' }];
    const { client, named, run } = openGitHubScene({ login: 'octocat', schedule });
    expect(await run(readLogin(client, named, JOB))).toBe('octocat');
  });
});

// A bot that reports coverage writes such comments.
test('a full page of the longest comments is read, also if each character takes six bytes', async () => {
  const { client, run, sent } = openRecordingClient([{ body: '[]' }]);
  await run(readAll(listComments(client, SHOP, 42)));
  const longest = '\\u0001'.length * 65_536;
  expect(sent[0]?.maxBytes).toBeGreaterThan(30 * (longest + 4_096));
  expect(sent[0]?.maxBytes).toBe(12 * 1024 * 1024);
});

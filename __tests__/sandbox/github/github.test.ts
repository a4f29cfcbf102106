import { expect, test } from '@jest/globals';
import { type GitHubOptions, openGitHub } from '../../../sandbox/github/github.ts';
import { closePull, commentBy, openPull, pushTo } from '../../../sandbox/github/people.ts';
import { addRepository, addToken, type TokenFixture } from '../../../sandbox/github/seed.ts';
import type { Token } from '../../../sandbox/github/state.ts';

interface Options extends TokenFixture, Pick<GitHubOptions, 'engine'> {
  isPrivate?: boolean;
}

/** A GitHub with a pull request #42 that has one comment, and requests with a token to it. */
function open({ isPrivate = false, engine = 'GitHub', ...fixture }: Options = {}) {
  const clock = { now: Date.UTC(2026, 0, 1) };
  const github = openGitHub({ engine, now: () => new Date(clock.now) });
  const repository = addRepository(github, { name: 'octo-org/shop', id: 123456, isPrivate });
  openPull(github, repository, { number: 42 });
  const comment = commentBy(github, repository, { by: 'octocat', pull: 42, body: 'Hello' });
  const token = addToken(github, fixture);
  const request = (method: string, path: string, body = '') =>
    github.handle({ method, path, authorization: `Bearer ${token.secret}`, body });
  return { clock, github, repository, comment, token, request };
}

const READ: Partial<Token['permissions']> = { contents: 'read', 'pull-requests': 'read' };
const WRITE: Partial<Token['permissions']> = { contents: 'read', 'pull-requests': 'write' };

const PULL = '/repos/octo-org/shop/pulls/42';
const REF = '/repos/octo-org/shop/git/ref/heads/feature';
const COMMENTS = '/repos/octo-org/shop/issues/42/comments';

test.each([
  ['GET', PULL, { nothing: [200, 404], read: [200, 200], comment: [200, 200] }],
  ['GET', REF, { nothing: [403, 404], read: [200, 200], comment: [200, 200] }],
  ['GET', COMMENTS, { nothing: [200, 404], read: [200, 200], comment: [200, 200] }],
  ['POST', COMMENTS, { nothing: [403, 404], read: [403, 403], comment: [201, 201] }],
  ['GET', '/repos/octo-org/shop', { nothing: [200, 200], read: [200, 200], comment: [200, 200] }],
])('what a token may do in a public and a private repository: %s %s', (method, path, expected) => {
  const statuses = (permissions: Token['permissions'] | object) =>
    [false, true].map(
      (isPrivate) => open({ isPrivate, permissions }).request(method, path, '{"body":"x"}').status,
    );
  expect({ nothing: statuses({}), read: statuses(READ), comment: statuses(WRITE) }).toEqual(
    expected,
  );
});

test.each([
  ['GitHub', 200],
  ['Gitea', 405],
] as const)('a POST to GraphQL next to the API of %s is HTTP %i', (engine, status) => {
  const { request } = open({ engine });
  const body = JSON.stringify({ query: '{viewer{login}}' });
  expect(request('POST', '/graphql', body)).toMatchObject({ status });
});

test.each([
  ['GitHub', 1, ['Hello', '2']],
  ['GitHub', 2, ['3', '4']],
  ['GitHub', 3, ['5']],
  ['GitHub', 4, []],
  ['Gitea', 4, ['Hello', '2', '3', '4', '5']],
] as const)('%s lists, at page %i of two of five comments each, %j', (engine, page, bodies) => {
  const { github, repository, request } = open({ engine });
  for (const body of ['2', '3', '4', '5']) {
    commentBy(github, repository, { by: 'octocat', pull: 42, body });
  }
  const { body } = request('GET', `${COMMENTS}?per_page=2&page=${page}`);
  expect(body).toMatchObject(bodies.map((text) => ({ body: text })));
});

test('a stale read shows what a pull request, its comments and branches were before', () => {
  const { clock, github, repository, request } = open({ permissions: READ });
  const before = repository.branches.now().get('feature');
  clock.now += 10_000;
  pushTo(github, repository, 'feature');
  closePull(github, repository, 42);
  commentBy(github, repository, { by: 'octocat', pull: 42, body: 'x' });
  const after = repository.branches.now().get('feature');
  Object.assign(github.lag, { pulls: 1_000, comments: 2_000, branches: 3_000 });
  const readLater = () => {
    const [pull, comments, ref] = [PULL, COMMENTS, REF].map((path) => request('GET', path).body);
    clock.now += 1_000;
    const { state } = pull as { state: string };
    const { sha } = (ref as { object: { sha: string } }).object;
    return [state, (comments as object[]).length, sha];
  };
  expect(readLater()).toEqual(['open', 1, before]);
  expect(readLater()).toEqual(['closed', 1, before]);
  expect(readLater()).toEqual(['closed', 2, before]);
  expect(readLater()).toEqual(['closed', 2, after]);
});

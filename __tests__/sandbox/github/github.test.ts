import { expect, test } from '@jest/globals';
import { type GitHubOptions, openGitHub } from '../../../sandbox/github/github.ts';
import { commentBy, openPull, renameRepository } from '../../../sandbox/github/people.ts';
import { addRepository, addToken, type TokenFixture } from '../../../sandbox/github/seed.ts';
import type { Token } from '../../../sandbox/github/state.ts';

const NOW = new Date('2026-01-01T12:00:00.500Z');

interface Options extends TokenFixture, Pick<GitHubOptions, 'engine'> {
  isPrivate?: boolean;
}

/** A GitHub with a pull request #42 that has one comment, and requests with a token to it. */
function open({ isPrivate = false, engine = 'GitHub', ...fixture }: Options = {}) {
  const github = openGitHub({ engine, now: () => NOW, random: (size) => Buffer.alloc(size, 1) });
  const repository = addRepository(github, { name: 'octo-org/shop', id: 123456, isPrivate });
  openPull(github, repository, { number: 42, branch: 'feature/x' });
  const comment = commentBy(github, repository, { by: 'octocat', pull: 42, body: 'Hello' });
  const token = addToken(github, fixture);
  const request = (method: string, path: string, body = '') =>
    github.handle({ method, path, authorization: `Bearer ${token.secret}`, body });
  return { github, repository, comment, token, request };
}

const READ: Partial<Token['permissions']> = { contents: 'read', 'pull-requests': 'read' };
const WRITE: Partial<Token['permissions']> = { contents: 'read', 'pull-requests': 'write' };

const PULL = 'GET /repos/octo-org/shop/pulls/42';
const REF = 'GET /repos/octo-org/shop/git/ref/heads/feature/x';
const REPOSITORY = 'GET /repos/octo-org/shop';
const LIST = 'GET /repos/octo-org/shop/issues/42/comments';
const POST = 'POST /repos/octo-org/shop/issues/42/comments';
const PATCH = 'PATCH /repos/octo-org/shop/issues/comments/:id';

/** The status of each call, by what the token may do. */
const ACCESS: [string, Partial<Token['permissions']>, Record<string, [number, number]>][] = [
  // In a public repository, and in a private one.
  [
    'nothing',
    {},
    {
      [PULL]: [200, 404],
      [REF]: [403, 404],
      [REPOSITORY]: [200, 200],
      [LIST]: [200, 404],
      [POST]: [403, 404],
      [PATCH]: [403, 404],
    },
  ],
  [
    'read',
    READ,
    {
      [PULL]: [200, 200],
      [REF]: [200, 200],
      [LIST]: [200, 200],
      [POST]: [403, 403],
      [PATCH]: [403, 403],
    },
  ],
  ['comment', WRITE, { [PULL]: [200, 200], [POST]: [201, 201], [PATCH]: [200, 200] }],
];

test.each(
  ACCESS.flatMap(([name, permissions, calls]) =>
    Object.entries(calls).map(([call, statuses]) => ({ name, permissions, call, statuses })),
  ),
)('a token that may $name gets $statuses for $call', ({ permissions, call, statuses }) => {
  const responses = [false, true].map((isPrivate) => {
    const { request, comment } = open({ isPrivate, permissions });
    const [method = '', path = ''] = call.replace(':id', String(comment.id)).split(' ');
    return request(method, path, '{"body":"x"}');
  });
  expect(responses.map(({ status }) => status)).toEqual(statuses);
  for (const { status, body } of responses) {
    if (status === 403) {
      expect(body).toMatchObject({ message: 'Resource not accessible by integration' });
    }
    if (status === 404) expect(body).toMatchObject({ message: 'Not Found' });
  }
});

test('a token for one repository has no permission in another', () => {
  const { github, request } = open({ permissions: WRITE, repository: 123456 });
  const other = addRepository(github, { name: 'octo-org/other' });
  openPull(github, other, { number: 1 });
  expect(request('POST', '/repos/octo-org/other/issues/1/comments', '{"body":"x"}').status).toBe(
    403,
  );
});

test('a personal access token without the permission is rejected as that', () => {
  const { request } = open({ login: 'octocat' });
  expect(request('GET', '/repos/octo-org/shop/git/ref/heads/main')).toMatchObject({
    status: 403,
    body: { message: 'Resource not accessible by personal access token' },
  });
});

test('a request with an unknown token is HTTP 401 Unauthorized', () => {
  const { github } = open();
  for (const authorization of [undefined, 'Bearer ghs_other']) {
    const response = github.handle({ method: 'GET', path: '/user', authorization, body: '' });
    expect(response).toMatchObject({ status: 401, body: { message: 'Bad credentials' } });
  }
});

test.each([
  ['the token of a job', undefined, 403],
  ['an app', 'my-app[bot]', 403],
  ['a user', 'octocat', 200],
])('GET /user with the token of %s', (_, login, status) => {
  const response = open(login === undefined ? {} : { login }).request('GET', '/user');
  expect(response.status).toBe(status);
  if (status === 200) expect(response.body).toEqual({ login, type: 'User' });
});

test('a pull request has what the API documents', () => {
  const repo = { id: 123456, full_name: 'octo-org/shop', default_branch: 'main', fork: false };
  expect(open().request('GET', '/repos/octo-org/shop/pulls/42').body).toMatchObject({
    number: 42,
    state: 'open',
    merged: false,
    html_url: 'https://github.com/octo-org/shop/pull/42',
    user: { login: 'octocat' },
    head: { ref: 'feature/x', sha: '01'.repeat(20), repo },
    updated_at: '2026-01-01T12:00:00Z',
  });
});

test.each([
  ['feature/x', 200],
  ['feature%2Fx', 200],
  ['feature', 404],
  ['feature/x/', 404],
  ['feature/x?y', 200],
  ['%', 404],
])('the branch at the path %s is HTTP %i', (path, status) => {
  const { request } = open({ permissions: READ });
  expect(request('GET', `/repos/octo-org/shop/git/ref/heads/${path}`).status).toBe(status);
});

test.each([
  ['GitHub', 200, 404],
  ['Gitea', 404, 200],
] as const)('the two paths of a branch on %s are HTTP %i and %i', (engine, ref, branch) => {
  const { request } = open({ engine, permissions: READ });
  const statuses = ['git/ref/heads/feature/x', 'branches/feature/x'].map(
    (path) => request('GET', `/repos/octo-org/shop/${path}`).status,
  );
  expect(statuses).toEqual([ref, branch]);
});

test.each([
  ['', 30, 1],
  ['?per_page=2', 2, 1],
  ['?per_page=2&page=2', 2, 3],
  ['?per_page=1000', 100, 1],
  ['?per_page=100&page=2', 5, 101],
  ['?per_page=100&page=3', 0, undefined],
])('the list of comments %s has %i entries', (query, count, first) => {
  const { github, repository, request } = open();
  for (let at = 2; at <= 105; at += 1) {
    commentBy(github, repository, { by: 'octocat', pull: 42, body: String(at) });
  }
  const { body } = request('GET', `/repos/octo-org/shop/issues/42/comments${query}`);
  const bodies = (body as { body: string }[]).map((comment) => comment.body.replace('Hello', '1'));
  expect(bodies).toHaveLength(count);
  expect(bodies[0]).toBe(first === undefined ? undefined : String(first));
});

test.each([
  ['{"body":"x"}', 201, undefined],
  [JSON.stringify({ body: '€'.repeat(65_536) }), 201, undefined],
  [JSON.stringify({ body: '€'.repeat(65_537) }), 422, /maximum is 65536 characters/],
  ['{"body":""}', 422, /blank/],
  ['{}', 422, /Validation Failed/],
  ['x', 400, /Problems parsing JSON/],
])('a comment %.20j is HTTP %i', (body, status, message) => {
  const { request, repository } = open({ permissions: WRITE });
  const response = request('POST', '/repos/octo-org/shop/issues/42/comments', body);
  expect(response.status).toBe(status);
  if (message) expect(response.body).toMatchObject({ message: expect.stringMatching(message) });
  expect(repository.comments.now()).toHaveLength(status === 201 ? 2 : 1);
});

test('a comment is written by the user of its token, and keeps its author when another edits it', () => {
  const { request, comment } = open({ permissions: WRITE });
  const path = '/repos/octo-org/shop/issues';
  expect(request('POST', `${path}/42/comments`, '{"body":"x"}').body).toMatchObject({
    body: 'x',
    user: { login: 'github-actions[bot]', type: 'Bot' },
  });
  expect(request('PATCH', `${path}/comments/${comment.id}`, '{"body":"y"}').body).toMatchObject({
    body: 'y',
    user: { login: 'octocat' },
  });
});

test.each([
  ['GET', '/repos/octo-org/shop/pulls/43'],
  ['GET', '/repos/octo-org/shop/issues/43/comments'],
  ['POST', '/repos/octo-org/shop/issues/43/comments'],
  ['PATCH', '/repos/octo-org/shop/issues/comments/999'],
  ['GET', '/repos/octo-org/other/pulls/42'],
  ['GET', '/repos/octo-org/shop/git/ref/heads/other'],
  ['GET', '/nothing'],
])('%s %s, which does not exist, is HTTP 404 Not Found', (method, path) => {
  const { status, body } = open({ permissions: WRITE }).request(method, path, '{"body":"x"}');
  expect([status, body]).toEqual([404, expect.objectContaining({ message: 'Not Found' })]);
});

test('the old name of a repository is redirected, unless another one has it', () => {
  const { github, repository, request } = open();
  renameRepository(repository, 'octo-org/store');
  expect(request('GET', '/repos/octo-org/store/pulls/42').status).toBe(200);
  expect(request('GET', '/repos/octo-org/shop/pulls/42')).toMatchObject({
    status: 301,
    headers: { location: '/repositories/123456' },
  });
  addRepository(github, { name: 'octo-org/shop' });
  expect(request('GET', '/repos/octo-org/shop/pulls/42').status).toBe(404);
});

test.each([403, 429] as const)('rate limits are HTTP %i with what GitHub documents', (status) => {
  const { github, token, request } = open({ permissions: WRITE });
  github.limitStatus = status;
  github.limitedUntil = new Date(NOW.getTime() + 61_000);
  const secondary = request('GET', '/repos/octo-org/shop/pulls/42');
  expect(secondary).toMatchObject({
    status,
    headers: { 'retry-after': '61' },
    body: { message: expect.stringMatching(/secondary rate limit/) },
  });
  github.limitedUntil = NOW;
  token.limit.remaining = 1;
  expect(request('GET', '/repos/octo-org/shop/pulls/42').status).toBe(200);
  const primary = request('GET', '/repos/octo-org/shop/pulls/42');
  const resetsAt = String(Math.ceil(NOW.getTime() / 1000) + 3600);
  expect(primary).toMatchObject({
    status,
    headers: { 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': resetsAt },
    body: { message: expect.stringMatching(/^API rate limit exceeded/) },
  });
  expect(primary.headers).not.toHaveProperty('retry-after');
  token.limit.resetsAt = NOW;
  expect(request('GET', '/repos/octo-org/shop/pulls/42').status).toBe(200);
  expect(token.limit.remaining).toBe(999);
});

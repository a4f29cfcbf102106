import { describe, expect, test } from '@jest/globals';
import { environmentOf } from '../../../sandbox/github/environment.ts';
import {
  asTarget,
  dispatchEvent,
  pushEvent,
  scheduleEvent,
} from '../../../sandbox/github/events.ts';
import { openGitHub } from '../../../sandbox/github/github.ts';
import {
  closePull,
  deleteBranch,
  deleteRepository,
  type Events,
  mergePull,
  openPull,
  pushTo,
  reopenPull,
} from '../../../sandbox/github/people.ts';
import { addRepository } from '../../../sandbox/github/seed.ts';
import type { GitHubState, Repository } from '../../../sandbox/github/state.ts';

/** A GitHub with a repository, whose time passes by a second with each call of `later`. */
function open() {
  let time = Date.UTC(2026, 0, 1);
  const github = openGitHub({ now: () => new Date(time) });
  const repository = addRepository(github, { name: 'octo-org/shop', id: 123456 });
  const later = () => {
    time += 1000;
  };
  return { github, repository, later };
}

/** A pull request as the list of its repository has it. */
function pullOf({ pulls }: Repository, number: number) {
  return pulls.now().find((pull) => pull.number === number);
}

type Act = (github: GitHubState, repository: Repository) => Events;

/** What someone does to the open pull request #1 of `feature`, and the events of it. */
const ACTS: [string, Act, [string, string][], object][] = [
  [
    'pushes',
    (...on) => pushTo(...on, 'feature'),
    [
      ['push', ''],
      ['pull_request', 'synchronize'],
    ],
    { state: 'open' },
  ],
  [
    'closes it',
    (...on) => closePull(...on, 1),
    [['pull_request', 'closed']],
    { state: 'closed', merged: false },
  ],
  [
    'merges it',
    (...on) => mergePull(...on, 1),
    [
      ['pull_request', 'closed'],
      ['push', ''],
    ],
    { state: 'closed', merged: true },
  ],
  [
    'deletes its branch',
    (...on) => deleteBranch(...on, 'feature'),
    [
      ['delete', ''],
      ['push', ''],
      ['pull_request', 'closed'],
    ],
    { state: 'closed' },
  ],
  [
    'reopens it',
    (...on) => reopenPull(...on, 1),
    [['pull_request', 'reopened']],
    { state: 'open' },
  ],
  ['pushes elsewhere', (...on) => pushTo(...on, 'other'), [['push', '']], { state: 'open' }],
];

describe('a pull request is as GitHub has it', () => {
  test.each(ACTS)('when someone %s', (_, act, expected, state) => {
    const { github, repository, later } = open();
    openPull(github, repository);
    later();
    const events = act(github, repository);
    expect(events.map(({ name, payload }) => [name, payload['action'] ?? ''])).toEqual(expected);
    const pull = pullOf(repository, 1);
    expect(pull).toMatchObject(state);
    const isAbout = expected.some(([name]) => name === 'pull_request');
    expect(pull?.updatedAt).toEqual(new Date(Date.UTC(2026, 0, 1, 0, 0, isAbout ? 1 : 0)));
  });

  test('with the commit of its last push, also after it was closed', () => {
    const { github, repository } = open();
    openPull(github, repository);
    pushTo(github, repository, 'feature');
    const pushed = repository.branches.now().get('feature');
    closePull(github, repository, 1);
    pushTo(github, repository, 'feature');
    expect(pullOf(repository, 1)?.head.sha).toBe(pushed);
    reopenPull(github, repository, 1);
    expect(pullOf(repository, 1)?.head.sha).toBe(repository.branches.now().get('feature'));
  });

  test('from a fork, and after the fork was deleted', () => {
    const { github, repository } = open();
    const fork = addRepository(github, { name: 'mallory/shop', isFork: true });
    const [opened] = openPull(github, repository, { from: fork, by: 'mallory' });
    expect(opened.payload).toMatchObject({
      repository: { full_name: 'octo-org/shop', fork: false },
      pull_request: { head: { repo: { full_name: 'mallory/shop', fork: true } } },
      sender: { login: 'mallory' },
    });
    const [inFork, synchronized] = pushTo(github, fork, 'feature');
    expect(inFork.payload).toMatchObject({ repository: { full_name: 'mallory/shop' } });
    expect(synchronized?.payload).toMatchObject({ repository: { full_name: 'octo-org/shop' } });
    deleteRepository(github, fork);
    expect(github.repositories).toEqual([repository]);
    const [closed] = closePull(github, repository, 1);
    expect(closed.payload).toMatchObject({ pull_request: { head: { repo: null } } });
  });
});

test('the deletion of a branch closes its own pull requests only', () => {
  const { github, repository } = open();
  const fork = addRepository(github, { name: 'mallory/shop', isFork: true });
  openPull(github, repository, { number: 7 });
  openPull(github, repository, { branch: 'other' });
  openPull(github, repository, { from: fork });
  const events = deleteBranch(github, repository, 'feature', { by: 'maintainer' });
  expect(events.map(({ actor }) => actor)).toEqual(Array(3).fill('maintainer'));
  expect([...repository.branches.now().keys()]).toEqual(['main', 'other']);
  const states = [7, 8, 9].map((number) => pullOf(repository, number)?.state);
  expect(states).toEqual(['closed', 'open', 'open']);
});

describe('an event has the payload that GitHub writes', () => {
  const { github, repository } = open();
  const [opened] = openPull(github, repository, { number: 42, branch: 'feature/x' });
  const [pushed] = pushTo(github, repository, 'feature/x');
  const [deleted, pushedDeletion] = deleteBranch(github, repository, 'feature/x');
  const tag = pushEvent(github, repository, { ref: 'refs/tags/v1', by: 'octocat', after: 'a1' });
  const common = {
    repository: {
      id: 123456,
      full_name: 'octo-org/shop',
      default_branch: 'main',
      fork: false,
      html_url: 'https://github.com/octo-org/shop',
    },
    sender: { login: 'octocat', type: 'User' },
  };
  const pull = {
    action: 'opened',
    number: 42,
    pull_request: {
      number: 42,
      state: 'open',
      updated_at: '2026-01-01T00:00:00Z',
      head: { ref: 'feature/x', repo: { id: 123456 } },
      user: { login: 'octocat' },
    },
  };
  const main = 'refs/heads/main';
  test.each([
    ['pull_request', opened, 'refs/pull/42/merge', pull],
    ['pull_request_target', asTarget(github, opened), main, pull],
    [
      'push',
      pushed,
      'refs/heads/feature/x',
      { ref: 'refs/heads/feature/x', after: pushed.sha, deleted: false },
    ],
    ['delete', deleted, main, { ref: 'feature/x', ref_type: 'branch' }],
    [
      'push',
      pushedDeletion,
      main,
      { ref: 'refs/heads/feature/x', after: '0'.repeat(40), deleted: true },
    ],
    ['push', tag, 'refs/tags/v1', { ref: 'refs/tags/v1', after: 'a1', created: true }],
    [
      'workflow_dispatch',
      dispatchEvent(github, repository, { inputs: { a: 'b' } }),
      main,
      { ref: main, inputs: { a: 'b' } },
    ],
  ])('of %s', (name, event, ref, payload) => {
    expect(event).toMatchObject({ name, ref, actor: 'octocat' });
    expect(event?.payload).toMatchObject({ ...payload, ...common });
  });
});

test('the payload of schedule has no repository', () => {
  const { github, repository } = open();
  const event = scheduleEvent(github, repository);
  expect(event).toMatchObject({ name: 'schedule', ref: 'refs/heads/main', repository });
  expect(Object.keys(event.payload)).toEqual(['schedule', 'workflow']);
});

test('a step has the variables of its run', () => {
  const { github, repository } = open();
  const [event] = openPull(github, repository, { by: 'dependabot[bot]' });
  const apiUrl = 'http://127.0.0.1:1/api/v3';
  expect(environmentOf(github, event, { apiUrl, job: 'e2e', id: 7, attempt: 2 })).toEqual({
    GITHUB_ACTOR: 'dependabot[bot]',
    GITHUB_API_URL: apiUrl,
    GITHUB_EVENT_NAME: 'pull_request',
    GITHUB_JOB: 'e2e',
    GITHUB_REF: 'refs/pull/1/merge',
    GITHUB_REF_NAME: '1/merge',
    GITHUB_REPOSITORY: 'octo-org/shop',
    GITHUB_REPOSITORY_ID: '123456',
    GITHUB_RUN_ATTEMPT: '2',
    GITHUB_RUN_ID: '7',
    GITHUB_SERVER_URL: 'https://github.com',
    GITHUB_SHA: event.sha,
    GITHUB_TRIGGERING_ACTOR: 'dependabot[bot]',
    GITHUB_WORKFLOW: 'Preview',
  });
});

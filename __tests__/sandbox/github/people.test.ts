import { describe, expect, test } from '@jest/globals';
import {
  asTarget,
  dispatchEvent,
  type GitHubEvent,
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

test.each<[string, string, object, (...on: Parameters<Act>) => GitHubEvent | undefined]>([
  [
    'pull_request',
    'refs/pull/1/merge',
    { action: 'opened', number: 1, pull_request: { state: 'open', head: { ref: 'feature/x' } } },
    (...on) => openPull(...on, { branch: 'feature/x' })[0],
  ],
  [
    'pull_request_target',
    'refs/heads/main',
    { action: 'opened', pull_request: { updated_at: '2026-01-01T00:00:00Z' } },
    (github, repository) => asTarget(github, openPull(github, repository)[0]),
  ],
  [
    'push',
    'refs/heads/feature/x',
    { ref: 'refs/heads/feature/x', deleted: false },
    (...on) => pushTo(...on, 'feature/x')[0],
  ],
  [
    'delete',
    'refs/heads/main',
    { ref: 'feature/x', ref_type: 'branch' },
    (...on) => deleteBranch(...on, 'feature/x')[0],
  ],
  [
    'push',
    'refs/heads/main',
    { ref: 'refs/heads/feature/x', after: '0'.repeat(40), deleted: true },
    (...on) => deleteBranch(...on, 'feature/x')[1],
  ],
  [
    'push',
    'refs/tags/v1',
    { after: 'a1', created: true },
    (...on) => pushEvent(...on, { ref: 'refs/tags/v1', by: 'octocat', after: 'a1' }),
  ],
  [
    'workflow_dispatch',
    'refs/heads/main',
    { ref: 'refs/heads/main', inputs: { a: 'b' } },
    (...on) => dispatchEvent(...on, { inputs: { a: 'b' } }),
  ],
])('an event %s of %s has the payload that GitHub writes', (name, ref, payload, act) => {
  const { github, repository } = open();
  const event = act(github, repository);
  expect(event).toMatchObject({ name, ref, actor: 'octocat' });
  const { id, name: full_name, defaultBranch: default_branch } = repository;
  expect(event?.payload).toMatchObject({
    ...payload,
    repository: { id, full_name, default_branch, fork: false },
    sender: { login: 'octocat', type: 'User' },
  });
});

test('the payload of schedule has no repository', () => {
  const { github, repository } = open();
  const event = scheduleEvent(github, repository);
  expect(event).toMatchObject({ name: 'schedule', ref: 'refs/heads/main', repository });
  expect(Object.keys(event.payload)).toEqual(['schedule', 'workflow']);
});

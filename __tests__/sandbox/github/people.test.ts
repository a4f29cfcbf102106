import { describe, expect, test } from '@jest/globals';
import { scheduleEvent } from '../../../sandbox/github/events.ts';
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

test('the payload of schedule has no repository', () => {
  const { github, repository } = open();
  const event = scheduleEvent(github, repository);
  expect(event).toMatchObject({ name: 'schedule', ref: 'refs/heads/main', repository });
  expect(Object.keys(event.payload)).toEqual(['schedule', 'workflow']);
});

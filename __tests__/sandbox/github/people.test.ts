import { expect, test } from '@jest/globals';
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
import type { Repository } from '../../../sandbox/github/state.ts';

/** A GitHub with a repository, where each act happens a second after the one before. */
function open() {
  let time = Date.UTC(2026, 0, 1);
  const github = openGitHub({ now: () => new Date(time) });
  const repository = addRepository(github, { name: 'octo-org/shop', id: 123456 });
  /** The names of the events of what someone does. */
  const eventsOf = (act: () => Events) => {
    time += 1000;
    return act().map(({ name, payload }) => [name, payload['action']].filter(Boolean).join(' '));
  };
  return { github, repository, eventsOf };
}

/** A pull request as the list of its repository has it. */
function pullOf({ pulls }: Repository, number: number) {
  return pulls.now().find((pull) => pull.number === number);
}

test('what people do changes a pull request, and causes events, as on GitHub', () => {
  const { github, repository, eventsOf } = open();
  const newest = () => repository.branches.now().get('feature');
  const push = () => pushTo(github, repository, 'feature');
  expect(eventsOf(() => openPull(github, repository))).toEqual(['pull_request opened']);
  expect(eventsOf(push)).toEqual(['push', 'pull_request synchronize']);
  const pushed = newest();
  expect(eventsOf(() => closePull(github, repository, 1))).toEqual(['pull_request closed']);
  const closed = { state: 'closed', merged: false, updatedAt: github.now() };
  expect(eventsOf(push)).toEqual(['push']);
  expect(pullOf(repository, 1)).toMatchObject({ ...closed, head: { sha: pushed } });
  expect(eventsOf(() => reopenPull(github, repository, 1))).toEqual(['pull_request reopened']);
  expect(pullOf(repository, 1)).toMatchObject({ state: 'open', head: { sha: newest() } });
  expect(eventsOf(() => mergePull(github, repository, 1))).toEqual(['pull_request closed', 'push']);
  expect(pullOf(repository, 1)).toMatchObject({ state: 'closed', merged: true });
});

test('a pull request is as GitHub has it from a fork, and after the fork was deleted', () => {
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

test('the deletion of a branch closes its own pull requests only', () => {
  const { github, repository, eventsOf } = open();
  const fork = addRepository(github, { name: 'mallory/shop', isFork: true });
  openPull(github, repository, { number: 7 });
  openPull(github, repository, { branch: 'other' });
  openPull(github, repository, { from: fork });
  const events = eventsOf(() => deleteBranch(github, repository, 'feature'));
  expect(events).toEqual(['delete', 'push', 'pull_request closed']);
  expect([...repository.branches.now().keys()]).toEqual(['main', 'other']);
  const states = [7, 8, 9].map((number) => pullOf(repository, number)?.state);
  expect(states).toEqual(['closed', 'open', 'open']);
});

import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { noSubject } from '../../../src/actions/preview/failures.ts';
import { findTrigger, type RunEvent, type Trigger } from '../../../src/actions/preview/subject.ts';
import { Failure } from '../../../src/shared/failure.ts';
import { SHOP } from '../../support/known-repositories.ts';

const SHA = 'a'.repeat(40);
const TIME = '2026-01-01T00:00:00Z';

const pullEvent = (action: string, number = 42) => ({
  action,
  number,
  pull_request: { number, updated_at: TIME, head: { sha: SHA } },
});

const ofPull = (rest: object): object => ({
  kind: 'subject',
  subject: { kind: 'pull', number: 42 },
  ...rest,
});
const ofBranch = (name: string, rest: object): object => ({
  kind: 'subject',
  subject: { kind: 'branch', name },
  ...rest,
});
const FROM_EVENT = { head: SHA, since: Date.parse(TIME) };

test.each<[string, Partial<RunEvent>, object]>([
  ['pull_request', { payload: pullEvent('opened') }, ofPull({ ...FROM_EVENT, isEnd: false })],
  ['pull_request', { payload: pullEvent('closed') }, ofPull({ ...FROM_EVENT, isEnd: true })],
  ['pull_request_target', { payload: pullEvent('closed') }, ofPull({ ...FROM_EVENT, isEnd: true })],
  [
    'pull_request',
    { payload: pullEvent('opened'), pullRequest: 42 },
    ofPull({ ...FROM_EVENT, isEnd: false }),
  ],
  ['pull_request', { payload: pullEvent('closed', 7), pullRequest: 42 }, ofPull({ isEnd: false })],
  ['issue_comment', { pullRequest: 42 }, ofPull({ isEnd: false })],
  ['schedule', { pullRequest: 42 }, ofPull({ isEnd: false })],
  ['push', { pullRequest: 42, payload: { ref: 'refs/tags/v1' } }, ofPull({ isEnd: false })],
  [
    'push',
    { payload: { ref: 'refs/heads/feature/x', after: SHA } },
    ofBranch('feature/x', { head: SHA, isEnd: false }),
  ],
  [
    'push',
    { payload: { ref: 'refs/heads/feature/x', after: '0', deleted: true } },
    ofBranch('feature/x', { isEnd: true }),
  ],
  [
    'delete',
    { payload: { ref: 'feature/x', ref_type: 'branch' } },
    ofBranch('feature/x', { isEnd: true }),
  ],
  ['schedule', {}, { kind: 'clean-up' }],
  ['workflow_dispatch', {}, { kind: 'clean-up' }],
  ['repository_dispatch', {}, { kind: 'clean-up' }],
])('%s with %j is about the right thing', (event, facts, trigger) => {
  const found = findTrigger({ event, payload: {}, pullRequest: undefined, ...facts }, SHOP);
  expect(JSON.parse(JSON.stringify(found))).toEqual(trigger);
});

test.each([
  [false, 'feature/x', 'feature/x'],
  // GitHub allows such a name.
  [false, 'refs/heads/x', 'refs/heads/x'],
  [true, 'refs/heads/feature/x', 'feature/x'],
  [true, 'feature/x', 'feature/x'],
])('with isGitea: %p, a deleted ref %s is the branch %s', (isGitea, ref, name) => {
  const payload = { ref, ref_type: 'branch' };
  const run = { event: 'delete', payload, pullRequest: undefined };
  expect(findTrigger(run, { ...SHOP, isGitea })).toMatchObject(ofBranch(name, { isEnd: true }));
});

test.each<[string, object | undefined, string]>([
  ['push', { ref: 'refs/heads/main', after: SHA }, 'the default branch'],
  ['push', { ref: 'refs/heads/gh-readonly-queue/main/pr-1', after: SHA }, 'the merge queue'],
  ['push', { ref: 'refs/tags/v1', after: SHA }, 'a tag'],
  ['delete', { ref: 'v1', ref_type: 'tag' }, 'a tag'],
  ['delete', { ref: 'main', ref_type: 'branch' }, 'the default branch'],
  ['merge_group', undefined, 'the merge queue'],
])('%s with %j has no preview', (event, payload, what) => {
  const trigger: Trigger = { kind: 'skipped', reason: `${what} has no preview` };
  expect(findTrigger({ event, payload, pullRequest: undefined }, SHOP)).toEqual(trigger);
});

test.each(['issue_comment', 'release', 'pull_request', 'push', 'delete', 'constructor', ''])(
  'the event %j without a subject is a failure',
  (event) => {
    expect(() => findTrigger({ event, payload: undefined, pullRequest: undefined }, SHOP)).toThrow(
      new Failure(noSubject, { event }),
    );
  },
);

test('no payload is about another pull request than the input names', () => {
  const events = fc.constantFrom('pull_request', 'push', 'delete', 'merge_group', 'schedule', 'x');
  fc.assert(
    fc.property(events, fc.jsonValue(), fc.integer({ min: 1 }), (event, payload, pullRequest) => {
      expect(findTrigger({ event, payload, pullRequest }, SHOP)).toMatchObject({
        kind: 'subject',
        subject: { kind: 'pull', number: pullRequest },
      });
    }),
  );
});

import { expect, test } from '@jest/globals';
import { FAILURE_CLASSES, type FailureClass } from '../../../src/http/retry-policy.ts';
import { reconcileMembers } from '../../../src/operations/governance/members.ts';
import type { Decision, FailedAttempt } from '../../../src/operations/shared/post-once.ts';

/** A round whose attempt failed as `kind`; `missing` is what the lookup after it found. */
function round(kind: FailureClass, missing?: readonly string[]): FailedAttempt<readonly string[]> {
  return {
    failure: { operation: 'add', method: 'POST', path: '/members/add', kind, reason: 'failed' },
    ...(missing && { found: missing }),
  };
}

type Outcome = Decision<'all are members'>;

const DONE: Outcome = { kind: 'done', result: 'all are members' };
const LOOKUP: Outcome = { kind: 'lookup', ambiguous: true };
const RETRY: Outcome = { kind: 'retry', ambiguous: false };
const RETRY_AMBIGUOUS: Outcome = { kind: 'retry', ambiguous: true };
const GIVE_UP: Outcome = { kind: 'give-up', ambiguous: false };
const GIVE_UP_AMBIGUOUS: Outcome = { kind: 'give-up', ambiguous: true };

const FIRST_ATTEMPTS: Record<FailureClass, Outcome> = {
  unsent: RETRY,
  prevented: GIVE_UP,
  throttled: RETRY,
  conflict: RETRY,
  rejected: GIVE_UP,
  ambiguous: LOOKUP,
  unexpected: LOOKUP,
  // No time is left for a lookup.
  aborted: GIVE_UP_AMBIGUOUS,
};

test.each(Object.keys(FAILURE_CLASSES) as FailureClass[])(
  'whether adding members is retried after one attempt that was %s',
  (kind) => {
    expect(reconcileMembers([round(kind)])).toEqual(FIRST_ATTEMPTS[kind]);
  },
);

const unknown = round('ambiguous');
const lost = round('ambiguous', ['user_1', 'user_2']);
const foundAll = round('ambiguous', []);

test.each([
  ['a lost attempt is done if a lookup finds all', DONE, [foundAll]],
  ['an unexpected response is done if a lookup finds all', DONE, [round('unexpected', [])]],
  ['a lost attempt is retried if a lookup misses one', RETRY_AMBIGUOUS, [lost]],
  ['an unexpected response is given up', GIVE_UP_AMBIGUOUS, [round('unexpected', ['user_1'])]],
  ['throttled and unsent attempts are retried', RETRY, [round('throttled'), round('unsent')]],
  ['a rejection after throttling is certain', GIVE_UP, [round('throttled'), round('rejected')]],
  ['a lost attempt is looked up after throttling', LOOKUP, [round('throttled'), unknown]],
  ['throttling leaves a lost attempt open', RETRY_AMBIGUOUS, [lost, round('throttled')]],
  ['an unsent attempt leaves a lost one open', RETRY_AMBIGUOUS, [lost, round('unsent')]],
  ['a rejection leaves a lost attempt open', GIVE_UP_AMBIGUOUS, [lost, round('rejected')]],
  ['an aborted attempt leaves a lost one open', GIVE_UP_AMBIGUOUS, [lost, round('aborted')]],
  ['a second lost attempt is looked up too', LOOKUP, [lost, unknown]],
  ['two lost attempts are done if a lookup finds all', DONE, [lost, foundAll]],
  ['two lost attempts are retried if it misses one', RETRY_AMBIGUOUS, [lost, lost]],
])('reconcileMembers: %s', (_, decision, attempts) => {
  expect(reconcileMembers(attempts)).toEqual(decision);
});

import { expect, test } from '@jest/globals';
import { FAILURE_CLASSES, type FailureClass } from '../../../src/http/retry-policy.ts';
import { reconcileMembers } from '../../../src/operations/governance/members.ts';
import type { Decision, FailedAttempt } from '../../../src/operations/shared/post-once.ts';

/** A round whose attempt failed as `kind`; `missing` is what the lookup after it found. */
function round(kind: FailureClass, missing?: readonly string[]): FailedAttempt<readonly string[]> {
  return {
    failure: {
      operation: 'add members to the workspace preview-42',
      method: 'POST',
      path: '/workspaces/1/members/add',
      kind,
      reason: 'of a test',
    },
    ...(missing && { found: missing }),
  };
}

/** By how a sentence about adding members ends. */
const DECISIONS = {
  'has succeeded': { kind: 'done', result: 'all are members' },
  'needs a lookup': { kind: 'lookup', ambiguous: true },
  'is retried': { kind: 'retry', ambiguous: false },
  'is retried, although it may have been applied': { kind: 'retry', ambiguous: true },
  'is given up': { kind: 'give-up', ambiguous: false },
  'is given up, although it may have been applied': { kind: 'give-up', ambiguous: true },
} as const satisfies Record<string, Decision<string>>;

type Outcome = keyof typeof DECISIONS;

const FIRST_ATTEMPTS: Record<FailureClass, Outcome> = {
  unsent: 'is retried',
  prevented: 'is given up',
  throttled: 'is retried',
  conflict: 'is retried',
  rejected: 'is given up',
  ambiguous: 'needs a lookup',
  unexpected: 'needs a lookup',
  // No time is left for a lookup.
  aborted: 'is given up, although it may have been applied',
};

test('the table of first attempts has a row for each failure class', () => {
  expect(Object.keys(FIRST_ATTEMPTS).sort()).toEqual(Object.keys(FAILURE_CLASSES).sort());
});

test.each(Object.entries(FIRST_ATTEMPTS) as [FailureClass, Outcome][])(
  'after one attempt that was %s, adding members %s',
  (kind, outcome) => {
    expect(reconcileMembers([round(kind)])).toEqual(DECISIONS[outcome]);
  },
);

test.each<[attempts: string, Outcome, ReturnType<typeof round>[]]>([
  ['an ambiguous attempt and a lookup that finds all', 'has succeeded', [round('ambiguous', [])]],
  [
    'an unexpected response and a lookup that finds all',
    'has succeeded',
    [round('unexpected', [])],
  ],
  [
    'an ambiguous attempt and a lookup that misses one',
    'is retried, although it may have been applied',
    [round('ambiguous', ['user_1'])],
  ],
  [
    'an unexpected response and a lookup that misses one',
    'is given up, although it may have been applied',
    [round('unexpected', ['user_1'])],
  ],
  [
    'a throttled attempt and one that was not sent',
    'is retried',
    [round('throttled'), round('unsent')],
  ],
  ['a throttled and a rejected attempt', 'is given up', [round('throttled'), round('rejected')]],
  [
    'a throttled and an ambiguous attempt',
    'needs a lookup',
    [round('throttled'), round('ambiguous')],
  ],
  [
    'an ambiguous attempt, a lookup that misses one, and a throttled attempt',
    'is retried, although it may have been applied',
    [round('ambiguous', ['user_1']), round('throttled')],
  ],
  [
    'an ambiguous attempt, a lookup that misses one, and an attempt that was not sent',
    'is retried, although it may have been applied',
    [round('ambiguous', ['user_1']), round('unsent')],
  ],
  [
    'an ambiguous attempt, a lookup that misses one, and a rejected attempt',
    'is given up, although it may have been applied',
    [round('ambiguous', ['user_1']), round('rejected')],
  ],
  [
    'an ambiguous attempt, a lookup that misses one, and an aborted attempt',
    'is given up, although it may have been applied',
    [round('ambiguous', ['user_1']), round('aborted')],
  ],
  [
    'two ambiguous attempts, of which only the first was looked up',
    'needs a lookup',
    [round('ambiguous', ['user_1']), round('ambiguous')],
  ],
  [
    'two ambiguous attempts and a lookup that finds all',
    'has succeeded',
    [round('ambiguous', ['user_1']), round('ambiguous', [])],
  ],
  [
    'two ambiguous attempts and a lookup that misses one',
    'is retried, although it may have been applied',
    [round('ambiguous', ['user_1', 'user_2']), round('ambiguous', ['user_1'])],
  ],
])('after %s, adding members %s', (_, outcome, attempts) => {
  expect(reconcileMembers(attempts)).toEqual(DECISIONS[outcome]);
});

import { expect, test } from '@jest/globals';
import { reconcileKey } from '../../../src/actions/key/orphans.ts';
import type { FailedAttempt } from '../../../src/creation/post-once.ts';
import type { FailureClass } from '../../../src/http/retry-policy.ts';

type KeyAttempt = FailedAttempt<string[]>;

/** An attempt whose POST failed with `kind`, and the hashes of the orphans that were deleted after it. */
function attempt(kind: FailureClass, found?: string[]): KeyAttempt {
  const request = {
    server: 'OpenRouter',
    operation: 'create',
    method: 'POST',
    path: '/keys',
    reason: '',
  } as const;
  return { failure: { ...request, kind }, ...(found && { found }) };
}

const lost = attempt('ambiguous', []);
const deleted = (...hashes: string[]) => attempt('ambiguous', hashes);

const LOOKUP = { kind: 'check', ambiguous: true };
const RETRY = { kind: 'retry', ambiguous: false };
const RETRY_AMBIGUOUS = { kind: 'retry', ambiguous: true };
const GIVE_UP = { kind: 'give-up', ambiguous: false };
const GIVE_UP_AMBIGUOUS = { kind: 'give-up', ambiguous: true };

const unexpected = attempt('unexpected', []);
const unexpectedAndDeleted = attempt('unexpected', ['a']);

test.each<[string, KeyAttempt[], object]>([
  ['A request that was not sent is retried', [attempt('unsent')], RETRY],
  ['A request that cannot be sent is given up', [attempt('prevented')], GIVE_UP],
  ['A throttled request is retried', [attempt('throttled')], RETRY],
  ['A request in conflict is retried', [attempt('conflict')], RETRY],
  ['A rejected request is given up', [attempt('rejected')], GIVE_UP],
  ['An ambiguous request is looked up', [attempt('ambiguous')], LOOKUP],
  ['An unexpected response is looked up', [attempt('unexpected')], LOOKUP],
  ['An aborted request is given up without a lookup', [attempt('aborted')], GIVE_UP_AMBIGUOUS],
  ['An ambiguous request without an orphan is retried, still open', [lost], RETRY_AMBIGUOUS],
  ['An unexpected one without an orphan is given up, still open', [unexpected], GIVE_UP_AMBIGUOUS],
  ['An ambiguous request whose orphan was deleted is retried', [deleted('a')], RETRY],
  ['An unexpected one whose orphan was deleted is given up', [unexpectedAndDeleted], GIVE_UP],
  ['A second ambiguous request is looked up too', [lost, attempt('ambiguous')], LOOKUP],
  ['After two of two orphans were deleted, none is left', [lost, deleted('a', 'b')], RETRY],
  ['After one of two orphans was deleted, one may be left', [lost, deleted('a')], RETRY_AMBIGUOUS],
  ['A deleted orphan no longer counts', [deleted('a'), lost, deleted('b', 'c')], RETRY],
  ['An orphan that is listed again counts once', [deleted('a'), deleted('a')], RETRY_AMBIGUOUS],
  ['A rejection leaves a lost request open', [lost, attempt('rejected')], GIVE_UP_AMBIGUOUS],
  [
    'A rejection after a deletion leaves nothing open',
    [deleted('a'), attempt('rejected')],
    GIVE_UP,
  ],
  ['Throttling leaves a lost request open', [lost, attempt('throttled')], RETRY_AMBIGUOUS],
  ['An unsent request leaves a lost one open', [lost, attempt('unsent')], RETRY_AMBIGUOUS],
  ['A prevented request leaves a lost one open', [lost, attempt('prevented')], GIVE_UP_AMBIGUOUS],
  [
    'An aborted one is open after a deletion',
    [deleted('a'), attempt('aborted')],
    GIVE_UP_AMBIGUOUS,
  ],
])('reconcileKey: %s', (_, attempts, decision) => {
  expect(reconcileKey(attempts)).toEqual(decision);
});

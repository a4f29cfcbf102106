import { describe, expect, test } from '@jest/globals';
import type { FailureClass } from '../../../src/http/retry-policy.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import type { OrphanDeletion } from '../../../src/operations/key/orphans.ts';
import { reconcileKey } from '../../../src/operations/key/reconcile.ts';
import type { FailedAttempt } from '../../../src/operations/shared/post-once.ts';

type KeyRound = FailedAttempt<OrphanDeletion>;

/** A round whose POST failed with `kind`, and what the deletion of orphans after it found. */
function round(kind: FailureClass, found?: Partial<OrphanDeletion>): KeyRound {
  const request = { operation: 'create', method: 'POST', path: '/keys', reason: '' } as const;
  return {
    failure: { ...request, kind },
    ...(found && { found: { deleted: 0, undecided: [], ...found } }),
  };
}

const lost = round('ambiguous', {});
const deleted = (count: number) => round('ambiguous', { deleted: count });
const KEY: Key = { hash: 'a', name: 'CI', label: 'sk-or-v1-0e6...1c96', workspace_id: 'w' };

const LOOKUP = { kind: 'lookup', ambiguous: true };
const RETRY = { kind: 'retry', ambiguous: false };
const RETRY_AMBIGUOUS = { kind: 'retry', ambiguous: true };
const GIVE_UP = { kind: 'give-up', ambiguous: false };
const GIVE_UP_AMBIGUOUS = { kind: 'give-up', ambiguous: true };

/** What happened, the attempts, and what follows. */
function testRows(rows: [string, KeyRound[], object][]): void {
  test.each(rows)('%s', (_, attempts, decision) => {
    expect(reconcileKey(attempts)).toEqual(decision);
  });
}

describe('reconcileKey: each class of failure', () => {
  testRows([
    ['A request that was not sent is retried', [round('unsent')], RETRY],
    ['A request that cannot be sent is given up', [round('prevented')], GIVE_UP],
    ['A throttled request is retried', [round('throttled')], RETRY],
    ['A request in conflict is retried', [round('conflict')], RETRY],
    ['A rejected request is given up', [round('rejected')], GIVE_UP],
    ['An ambiguous request is looked up', [round('ambiguous')], LOOKUP],
    ['An unexpected response is looked up', [round('unexpected')], LOOKUP],
    ['An aborted request is given up without a lookup', [round('aborted')], GIVE_UP_AMBIGUOUS],
  ]);
});

describe('reconcileKey: after the deletion of orphans', () => {
  testRows([
    ['Without an orphan, an ambiguous request is retried and still open', [lost], RETRY_AMBIGUOUS],
    [
      'Without an orphan, an unexpected response is given up and still open',
      [round('unexpected', {})],
      GIVE_UP_AMBIGUOUS,
    ],
    ['After its orphan was deleted, an ambiguous request is retried', [deleted(1)], RETRY],
    [
      'After its orphan was deleted, an unexpected response is given up',
      [round('unexpected', { deleted: 1 })],
      GIVE_UP,
    ],
    [
      'Keys of an unknown owner end the step',
      [round('ambiguous', { undecided: [KEY] })],
      { kind: 'done', result: [KEY] },
    ],
  ]);
});

describe('reconcileKey: several attempts', () => {
  testRows([
    ['A second ambiguous request is looked up too', [lost, round('ambiguous')], LOOKUP],
    ['After two of two orphans were deleted, none is left', [lost, deleted(2)], RETRY],
    ['After one of two orphans was deleted, one may be left', [lost, deleted(1)], RETRY_AMBIGUOUS],
    ['A deleted orphan no longer counts', [deleted(1), lost, deleted(2)], RETRY],
    [
      'A rejection after a lost request leaves it open',
      [lost, round('rejected')],
      GIVE_UP_AMBIGUOUS,
    ],
    [
      'A rejection after a deleted orphan leaves nothing open',
      [deleted(1), round('rejected')],
      GIVE_UP,
    ],
    ['Throttling after a lost request leaves it open', [lost, round('throttled')], RETRY_AMBIGUOUS],
    [
      'A request that was not sent leaves a lost one open',
      [lost, round('unsent')],
      RETRY_AMBIGUOUS,
    ],
    [
      'A request that cannot be sent leaves a lost one open',
      [lost, round('prevented')],
      GIVE_UP_AMBIGUOUS,
    ],
    [
      'An aborted request is open although an earlier orphan was deleted',
      [deleted(1), round('aborted')],
      GIVE_UP_AMBIGUOUS,
    ],
  ]);
});

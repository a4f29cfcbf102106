import { expect, test } from '@jest/globals';
import type { OrphanDeletion } from '../../../src/actions/key/orphans.ts';
import { reconcileKey } from '../../../src/actions/key/orphans.ts';
import type { FailedAttempt } from '../../../src/creation/post-once.ts';
import type { FailureClass } from '../../../src/http/retry-policy.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';

type KeyAttempt = FailedAttempt<OrphanDeletion>;

/** An attempt whose POST failed with `kind`, and what the deletion of orphans after it found. */
function attempt(kind: FailureClass, found?: Partial<OrphanDeletion>): KeyAttempt {
  const request = {
    server: 'OpenRouter',
    operation: 'create',
    method: 'POST',
    path: '/keys',
    reason: '',
  } as const;
  return {
    failure: { ...request, kind },
    ...(found && { found: { deleted: [], undecided: [], ...found } }),
  };
}

const lost = attempt('ambiguous', {});
const KEY: Key = { hash: 'a', name: 'CI', label: 'sk-or-v1-0e6...1c96', workspace_id: 'w' };
const deleted = (count: number) => attempt('ambiguous', { deleted: Array(count).fill(KEY) });

const LOOKUP = { kind: 'settle', ambiguous: true };
const RETRY = { kind: 'retry', ambiguous: false };
const RETRY_AMBIGUOUS = { kind: 'retry', ambiguous: true };
const GIVE_UP = { kind: 'give-up', ambiguous: false };
const GIVE_UP_AMBIGUOUS = { kind: 'give-up', ambiguous: true };

const unexpected = attempt('unexpected', {});
const unexpectedAndDeleted = attempt('unexpected', { deleted: [KEY] });
const undecided = attempt('ambiguous', { undecided: [KEY] });

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
  ['An ambiguous request whose orphan was deleted is retried', [deleted(1)], RETRY],
  ['An unexpected one whose orphan was deleted is given up', [unexpectedAndDeleted], GIVE_UP],
  ['Keys of an unknown owner end the step', [undecided], { kind: 'done', result: [KEY] }],
  ['A second ambiguous request is looked up too', [lost, attempt('ambiguous')], LOOKUP],
  ['After two of two orphans were deleted, none is left', [lost, deleted(2)], RETRY],
  ['After one of two orphans was deleted, one may be left', [lost, deleted(1)], RETRY_AMBIGUOUS],
  ['A deleted orphan no longer counts', [deleted(1), lost, deleted(2)], RETRY],
  ['A rejection leaves a lost request open', [lost, attempt('rejected')], GIVE_UP_AMBIGUOUS],
  ['A rejection after a deletion leaves nothing open', [deleted(1), attempt('rejected')], GIVE_UP],
  ['Throttling leaves a lost request open', [lost, attempt('throttled')], RETRY_AMBIGUOUS],
  ['An unsent request leaves a lost one open', [lost, attempt('unsent')], RETRY_AMBIGUOUS],
  ['A prevented request leaves a lost one open', [lost, attempt('prevented')], GIVE_UP_AMBIGUOUS],
  ['An aborted one is open after a deletion', [deleted(1), attempt('aborted')], GIVE_UP_AMBIGUOUS],
])('reconcileKey: %s', (_, attempts, decision) => {
  expect(reconcileKey(attempts)).toEqual(decision);
});

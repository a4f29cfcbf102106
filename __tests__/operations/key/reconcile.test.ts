import { describe, expect, test } from '@jest/globals';
import type { FailureClass } from '../../../src/http/retry-policy.ts';
import type { Key } from '../../../src/openrouter/resources/keys.ts';
import type { OrphanSearch } from '../../../src/operations/key/orphans.ts';
import { reconcileKey } from '../../../src/operations/key/reconcile.ts';
import type { Round } from '../../../src/operations/shared/create-once.ts';

const EXPIRY = '2026-01-01T06:00:00.500Z';
const OLD_HASH = 'old';

const SEARCH: OrphanSearch = {
  workspace: { id: 'w1', slug: 'preview-42' },
  desired: { name: 'CI', workspace_id: 'w1', limit: 5, expires_at: EXPIRY },
  nameIsRandom: false,
  isUnique: true,
  preexistingHashes: [],
  maxOrphans: 0,
};
const NOT_UNIQUE: OrphanSearch = {
  ...SEARCH,
  desired: { ...SEARCH.desired, expires_at: null },
  isUnique: false,
};
const RANDOM_NAME: OrphanSearch = { ...SEARCH, nameIsRandom: true };

/** A key that is an orphan of the step, but for what `fields` say. */
const key = (hash: string, fields: object = {}): Key => ({
  hash,
  name: 'CI',
  label: `sk-or-v1-${hash}`,
  workspace_id: 'w1',
  limit: 5,
  expires_at: EXPIRY,
  ...fields,
});
const [A, B] = [key('a'), key('b')];
const OLD = key(OLD_HASH);

type KeyRound = Round<readonly Key[]>;

/** A round whose POST failed with `kind`, or with a status that is ambiguous. */
function round(kind: FailureClass | 500, rest: Omit<KeyRound, 'failure'> = {}): KeyRound {
  const request = { operation: 'create', method: 'POST', path: '/keys', reason: '' } as const;
  const failure =
    kind === 500 ? { ...request, kind: 'ambiguous' as const, status: 500 } : { ...request, kind };
  return { failure, ...rest };
}

/** A round after which the list had no orphan. */
const noneFound = (kind: FailureClass | 500) => round(kind, { found: [] });
/** A round after which `found` were found and deleted. */
const deleted = (kind: FailureClass | 500, ...found: Key[]) =>
  round(kind, { found, deleted: found.length });

const LOOKUP = { kind: 'lookup', ambiguous: true };
const RETRY = { kind: 'retry', ambiguous: false };
const RETRY_AMBIGUOUS = { kind: 'retry', ambiguous: true };
const GIVE_UP = { kind: 'give-up', ambiguous: false };
const GIVE_UP_AMBIGUOUS = { kind: 'give-up', ambiguous: true };
const remove = (...orphans: Key[]) => ({ kind: 'delete', orphans });
const unknownOwner = (...keys: Key[]) => ({ kind: 'done', result: keys });

/** What happened, the rounds, what follows, and what is searched for if it is not `SEARCH`. */
type Row = [string, KeyRound[], object, OrphanSearch?];

function testRows(rows: Row[]): void {
  test.each(rows)('%s', (_, rounds, decision, search = SEARCH) => {
    const isNew = ({ hash }: Key) => hash !== OLD_HASH;
    expect(reconcileKey(rounds, { search, isNew })).toEqual(decision);
  });
}

describe('reconcileKey: each class of failure', () => {
  testRows([
    ['A request that was not sent is retried', [round('unsent')], RETRY],
    ['A request that cannot be sent is given up', [round('unsendable')], GIVE_UP],
    ['A throttled request is retried', [round('throttled')], RETRY],
    ['A request in conflict is retried', [round('conflict')], RETRY],
    ['A rejected request is given up', [round('rejected')], GIVE_UP],
    ['An ambiguous request is looked up', [round('ambiguous')], LOOKUP],
    ['HTTP 500 is looked up', [round(500)], LOOKUP],
    ['An unexpected response is looked up', [round('unexpected')], LOOKUP],
    ['An aborted request is given up without a lookup', [round('aborted')], GIVE_UP_AMBIGUOUS],
  ]);
});

describe('reconcileKey: a list without an orphan', () => {
  testRows([
    [
      'After a list without an orphan, an ambiguous request is retried and still open',
      [noneFound('ambiguous')],
      RETRY_AMBIGUOUS,
    ],
    [
      'After a list without an orphan, HTTP 500 is retried and still open',
      [noneFound(500)],
      RETRY_AMBIGUOUS,
    ],
    [
      'After a list without an orphan, an unexpected response is given up and still open',
      [noneFound('unexpected')],
      GIVE_UP_AMBIGUOUS,
    ],
    [
      'A key that existed before is no orphan',
      [round('ambiguous', { found: [OLD] })],
      RETRY_AMBIGUOUS,
    ],
    [
      'A key with another name is no orphan',
      [round('ambiguous', { found: [key('a', { name: 'Other' })] })],
      RETRY_AMBIGUOUS,
    ],
    [
      'A key with another limit is no orphan',
      [round('ambiguous', { found: [key('a', { limit: null })] })],
      RETRY_AMBIGUOUS,
    ],
    [
      'A key with another expiry is no orphan',
      [round('ambiguous', { found: [key('a', { expires_at: '2026-01-01T06:00:01.500Z' })] })],
      RETRY_AMBIGUOUS,
    ],
    [
      'A key without an expiry is no orphan',
      [round('ambiguous', { found: [key('a', { expires_at: null })] })],
      RETRY_AMBIGUOUS,
    ],
    [
      'An expiry in the same whole second is another one if milliseconds are stored',
      [round('ambiguous', { found: [key('a', { expires_at: '2026-01-01T06:00:00Z' }), OLD] })],
      RETRY_AMBIGUOUS,
    ],
    [
      'A request that is not unique is retried after an empty list',
      [noneFound('ambiguous')],
      RETRY_AMBIGUOUS,
      NOT_UNIQUE,
    ],
    [
      'A key that expires is no orphan of a request with expires-in: never',
      [round('ambiguous', { found: [A] })],
      RETRY_AMBIGUOUS,
      NOT_UNIQUE,
    ],
  ]);
});

describe('reconcileKey: a list with orphans', () => {
  const second = key('a', { expires_at: '2026-01-01T06:00:00Z' });
  const normalized = key('a', { limit: 4, expires_at: null });
  const endless = key('a', { expires_at: null });
  testRows([
    [
      'An orphan of an ambiguous request is deleted',
      [round('ambiguous', { found: [OLD, A] })],
      remove(A),
    ],
    ['An orphan of HTTP 500 is deleted', [round(500, { found: [A] })], remove(A)],
    [
      'An orphan of an unexpected response is deleted',
      [round('unexpected', { found: [A] })],
      remove(A),
    ],
    [
      'A key that expires in the same second is an orphan if no milliseconds are stored',
      [round('ambiguous', { found: [second] })],
      remove(second),
    ],
    [
      'A key with the random name is an orphan, whatever its limit and expiry',
      [round('ambiguous', { found: [normalized] })],
      remove(normalized),
      RANDOM_NAME,
    ],
    [
      'The owner of more orphans than POSTs is unknown',
      [round('ambiguous', { found: [A, B] })],
      unknownOwner(A, B),
    ],
    [
      'The owner of more orphans than POSTs is unknown after HTTP 500',
      [round(500, { found: [A, B] })],
      unknownOwner(A, B),
    ],
    [
      'The owner of more keys than POSTs is unknown although the name is random',
      [round('ambiguous', { found: [A, B] })],
      unknownOwner(A, B),
      RANDOM_NAME,
    ],
    [
      'The owner of a key is unknown if the request was not unique',
      [round('ambiguous', { found: [endless] })],
      unknownOwner(endless),
      NOT_UNIQUE,
    ],
  ]);
});

describe('reconcileKey: after a deletion', () => {
  testRows([
    [
      'After its orphan was deleted, an ambiguous request is retried',
      [deleted('ambiguous', A)],
      RETRY,
    ],
    ['After its orphan was deleted, HTTP 500 is retried', [deleted(500, A)], RETRY],
    [
      'After its orphan was deleted, an unexpected response is given up',
      [deleted('unexpected', A)],
      GIVE_UP,
    ],
  ]);
});

describe('reconcileKey: several rounds', () => {
  const lost = noneFound('ambiguous');
  testRows([
    ['A second ambiguous request is looked up too', [lost, round('ambiguous')], LOOKUP],
    [
      'Two orphans of two lost requests are deleted',
      [lost, round('ambiguous', { found: [A, B] })],
      remove(A, B),
    ],
    [
      'After two of two orphans were deleted, none is left',
      [lost, deleted('ambiguous', A, B)],
      RETRY,
    ],
    [
      'After one of two orphans was deleted, one may be left',
      [lost, deleted('ambiguous', A)],
      RETRY_AMBIGUOUS,
    ],
    [
      'A deleted orphan no longer counts',
      [deleted('ambiguous', A), round('ambiguous', { found: [B] })],
      remove(B),
    ],
    [
      'The owner of two keys is unknown if the orphan of the first request was deleted',
      [deleted('ambiguous', A), round('ambiguous', { found: [B, key('c')] })],
      unknownOwner(B, key('c')),
    ],
    [
      'Two orphans are deleted if the first request got HTTP 500 and left none in the list',
      [noneFound(500), round('ambiguous', { found: [A, B] })],
      remove(A, B),
    ],
    [
      'Two orphans of a lost request and of HTTP 500 are deleted',
      [lost, round(500, { found: [A, B] })],
      remove(A, B),
    ],
    ['HTTP 500 does not settle a lost request before it', [lost, noneFound(500)], RETRY_AMBIGUOUS],
    [
      'HTTP 500 whose orphan was deleted leaves a lost request open',
      [lost, deleted(500, A)],
      RETRY_AMBIGUOUS,
    ],
    [
      'A rejection after a lost request leaves it open',
      [lost, round('rejected')],
      GIVE_UP_AMBIGUOUS,
    ],
    [
      'A rejection after a deleted orphan leaves nothing open',
      [deleted('ambiguous', A), round('rejected')],
      GIVE_UP,
    ],
    [
      'A rejection after HTTP 500 leaves it open',
      [noneFound(500), round('rejected')],
      GIVE_UP_AMBIGUOUS,
    ],
    ['Throttling after a lost request leaves it open', [lost, round('throttled')], RETRY_AMBIGUOUS],
    [
      'A request that was not sent leaves a lost one open',
      [lost, round('unsent')],
      RETRY_AMBIGUOUS,
    ],
    [
      'A request that cannot be sent leaves a lost one open',
      [lost, round('unsendable')],
      GIVE_UP_AMBIGUOUS,
    ],
    [
      'An aborted request is open although an earlier orphan was deleted',
      [deleted('ambiguous', A), round('aborted')],
      GIVE_UP_AMBIGUOUS,
    ],
  ]);
});

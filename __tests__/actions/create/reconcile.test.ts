import { describe, expect, test } from '@jest/globals';
import { type Creator, reconcileWorkspace } from '../../../src/actions/create/reconcile.ts';
import type { Decision, FailedAttempt } from '../../../src/creation/post-once.ts';
import { FAILURE_CLASSES, type FailureClass } from '../../../src/http/retry-policy.ts';
import type { Lookup, Workspace } from '../../../src/openrouter/resources/workspaces.ts';

const desired = { name: 'Preview', slug: 'preview-42' };

/** When the step began to create, and when the response to each lookup came, by its own clock. */
const START = 1_000;
const HEADERS_AT = 6_000;
/** The server's time at the lookup, which may be far from the runner's, and at the start. */
const SERVER_TIME = Date.UTC(2030, 0, 1, 12, 0, 0);
const SERVER_START = SERVER_TIME - 5_000;

type FailedPost = FailedAttempt<Lookup>;

/** A failed POST without a lookup after it. */
const post = (kind: FailureClass, status?: number): FailedPost => ({
  failure: {
    server: 'OpenRouter',
    operation: 'create the workspace "preview-42"',
    method: 'POST',
    path: '/workspaces',
    kind,
    reason: 'failed',
    ...(status !== undefined && { status }),
  },
});

const unsent = post('unsent');
const prevented = post('prevented');
const throttled = post('throttled', 429);
const rejected = post('rejected', 409);
const unauthorized = post('rejected', 401);
const lost = post('ambiguous');
const error500 = post('ambiguous', 500);
const error502 = post('ambiguous', 502);
const unexpected = post('unexpected', 501);
const aborted = post('aborted');

/** A workspace that was created `age` milliseconds after the step began, by the server's clock. */
const workspaceOf = (age: number, fields: object = {}): Workspace => ({
  id: 'ws-1',
  ...desired,
  created_at: new Date(SERVER_START + age).toISOString(),
  ...fields,
});

const NEW = workspaceOf(2_000);
const OLD = workspaceOf(-60_000);
const TOO_OLD = workspaceOf(-62_000);
const UNDATED = workspaceOf(0, { created_at: undefined });
const DIFFERENT = workspaceOf(2_000, { name: 'Of another job' });

const withLookup = (attempt: FailedPost, result: Partial<Lookup>): FailedPost => ({
  ...attempt,
  found: { workspace: undefined, serverTime: SERVER_TIME, headersAt: HEADERS_AT, ...result },
});
const free = (attempt: FailedPost) => withLookup(attempt, { workspace: undefined });
const taken = (attempt: FailedPost, workspace = NEW) => withLookup(attempt, { workspace });
const takenWithoutDate = (attempt: FailedPost) =>
  withLookup(attempt, { workspace: NEW, serverTime: undefined });

type Expected = Decision<Creator>;

const lookup = (ambiguous: boolean): Expected => ({ kind: 'check', ambiguous });
const retry = (ambiguous: boolean): Expected => ({ kind: 'retry', ambiguous });
const giveUp = (ambiguous: boolean): Expected => ({ kind: 'give-up', ambiguous });
const by = (result: Creator): Expected => ({ kind: 'done', result });

const CERTAIN = false;
const AMBIGUOUS = true;
const OURS = by('this-step');
const OTHERS = by('another-job');
const UNKNOWN = by('unknown');
const PROBE = retry(AMBIGUOUS);

interface Facts {
  slugWasFree: boolean;
}

const LOOKED_UP: Facts[] = [{ slugWasFree: true }];
const NOT_LOOKED_UP: Facts[] = [{ slugWasFree: false }];
const BOTH: Facts[] = [...LOOKED_UP, ...NOT_LOOKED_UP];

/** Decides, and expects that a decision about a workspace is about the one that was found last. */
function decide(attempts: readonly FailedPost[], facts: Facts): Expected {
  const decision = reconcileWorkspace(attempts, { desired, ...facts, start: START });
  if (decision.kind !== 'done') return decision;
  const { workspace, creator: result } = decision.result;
  expect(workspace).toBe(attempts.at(-1)?.found?.workspace);
  return { kind: 'done', result };
}

type Row = [title: string, attempts: FailedPost[], decision: Expected];

function testRows(facts: readonly Facts[], rows: Row[], title = '%s'): void {
  test.each(rows)(title, (_, attempts, decision) => {
    for (const each of facts) expect(decide(attempts, each)).toEqual(decision);
  });
}

describe('a failed POST that was not looked up yet', () => {
  const rows: Row[] = [
    ['that was never sent is retried', [unsent], retry(CERTAIN)],
    ['that can never be sent is given up', [prevented], giveUp(CERTAIN)],
    ['that was throttled is retried', [throttled], retry(CERTAIN)],
    ['that conflicts with another change is retried', [post('conflict', 409)], retry(CERTAIN)],
    ...[400, 404, 409, 422].map(
      (status): Row => [
        `with HTTP ${status}, which may mean a taken slug, is looked up`,
        [post('rejected', status)],
        lookup(CERTAIN),
      ],
    ),
    ['with HTTP 401, which rejects the key, is given up', [unauthorized], giveUp(CERTAIN)],
    ['with HTTP 402, for lack of credits, is given up', [post('rejected', 402)], giveUp(CERTAIN)],
    ['with HTTP 403, which rejects the key, is given up', [post('rejected', 403)], giveUp(CERTAIN)],
    ['with a lost response is looked up', [lost], lookup(AMBIGUOUS)],
    ['with HTTP 500 is looked up', [error500], lookup(AMBIGUOUS)],
    ['with HTTP 501 is looked up', [unexpected], lookup(AMBIGUOUS)],
    ['in flight when the step ended is given up', [aborted], giveUp(AMBIGUOUS)],
  ];
  testRows(BOTH, rows);

  test('has a row for each failure class', () => {
    const kinds = rows.flatMap(([, attempts]) => attempts.map(({ failure }) => failure.kind));
    expect(new Set(kinds)).toEqual(new Set(Object.keys(FAILURE_CLASSES)));
  });
});

describe('a lookup that finds the slug free', () => {
  testRows(BOTH, [
    ['leaves a rejection as the reason to give up', [free(rejected)], giveUp(CERTAIN)],
    ['allows a retry of a lost POST, which may arrive late', [free(lost)], retry(AMBIGUOUS)],
    ['allows a retry after HTTP 500, as it may arrive late', [free(error500)], retry(AMBIGUOUS)],
    ['ends a POST that no retry can help', [free(unexpected)], giveUp(AMBIGUOUS)],
    ['does not make a throttled POST ambiguous', [throttled, free(rejected)], giveUp(CERTAIN)],
  ]);
});

describe('a lost POST stays ambiguous', () => {
  const rows: Row[] = [
    ['when the retry is never sent', [free(lost), unsent], retry(AMBIGUOUS)],
    ['when the retry is rejected with 401', [free(lost), unauthorized], giveUp(AMBIGUOUS)],
    ['when the retry is rejected, until the lookup', [free(lost), rejected], lookup(AMBIGUOUS)],
    ['when the slug is free after a rejection', [free(lost), free(rejected)], giveUp(AMBIGUOUS)],
    ['after two retries', [free(lost), free(error500), unauthorized], giveUp(AMBIGUOUS)],
  ];
  testRows(BOTH, rows);

  testRows(BOTH, [['unless it was only throttled', [throttled, unauthorized], giveUp(CERTAIN)]]);
});

describe('a workspace found with the slug, which was free before the step sent its POST', () => {
  const asDesired: Row[] = [
    ['may be by anyone if the only POST was rejected', [taken(rejected)], UNKNOWN],
    ['may be by anyone if a throttled POST was applied', [throttled, taken(rejected)], UNKNOWN],
    ['is by this step if the response was lost', [taken(lost)], OURS],
    ['is by this step after an unexpected response', [taken(unexpected)], OURS],
    ['is by this step without created_at', [taken(lost, UNDATED)], OURS],
    ['is by this step without a Date header', [takenWithoutDate(lost)], OURS],
    ['is by this step by a database whose clock is slow', [taken(lost, OLD)], OURS],
    ['is by another job if older, because the lookup was wrong', [taken(lost, TOO_OLD)], OTHERS],
    ['needs a probe after HTTP 500', [taken(error500)], PROBE],
  ];
  testRows(LOOKED_UP, asDesired);

  const different: Row[] = [
    ['is by another job if the only POST was rejected', [taken(rejected, DIFFERENT)], OTHERS],
    ['may be by anyone after HTTP 500, without a probe', [taken(error500, DIFFERENT)], UNKNOWN],
  ];
  testRows(LOOKED_UP, different, 'with other fields than requested %s');
});

describe('a workspace found with the slug, which was not looked up before the POST', () => {
  const recent: Row[] = [
    ['is by another job if the only POST was rejected', [taken(rejected)], OTHERS],
    ['is by this step if the response was lost', [taken(lost)], OURS],
    ['is by this step after an unexpected response', [taken(unexpected)], OURS],
    ['needs a probe after HTTP 500', [taken(error500)], PROBE],
    ['may be by anyone if a throttled POST was applied', [throttled, taken(rejected)], UNKNOWN],
  ];
  testRows(NOT_LOOKED_UP, recent, 'and created since the step began %s');

  test.each([
    ['a rejection', rejected],
    ['a lost response', lost],
  ])('and created before the step is by another job after %s', (_, attempt) => {
    const facts = { slugWasFree: false };
    expect(decide([taken(attempt, OLD)], facts)).toEqual(OTHERS);
    expect(decide([throttled, taken(attempt, OLD)], facts)).toEqual(OTHERS);
  });

  const undated: Row[] = [
    ['is by another job if the only POST was rejected', [taken(rejected, UNDATED)], OTHERS],
    ['may be by anyone if the response was lost', [taken(lost, UNDATED)], UNKNOWN],
    ['may be by anyone without a Date header', [takenWithoutDate(lost)], UNKNOWN],
  ];
  testRows(NOT_LOOKED_UP, undated, 'and created at an unknown time %s');

  const different: Row[] = [
    ['is by another job if the only POST was rejected', [taken(rejected, DIFFERENT)], OTHERS],
    ['may be by anyone if the response was lost', [taken(lost, DIFFERENT)], UNKNOWN],
  ];
  testRows(NOT_LOOKED_UP, different, 'and with other fields than requested %s');

  const boundaries: Row[] = [
    ['when the step began is by this step', [taken(lost, workspaceOf(0))], OURS],
    ['a second before, as times may lack a fraction', [taken(lost, workspaceOf(-1_000))], OURS],
    ['more than a second before is by another job', [taken(lost, workspaceOf(-1_001))], OTHERS],
  ];
  testRows(NOT_LOOKED_UP, boundaries, 'and created %s');
});

describe('HTTP 500 may be how a taken slug is rejected, so one more POST shows it', () => {
  const probing = taken(error500);

  testRows(LOOKED_UP, [
    ['another rejection shows that the first was applied', [probing, taken(rejected)], OURS],
    ['HTTP 500 again shows nothing', [probing, taken(error500)], UNKNOWN],
    ['a lost response shows nothing yet', [probing, taken(lost)], PROBE],
    ['HTTP 500 after a lost probe shows nothing', [probing, taken(lost), taken(error500)], UNKNOWN],
    ['a rejection is looked up', [probing, rejected], lookup(AMBIGUOUS)],
    ['a rejection after a throttled probe shows it', [probing, throttled, taken(rejected)], OURS],
    ['a probe rejected with 401 is given up', [probing, unauthorized], giveUp(AMBIGUOUS)],
    ['a lost POST before HTTP 500 needs the probe too', [free(lost), probing], PROBE],
    ['a throttled POST before HTTP 500 needs the probe too', [throttled, probing], PROBE],
    ['a workspace with other fields ends the probe', [probing, taken(lost, DIFFERENT)], UNKNOWN],
  ]);

  const deleted: Row[] = [
    ['the next POST was lost', [probing, free(lost), taken(lost)], OURS],
    ['the next POST has HTTP 500 too', [probing, free(lost), taken(error500)], PROBE],
    ['the next POST is rejected', [probing, free(lost), taken(rejected)], UNKNOWN],
  ];
  testRows(BOTH, deleted, 'the probe counts no more once the workspace was deleted: %s');
});

describe('a workspace that is found after an earlier lookup found the slug free', () => {
  const ours: Row[] = [
    ['if the POST between was lost', [free(error502), taken(lost)], OURS],
    ['without created_at if it was lost', [free(lost), taken(lost, UNDATED)], OURS],
  ];
  testRows(BOTH, ours, 'is by this step %s');

  const late: Row[] = [
    ['if the POST between was rejected', [free(lost), taken(rejected)], UNKNOWN],
    ['of unknown age', [free(lost), taken(rejected, UNDATED)], UNKNOWN],
    ['by a slow clock', [free(lost), taken(rejected, OLD)], UNKNOWN],
    ['after a throttled POST', [free(lost), throttled, taken(rejected)], UNKNOWN],
  ];
  testRows(BOTH, late, 'may be a late arrival %s');
});

import { describe, expect, test } from '@jest/globals';
import type { AttemptFailure } from '../../../src/http/request.ts';
import { FAILURE_CLASSES, type FailureClass } from '../../../src/http/retry-policy.ts';
import type { Lookup, Workspace } from '../../../src/openrouter/resources/workspaces.ts';
import { type Creator, reconcileWorkspace } from '../../../src/operations/create/reconcile.ts';
import type { Decision, FailedAttempt } from '../../../src/operations/shared/post-once.ts';

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
    operation: 'create the workspace preview-42',
    method: 'POST',
    path: '/workspaces',
    kind,
    reason: 'failed',
    ...(status !== undefined && { status }),
  } satisfies AttemptFailure,
});

const unsent = post('unsent');
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
const UNDATED = workspaceOf(0, { created_at: undefined });
const DIFFERENT = workspaceOf(2_000, { name: 'Of another job' });

/** The attempt, followed by a lookup. */
const withLookup = (attempt: FailedPost, result: Partial<Lookup>): FailedPost => ({
  ...attempt,
  found: { workspace: undefined, serverTime: SERVER_TIME, headersAt: HEADERS_AT, ...result },
});
const free = (attempt: FailedPost) => withLookup(attempt, { workspace: undefined });
const taken = (attempt: FailedPost, workspace = NEW) => withLookup(attempt, { workspace });
const takenWithoutDate = (attempt: FailedPost) =>
  withLookup(attempt, { workspace: NEW, serverTime: undefined });

type Expected = Decision<Creator>;

const lookup = (ambiguous: boolean): Expected => ({ kind: 'lookup', ambiguous });
const retry = (ambiguous: boolean): Expected => ({ kind: 'retry', ambiguous });
const giveUp = (ambiguous: boolean): Expected => ({ kind: 'give-up', ambiguous });
const by = (result: Creator): Expected => ({ kind: 'done', result });

const CERTAIN = false;
const AMBIGUOUS = true;

/** Decides, and expects that a decision about a workspace is about the one that was found last. */
function decide(
  attempts: readonly FailedPost[],
  { slugWasFree }: { slugWasFree: boolean },
): Expected {
  const decision = reconcileWorkspace(attempts, { desired, slugWasFree, start: START });
  if (decision.kind !== 'done') return decision;
  const { workspace, creator: result } = decision.result;
  expect(workspace).toBe(attempts.at(-1)?.found?.workspace);
  return { kind: 'done', result };
}

type Row = [title: string, attempts: FailedPost[], decision: Expected];

const BOTH = [{ slugWasFree: true }, { slugWasFree: false }];

describe('a failed POST that was not looked up yet', () => {
  const rows: Row[] = [
    ['that was never sent is retried', [unsent], retry(CERTAIN)],
    ['that can never be sent is given up', [post('prevented')], giveUp(CERTAIN)],
    ['that was throttled is retried', [throttled], retry(CERTAIN)],
    ['that was throttled with 503 is retried', [post('throttled', 503)], retry(CERTAIN)],
    ['that conflicts with another change is retried', [post('conflict', 409)], retry(CERTAIN)],
    [
      'with HTTP 400, which may mean a taken slug, is looked up',
      [post('rejected', 400)],
      lookup(CERTAIN),
    ],
    [
      'with HTTP 402, which may mean a taken slug, is looked up',
      [post('rejected', 402)],
      lookup(CERTAIN),
    ],
    [
      'with HTTP 404, which may mean a taken slug, is looked up',
      [post('rejected', 404)],
      lookup(CERTAIN),
    ],
    [
      'with HTTP 409, which may mean a taken slug, is looked up',
      [post('rejected', 409)],
      lookup(CERTAIN),
    ],
    [
      'with HTTP 422, which may mean a taken slug, is looked up',
      [post('rejected', 422)],
      lookup(CERTAIN),
    ],
    ['with HTTP 401, which rejects the key, is given up', [unauthorized], giveUp(CERTAIN)],
    ['with HTTP 403, which rejects the key, is given up', [post('rejected', 403)], giveUp(CERTAIN)],
    ['with a lost response is looked up', [lost], lookup(AMBIGUOUS)],
    ['with HTTP 500 is looked up', [error500], lookup(AMBIGUOUS)],
    ['with HTTP 502 is looked up', [error502], lookup(AMBIGUOUS)],
    ['with an unusable HTTP 201 is looked up', [post('ambiguous', 201)], lookup(AMBIGUOUS)],
    ['with a redirect is looked up', [post('unexpected', 301)], lookup(AMBIGUOUS)],
    ['with HTTP 501 is looked up', [unexpected], lookup(AMBIGUOUS)],
    [
      'in flight when the step ended is given up: no lookup can be sent',
      [aborted],
      giveUp(AMBIGUOUS),
    ],
  ];
  test.each(rows)('%s', (_, attempts, decision) => {
    for (const facts of BOTH) expect(decide(attempts, facts)).toEqual(decision);
  });

  test('has a row for each failure class', () => {
    const kinds = rows.flatMap(([, attempts]) => attempts.map(({ failure }) => failure.kind));
    expect(new Set(kinds)).toEqual(new Set(Object.keys(FAILURE_CLASSES)));
  });
});

describe('a lookup that finds the slug free', () => {
  test.each<Row>([
    ['leaves a rejection as the reason to give up', [free(rejected)], giveUp(CERTAIN)],
    ['allows a retry of a lost POST, which may arrive late', [free(lost)], retry(AMBIGUOUS)],
    [
      'allows a retry after HTTP 500, whose POST may arrive late',
      [free(error500)],
      retry(AMBIGUOUS),
    ],
    [
      'allows a retry after HTTP 502, whose POST may arrive late',
      [free(error502)],
      retry(AMBIGUOUS),
    ],
    ['ends a POST that no retry can help', [free(unexpected)], giveUp(AMBIGUOUS)],
    ['does not make a throttled POST ambiguous', [throttled, free(rejected)], giveUp(CERTAIN)],
    ['does not make an unsent POST ambiguous', [unsent, free(rejected)], giveUp(CERTAIN)],
  ])('%s', (_, attempts, decision) => {
    for (const facts of BOTH) expect(decide(attempts, facts)).toEqual(decision);
  });
});

describe('a lost POST stays ambiguous', () => {
  test.each<Row>([
    ['when the retry is never sent', [free(lost), unsent], retry(AMBIGUOUS)],
    ['when the retry can never be sent', [free(lost), post('prevented')], giveUp(AMBIGUOUS)],
    ['when the retry is throttled', [free(lost), throttled], retry(AMBIGUOUS)],
    ['when the retry is rejected with 401', [free(lost), unauthorized], giveUp(AMBIGUOUS)],
    ['when the retry is rejected, until the lookup', [free(lost), rejected], lookup(AMBIGUOUS)],
    [
      'when the retry is rejected and the slug still free',
      [free(lost), free(rejected)],
      giveUp(AMBIGUOUS),
    ],
    ['when the retry is aborted', [free(lost), aborted], giveUp(AMBIGUOUS)],
    [
      'after HTTP 500, when the retry is rejected with 401',
      [free(error500), unauthorized],
      giveUp(AMBIGUOUS),
    ],
    ['after two retries', [free(lost), free(error500), unauthorized], giveUp(AMBIGUOUS)],
  ])('%s', (_, attempts, decision) => {
    for (const facts of BOTH) expect(decide(attempts, facts)).toEqual(decision);
  });

  test.each<Row>([
    ['a throttled POST', [throttled, unauthorized], giveUp(CERTAIN)],
    ['an unsent POST', [unsent, unauthorized], giveUp(CERTAIN)],
    ['several of both', [unsent, throttled, unsent, unauthorized], giveUp(CERTAIN)],
  ])('but %s does not become ambiguous', (_, attempts, decision) => {
    for (const facts of BOTH) expect(decide(attempts, facts)).toEqual(decision);
  });
});

describe('a workspace found with the slug, which was free before the step sent its POST', () => {
  const facts = { slugWasFree: true };

  test.each<Row>([
    ['may belong to either if the only POST was rejected', [taken(rejected)], by('unknown')],
    [
      'may belong to either if no POST before the rejection was sent',
      [unsent, taken(rejected)],
      by('unknown'),
    ],
    ['belongs to this step if the response was lost', [taken(lost)], by('this-step')],
    ['belongs to this step after HTTP 502', [taken(error502)], by('this-step')],
    ['belongs to this step after an unexpected response', [taken(unexpected)], by('this-step')],
    [
      'belongs to this step if the response was lost after a throttled POST',
      [throttled, taken(lost)],
      by('this-step'),
    ],
    ['belongs to this step without created_at', [taken(lost, UNDATED)], by('this-step')],
    ['belongs to this step by a database whose clock is slow', [taken(lost, OLD)], by('this-step')],
    [
      'belongs to another job if it is much older, because the lookup was wrong',
      [taken(lost, workspaceOf(-62_000))],
      by('another-job'),
    ],
    ['belongs to this step without a Date header', [takenWithoutDate(lost)], by('this-step')],
    ['needs a probe after HTTP 500', [taken(error500)], retry(AMBIGUOUS)],
    [
      'may belong to either if a throttled POST was applied after all',
      [throttled, taken(rejected)],
      by('unknown'),
    ],
  ])('%s', (_, attempts, decision) => {
    expect(decide(attempts, facts)).toEqual(decision);
  });

  test.each<Row>([
    [
      'belongs to another job if the only POST was rejected',
      [taken(rejected, DIFFERENT)],
      by('another-job'),
    ],
    ['may belong to either if the response was lost', [taken(lost, DIFFERENT)], by('unknown')],
    [
      'may belong to either after HTTP 500, and needs no probe',
      [taken(error500, DIFFERENT)],
      by('unknown'),
    ],
    ['may belong to either after HTTP 502', [taken(error502, DIFFERENT)], by('unknown')],
    [
      'may belong to either after an unexpected response',
      [taken(unexpected, DIFFERENT)],
      by('unknown'),
    ],
    [
      'may belong to either if a throttled POST was applied',
      [throttled, taken(rejected, DIFFERENT)],
      by('unknown'),
    ],
  ])('with other fields than requested %s', (_, attempts, decision) => {
    expect(decide(attempts, facts)).toEqual(decision);
  });
});

describe('a workspace found with the slug, which was not looked up before the POST', () => {
  const facts = { slugWasFree: false };

  test.each<Row>([
    ['belongs to another job if the only POST was rejected', [taken(rejected)], by('another-job')],
    ['belongs to this step if the response was lost', [taken(lost)], by('this-step')],
    ['belongs to this step after HTTP 502', [taken(error502)], by('this-step')],
    ['belongs to this step after an unexpected response', [taken(unexpected)], by('this-step')],
    ['needs a probe after HTTP 500', [taken(error500)], retry(AMBIGUOUS)],
    [
      'may belong to either if a throttled POST was applied',
      [throttled, taken(rejected)],
      by('unknown'),
    ],
  ])('and created since the step began %s', (_, attempts, decision) => {
    expect(decide(attempts, facts)).toEqual(decision);
  });

  test.each<[string, FailedPost]>([
    ['a rejection', rejected],
    ['a lost response', lost],
    ['HTTP 500', error500],
    ['HTTP 502', error502],
    ['an unexpected response', unexpected],
  ])('and created before the step belongs to another job after %s', (_, round) => {
    expect(decide([taken(round, OLD)], facts)).toEqual(by('another-job'));
    expect(decide([throttled, taken(round, OLD)], facts)).toEqual(by('another-job'));
  });

  test.each<Row>([
    [
      'belongs to another job if the only POST was rejected',
      [taken(rejected, UNDATED)],
      by('another-job'),
    ],
    ['may belong to either if the response was lost', [taken(lost, UNDATED)], by('unknown')],
    [
      'may belong to either after HTTP 500, and needs no probe',
      [taken(error500, UNDATED)],
      by('unknown'),
    ],
    [
      'may belong to either after an unexpected response',
      [taken(unexpected, UNDATED)],
      by('unknown'),
    ],
    ['may belong to either without a Date header', [takenWithoutDate(lost)], by('unknown')],
    [
      'belongs to another job without a Date header after a rejection',
      [takenWithoutDate(rejected)],
      by('another-job'),
    ],
  ])('and created at an unknown time %s', (_, attempts, decision) => {
    expect(decide(attempts, facts)).toEqual(decision);
  });

  test.each<Row>([
    [
      'belongs to another job if the only POST was rejected',
      [taken(rejected, DIFFERENT)],
      by('another-job'),
    ],
    ['may belong to either if the response was lost', [taken(lost, DIFFERENT)], by('unknown')],
    [
      'may belong to either after HTTP 500, and needs no probe',
      [taken(error500, DIFFERENT)],
      by('unknown'),
    ],
    [
      'may belong to either if a throttled POST was applied',
      [throttled, taken(rejected, DIFFERENT)],
      by('unknown'),
    ],
  ])('and with other fields than requested %s', (_, attempts, decision) => {
    expect(decide(attempts, facts)).toEqual(decision);
  });

  test.each([
    ['when the step began', 0, 'this-step'],
    ['a second before, as times may lack their fraction of a second', -1_000, 'this-step'],
    ['more than a second before', -1_001, 'another-job'],
    ['long after', 3_600_000, 'this-step'],
  ] as const)('and created %s (%i ms from its start) is by %s', (_, age, creator) => {
    expect(decide([taken(lost, workspaceOf(age))], facts)).toEqual(by(creator));
  });
});

describe('HTTP 500 may be how a taken slug is rejected, so one more POST shows it', () => {
  const probing = taken(error500);

  test.each<Row>([
    [
      'a rejection with another status shows that the first POST was applied',
      [probing, taken(rejected)],
      by('this-step'),
    ],
    ['HTTP 500 again shows nothing', [probing, taken(error500)], by('unknown')],
    ['a lost response shows nothing yet', [probing, taken(lost)], retry(AMBIGUOUS)],
    [
      'a rejection after a lost response shows it',
      [probing, taken(lost), taken(rejected)],
      by('this-step'),
    ],
    [
      'HTTP 500 after a lost response shows nothing',
      [probing, taken(lost), taken(error500)],
      by('unknown'),
    ],
    ['a rejection is looked up', [probing, rejected], lookup(AMBIGUOUS)],
    ['a throttled probe is retried', [probing, throttled], retry(AMBIGUOUS)],
    [
      'a rejection after a throttled probe shows it',
      [probing, throttled, taken(rejected)],
      by('this-step'),
    ],
    [
      'HTTP 500 after a throttled probe shows nothing',
      [probing, throttled, taken(error500)],
      by('unknown'),
    ],
    ['an unsent probe is retried', [probing, unsent], retry(AMBIGUOUS)],
    ['a probe rejected with 401 is given up', [probing, unauthorized], giveUp(AMBIGUOUS)],
    ['an aborted probe is given up', [probing, aborted], giveUp(AMBIGUOUS)],
    ['a lost POST before HTTP 500 needs the probe too', [free(lost), probing], retry(AMBIGUOUS)],
    [
      'a throttled POST before HTTP 500 needs the probe too',
      [throttled, probing],
      retry(AMBIGUOUS),
    ],
    [
      'a workspace with other fields ends the probe',
      [probing, taken(lost, DIFFERENT)],
      by('unknown'),
    ],
  ])('%s', (_, attempts, decision) => {
    expect(decide(attempts, { slugWasFree: true })).toEqual(decision);
  });

  test.each<Row>([
    ['the slug is free again', [probing, free(lost)], retry(AMBIGUOUS)],
    ['the next POST was lost', [probing, free(lost), taken(lost)], by('this-step')],
    ['the next POST has HTTP 500 too', [probing, free(lost), taken(error500)], retry(AMBIGUOUS)],
    ['the next POST is rejected', [probing, free(lost), taken(rejected)], by('unknown')],
  ])('the probe counts no more once the workspace was deleted: %s', (_, attempts, decision) => {
    for (const facts of BOTH) expect(decide(attempts, facts)).toEqual(decision);
  });
});

describe('a workspace that is found after an earlier lookup found the slug free', () => {
  test.each<Row>([
    [
      'belongs to this step if the POST between was lost',
      [free(error502), taken(lost)],
      by('this-step'),
    ],
    [
      'belongs to this step without created_at if the POST between was lost',
      [free(lost), taken(lost, UNDATED)],
      by('this-step'),
    ],
    [
      'may be a late arrival if the POST between was rejected',
      [free(lost), taken(rejected)],
      by('unknown'),
    ],
    ['may be a late arrival after HTTP 500', [free(error500), taken(rejected)], by('unknown')],
    ['may be a late arrival after HTTP 502', [free(error502), taken(rejected)], by('unknown')],
    [
      'may be a late arrival with other fields',
      [free(lost), taken(rejected, DIFFERENT)],
      by('unknown'),
    ],
    ['may be a late arrival of unknown age', [free(lost), taken(rejected, UNDATED)], by('unknown')],
    ['may be a late arrival by a slow clock', [free(lost), taken(rejected, OLD)], by('unknown')],
    [
      'may be a late arrival after a throttled POST',
      [free(lost), throttled, taken(rejected)],
      by('unknown'),
    ],
    [
      'may be a late arrival after two retries',
      [free(lost), free(error500), taken(rejected)],
      by('unknown'),
    ],
  ])('%s', (_, attempts, decision) => {
    for (const facts of BOTH) expect(decide(attempts, facts)).toEqual(decision);
  });
});

import {
  ApiError,
  type AttemptFailure,
  formatOperation,
  type Outcome,
  toApiError,
} from '../http/request.ts';
import { FAILURE_CLASSES } from '../http/retry-policy.ts';
import { catching } from '../lib/catching.ts';
import type { Context } from '../shared/context.ts';

/** A failed attempt, and what was found out after it. */
export interface FailedAttempt<Found> {
  failure: AttemptFailure;
  /** What `check` found out after the attempt; absent if it was not called. */
  found?: Found;
}

/** What to do next, by the failed attempts so far. */
export type Decision<Result> =
  /** No further attempt can help: `result` is what is known, although no response reported it. */
  | { kind: 'done'; result: Result }
  /** Call `check`, then decide again. `ambiguous` has the meaning below, and is used if that fails. */
  | { kind: 'check'; ambiguous: boolean }
  /** `ambiguous`: whether an attempt may have been applied, or may still be applied. */
  | { kind: 'retry' | 'give-up'; ambiguous: boolean };

/** A POST that creates or adds something, and must not do so twice. */
export interface Creation<Sent, Found, Result> {
  send(attempts: readonly FailedAttempt<Found>[]): Promise<Outcome<Sent>>;
  /** Decides what to do after a failed attempt. A pure function. */
  reconcile(attempts: readonly FailedAttempt<Found>[]): Decision<Result>;
  /** What `check` checks, for the log: `whether the workspace exists`. */
  question: string;
  /**
   * Finds out what exists, and deletes what an attempt created and no one can use.
   * @throws {ApiError}
   * @throws {Failure} `orphan-not-deleted`
   */
  check(attempts: readonly FailedAttempt<Found>[]): Promise<Found>;
}

/**
 * When to look for what a POST may have created, in milliseconds after the lookup before: it can be applied late,
 * and a lookup can lag behind it.
 */
export const LATE_POST_DELAYS_MS = [0, 1_000, 2_000];

/** How a POST ended: with a response, or with the result of a reconciliation. */
export type Posted<Sent, Found, Result> = { attempts: readonly FailedAttempt<Found>[] } & (
  | { kind: 'succeeded'; data: Sent }
  | { kind: 'reconciled'; result: Result }
);

/**
 * Sends a POST whose effect must exist once, although the API has no idempotency key: after each failed
 * attempt, `reconcile` decides what to do before the next one is sent.
 * @throws {ApiError} if it was not applied, or if that cannot be determined
 * @throws {Failure} those of `check`
 */
export async function postOnce<Sent, Found, Result>(
  creation: Creation<Sent, Found, Result>,
  context: Pick<Context, 'client' | 'log'>,
): Promise<Posted<Sent, Found, Result>> {
  const attempts: FailedAttempt<Found>[] = [];
  for (;;) {
    const outcome = await creation.send(attempts);
    if (outcome.kind === 'succeeded') {
      return { kind: 'succeeded', data: outcome.response.data, attempts };
    }
    const { failure } = outcome;
    attempts.push({ failure });
    const decision = await decideAfter(creation, attempts, context);
    if (decision.kind === 'done') return { kind: 'reconciled', result: decision.result, attempts };
    const { kind, ambiguous } = decision;
    const stop =
      kind === 'retry' ? await context.client.waitForRetry(failure, attempts.length) : undefined;
    if (kind === 'give-up' || stop) throw toApiError(failuresOf(attempts), { ambiguous, ...stop });
  }
}

/** Decides what follows the last attempt, after a lookup if that is needed. */
async function decideAfter<Sent, Found, Result>(
  creation: Creation<Sent, Found, Result>,
  attempts: FailedAttempt<Found>[],
  { log }: Pick<Context, 'log'>,
): Promise<Exclude<Decision<Result>, { kind: 'check' }>> {
  for (;;) {
    const decision = creation.reconcile(attempts);
    if (decision.kind !== 'check') return decision;
    const last = attempts.at(-1) as FailedAttempt<Found>;
    log.request(`${formatOperation(last.failure)}. Checking ${creation.question}.`);
    const { value, error } = await catching(creation.check(attempts), ApiError);
    if (error) {
      const { ambiguous } = decision;
      throw toApiError(failuresOf(attempts), { ambiguous, lookupFailure: error.details });
    }
    last.found = value;
  }
}

/** How many of the attempts may have been applied, or may still be applied. */
export function countAmbiguous(attempts: readonly FailedAttempt<unknown>[]): number {
  return attempts.filter(({ failure }) => FAILURE_CLASSES[failure.kind].ambiguous).length;
}

function failuresOf(attempts: readonly FailedAttempt<unknown>[]): AttemptFailure[] {
  return attempts.map(({ failure }) => failure);
}

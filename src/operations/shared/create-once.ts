import { giveUp } from '../../http/client.ts';
import type { ApiResponse, Outcome } from '../../http/request.ts';
import { ApiError, type AttemptFailure, formatAttempt } from '../../http/request.ts';
import { FAILURE_CLASSES } from '../../http/retry-policy.ts';
import { settle } from '../../lib/settle.ts';
import type { Context } from './context.ts';

/** A failed attempt, and what was found out after it. */
export interface Round<Found> {
  failure: AttemptFailure;
  /** The result of the lookup after the attempt; absent if there was none. */
  found?: Found;
}

/** What to do next, by the rounds so far. */
export type Decision<Result> =
  /** The outcome is known, although no response reported it. */
  | { kind: 'done'; result: Result }
  /**
   * Look up what exists, then decide again. `ambiguous` has the meaning below, and is used if the
   * lookup fails.
   */
  | { kind: 'lookup'; ambiguous: boolean }
  /** `ambiguous`: whether an attempt may have been applied, or may still be applied. */
  | { kind: 'retry' | 'give-up'; ambiguous: boolean };

/** How to create one kind of resource. */
export interface Creation<Sent, Found, Result> {
  send(rounds: readonly Round<Found>[]): Promise<Outcome<Sent>>;
  /** Decides what to do after a failed attempt. A pure function. */
  reconcile(rounds: readonly Round<Found>[]): Decision<Result>;
  /** What `lookup` checks, for the log: `whether the workspace exists`. */
  question: string;
  /**
   * Finds out what exists, and deletes what an attempt created and no one can use.
   * @throws {ApiError}
   */
  lookup(rounds: readonly Round<Found>[]): Promise<Found>;
}

/** How the creation ended: with a response, or with the result of a reconciliation. */
export type Created<Sent, Found, Result> = { rounds: readonly Round<Found>[] } & (
  | { kind: 'applied'; response: ApiResponse<Sent> }
  | { kind: 'reconciled'; result: Result }
);

/**
 * Creates a resource once, although the API has no idempotency key: after each failed attempt,
 * `reconcile` decides what to do before the next one is sent.
 * @throws {ApiError} if the resource was not created, or if that cannot be determined
 */
export async function createOnce<Sent, Found, Result>(
  creation: Creation<Sent, Found, Result>,
  context: Pick<Context, 'client' | 'log'>,
): Promise<Created<Sent, Found, Result>> {
  const rounds: Round<Found>[] = [];
  for (;;) {
    const outcome = await creation.send(rounds);
    if (outcome.kind === 'applied') return { ...outcome, rounds };
    const { failure } = outcome;
    rounds.push({ failure });
    const decision = await resolveRound(creation, rounds, context);
    if (decision.kind === 'done') return { kind: 'reconciled', result: decision.result, rounds };
    const { kind, ambiguous } = decision;
    const stopReason =
      kind === 'retry' ? await context.client.waitForRetry(failure, rounds.length) : undefined;
    if (kind === 'give-up' || stopReason !== undefined) {
      throw giveUp(failuresOf(rounds), { ambiguous, stopReason });
    }
  }
}

/** Decides about the last round, after a lookup if that is needed. */
async function resolveRound<Sent, Found, Result>(
  creation: Creation<Sent, Found, Result>,
  rounds: Round<Found>[],
  { log }: Pick<Context, 'log'>,
): Promise<Exclude<Decision<Result>, { kind: 'lookup' }>> {
  for (;;) {
    const decision = creation.reconcile(rounds);
    if (decision.kind !== 'lookup') return decision;
    const round = rounds.at(-1) as Round<Found>;
    log.info(`${formatAttempt(round.failure)}. Checking ${creation.question}.`);
    const { value, error } = await settle(creation.lookup(rounds), ApiError);
    if (error) {
      const { ambiguous } = decision;
      throw giveUp(failuresOf(rounds), { ambiguous, lookupFailure: error.details });
    }
    round.found = value;
  }
}

/** How many of the attempts may have been applied, or may still be applied. */
export function countAmbiguous(rounds: readonly Round<unknown>[]): number {
  return rounds.filter(({ failure }) => FAILURE_CLASSES[failure.kind].ambiguous).length;
}

function failuresOf(rounds: readonly Round<unknown>[]): AttemptFailure[] {
  return rounds.map(({ failure }) => failure);
}

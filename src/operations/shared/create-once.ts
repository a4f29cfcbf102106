import { settle } from '../../lib/settle.ts';
import { ApiError, type AttemptFailure, formatAttempt } from '../../openrouter/api-error.ts';
import type { ApiResponse, Outcome } from '../../openrouter/api-request.ts';
import { giveUp } from '../../openrouter/client.ts';
import type { Context } from './context.ts';

/** One attempt that did not simply succeed, and what was learned about it. */
export interface Round<Found> {
  failure: AttemptFailure;
  /** What the lookup after it found; absent if there was none. */
  found?: Found;
  /** How many orphans were deleted after it. */
  deleted?: number;
}

/** What follows from the rounds so far. */
export type Decision<Result, Orphan = never> =
  /** The outcome is known, although no response reported it. */
  | { kind: 'done'; result: Result }
  /** Look up what exists, then decide again. */
  | { kind: 'lookup'; ambiguous: boolean }
  /** Delete what an attempt made that nobody can use, then decide again. */
  | { kind: 'delete'; orphans: readonly Orphan[] }
  /** `ambiguous`: whether an attempt may have been applied, or may still be. */
  | { kind: 'retry' | 'give-up'; ambiguous: boolean };

/** How one kind of resource is created. */
export interface Creation<Sent, Found, Result, Orphan> {
  send(rounds: readonly Round<Found>[]): Promise<Outcome<Sent>>;
  /** Pure: the whole of what is decided about a resource of this kind. */
  reconcile(rounds: readonly Round<Found>[]): Decision<Result, Orphan>;
  /** What `lookup` looks for, as in `Checking whether the workspace exists`. */
  question: string;
  /** @throws {ApiError} */
  lookup(): Promise<Found>;
  /** @throws {ApiError} */
  deleteOrphans?(orphans: readonly Orphan[]): Promise<void>;
}

/** A resource that was created, or whose creation was reconciled. */
export type Created<Sent, Found, Result> = { rounds: readonly Round<Found>[] } & (
  | { kind: 'applied'; response: ApiResponse<Sent> }
  | { kind: 'reconciled'; result: Result }
);

/**
 * Creates something exactly once although no idempotency key exists: sends, and after each attempt
 * with an open outcome does what `reconcile` decides before anything is sent again.
 * @throws {ApiError} when it was not created, or that cannot be determined.
 */
export async function createOnce<Sent, Found, Result, Orphan = never>(
  creation: Creation<Sent, Found, Result, Orphan>,
  context: Pick<Context, 'client' | 'log'>,
): Promise<Created<Sent, Found, Result>> {
  const rounds: Round<Found>[] = [];
  for (;;) {
    const outcome = await creation.send(rounds);
    if (outcome.kind === 'applied') return { ...outcome, rounds };
    const { failure } = outcome;
    rounds.push({ failure });
    const decision = await investigate(creation, rounds, context);
    if (decision.kind === 'done') return { kind: 'reconciled', result: decision.result, rounds };
    const { kind, ambiguous } = decision;
    const stopReason =
      kind === 'retry' ? await context.client.waitForRetry(failure, rounds.length) : undefined;
    if (kind === 'give-up' || stopReason !== undefined) {
      throw giveUp(failuresOf(rounds), { ambiguous, stopReason });
    }
  }
}

/** Follows the decisions about the last round until one of them ends the round. */
async function investigate<Sent, Found, Result, Orphan>(
  creation: Creation<Sent, Found, Result, Orphan>,
  rounds: Round<Found>[],
  { log }: Pick<Context, 'log'>,
): Promise<Exclude<Decision<Result, Orphan>, { kind: 'lookup' | 'delete' }>> {
  const round = rounds.at(-1) as Round<Found>;
  for (;;) {
    const decision = creation.reconcile(rounds);
    switch (decision.kind) {
      case 'lookup': {
        log.info(`${formatAttempt(round.failure)}. Checking ${creation.question}.`);
        const { value, error } = await settle(creation.lookup(), ApiError);
        if (error) {
          const { ambiguous } = decision;
          throw giveUp(failuresOf(rounds), { ambiguous, lookupFailure: error.details });
        }
        round.found = value;
        break;
      }
      case 'delete':
        await creation.deleteOrphans?.(decision.orphans);
        round.deleted = decision.orphans.length;
        break;
      default:
        return decision;
    }
  }
}

function failuresOf(rounds: readonly Round<unknown>[]): AttemptFailure[] {
  return rounds.map(({ failure }) => failure);
}
